"""From what was told to what can be compared: one way for each kind of identifier, and no card number anywhere.

A number of a bank card is refused whatever it is told as: it must never be stored, and not be logged either, so no
refusal repeats it.  Method: the check digit of ISO/IEC 7812-1 (Luhn) and the ranges that card issuers use.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cadenza.base import text
from cadenza.base.problem import BadInput
from cadenza.cdp.identity.types import (
    CATEGORIES,
    KINDS,
    LONGEST_SYSTEM,
    LONGEST_VALUE,
    Identifier,
    base_kind,
)

SHORTEST_CARD, LONGEST_CARD = 13, 19
ISSUERS = re.compile(
    r"4|5[0-8]|6[0-9]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|220[0-4]|3[47]|3(?:0[0-5]|[689])|35(?:2[89]|[3-8])"
)
_SPACED = re.compile(r"[\s.\-]")
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_.\-]*")


def normalise(kind: str, value: str, region: str = "") -> Identifier:
    """The comparable form; raises BadInput that names the kind. `region` helps phone numbers (see base.text.phone)."""
    kind = _kind(kind)
    plain = text.clean(value, LONGEST_VALUE + 1).strip()
    if not plain or len(plain) > LONGEST_VALUE:
        raise BadInput(
            "An identifier has 1 to 320 letters.", at=kind, hint="Leave it out where there is none."
        )
    refuse_card(kind, plain)
    try:
        if base_kind(kind) == "phone":
            return Identifier(kind, text.phone(plain, region))
        return Identifier(kind, _WAYS.get(base_kind(kind), str)(plain))
    except BadInput as refusal:
        raise BadInput(refusal.detail, at=kind, hint=refusal.hint) from None


def _kind(kind: str) -> str:
    plain, _, system = kind.strip().partition(":")
    if plain not in CATEGORIES or (system and plain != "external_id"):
        hint = f"Known are: {', '.join(KINDS)}; a further system is external_id:<system>."
        raise BadInput("This kind of identifier is not known.", at="kind", hint=hint)
    system = system.lower()
    if system and not (_SYSTEM.fullmatch(system) and len(system) <= LONGEST_SYSTEM):
        hint = "Use up to 40 small letters, digits, dots and dashes, like external_id:crm."
        raise BadInput("This is not the name of a system.", at="kind", hint=hint)
    return f"{plain}:{system}" if system else plain


def refuse_card(kind: str, value: str) -> None:
    """Raise BadInput where the value is the number of a bank card. The number is not repeated."""
    if is_card(value) or (base_kind(kind) == "card_hash" and _is_bare_number(value)):
        raise BadInput(
            "This looks like the number of a bank card, which is never taken in.",
            at=kind,
            hint="Send the token that your payment provider gives for the card, as card_hash.",
        )


def is_card(value: str) -> bool:
    """Could this be the number of a bank card? Digits with or without gaps, a known issuer, a fitting check digit."""
    digits = _digits(value)
    return bool(digits and ISSUERS.match(digits) and _fits(digits))


def _is_bare_number(value: str) -> bool:
    digits = _digits(value)
    return bool(digits and _fits(digits))


def _digits(value: str) -> str:
    """The digits of what is nothing but digits and gaps, where a card could have so many."""
    if len(value) < SHORTEST_CARD or not value[0].isdigit():
        return ""
    digits = value if value.isdigit() else _SPACED.sub("", value)
    return (
        digits
        if SHORTEST_CARD <= len(digits) <= LONGEST_CARD and digits.isascii() and digits.isdigit()
        else ""
    )


def _fits(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _internal(told: str) -> str:
    number = told.lstrip("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise BadInput(
            "This is not the number of a person.", at="id", hint="It is a whole number, like 1204."
        )
    return str(int(number))


def _loyalty(told: str) -> str:
    """Cards are read aloud, printed in groups and typed: gaps and case say nothing."""
    return _SPACED.sub("", told).upper()


_WAYS: dict[str, Callable[[str], str]] = {
    "email": text.email,
    "loyalty_card": _loyalty,
    "id": _internal,
}
