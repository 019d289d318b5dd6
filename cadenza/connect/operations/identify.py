"""From the ids of a customer node to our identifiers. Everything about which id is of which kind stands here.

`{"ids": {"websiteID": "42", "crm": "7"}, "email": …, "mobilePhone": …, "discountCard": {"ids": {"number": …}}}`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cadenza.base import text
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity.types import Identifier
from cadenza.connect.operations.types import Message, Named

OWN = ("mindboxId", "cadenzaId", "maestraId")  # our own number, as SDKs of the reference product call it too
CARD = "card"
LONGEST = 250
MOST_NUMBER = 2**63


def identify(customer: Mapping[str, Any], system: str, device: str, faults: list[Message], at: str) -> Named:
    """How this node names a customer; what cannot be an id is told in `faults`. `system`: the point's own."""
    ids = customer.get("ids") or {}
    if not isinstance(ids, dict):
        faults.append(Message("ids are an object: the name of each system with its id.", f"{at}/ids"))
        ids = {}
    found = [
        *_external(ids, system, faults, at),
        *_card(customer, faults, at),
        *_contact("email", text.email, customer.get("email"), faults, f"{at}/email"),
        *_contact("phone", text.phone, customer.get("mobilePhone"), faults, f"{at}/mobilePhone"),
    ]
    seen_on = Identifier("anonymous_id", device) if device else None
    return Named(_own(ids, faults, at), tuple(dict.fromkeys(found)), seen_on)


def shown(kind: str, value: str, system: str) -> tuple[str, str] | None:
    """The other way round: the system and id that one of our identifiers stands for; None for a contact."""
    if kind != "external_id":
        return None
    name, colon, rest = value.partition(":")
    return (name, rest) if colon and name else (system, value)


def _own(ids: Mapping[str, Any], faults: list[Message], at: str) -> ProfileId | None:
    for name, told in ids.items():
        if _is_own(name) and told not in (None, ""):
            if str(told).isascii() and str(told).isdecimal() and 0 < int(str(told)[:20]) < MOST_NUMBER:
                return ProfileId(int(str(told)))
            faults.append(Message("This id is a whole number.", f"{at}/ids/{name}"))
    return None


def _is_own(name: str) -> bool:
    return name.lower() in {own.lower() for own in OWN}


def _external(ids: Mapping[str, Any], system: str, faults: list[Message], at: str) -> list[Identifier]:
    """Ids of the point's own system are the shop's ids of people; those of others carry their system's name."""
    mine, others = [], []
    for name, told in ids.items():
        if _is_own(name) or told in (None, ""):
            continue
        if (value := _id(told)) is None:
            faults.append(Message("An id is a text or a whole number.", f"{at}/ids/{name}"))
        elif name.lower() == system.lower():
            mine.append(Identifier("external_id", value))
        else:
            others.append(Identifier("external_id", f"{name}:{value}"))
    return mine + others


def _card(customer: Mapping[str, Any], faults: list[Message], at: str) -> list[Identifier]:
    card = customer.get("discountCard")
    if card in (None, "", {}):
        return []
    inner = card.get("ids") if isinstance(card, dict) else None
    number = _id(inner.get("number")) if isinstance(inner, dict) else None
    if number is None:
        faults.append(Message("A card is told by its number.", f"{at}/discountCard/ids/number"))
        return []
    return [Identifier("external_id", f"{CARD}:{number}")]


def _id(told: Any) -> str | None:
    if isinstance(told, bool) or not isinstance(told, str | int):
        return None
    found = str(told).strip()
    return found if 0 < len(found) <= LONGEST else None


def _contact(kind: str, comparable: Any, told: Any, faults: list[Message], at: str) -> list[Identifier]:
    if told in (None, ""):
        return []
    if not isinstance(told, bool) and isinstance(told, str | int):
        try:
            return [Identifier(kind, comparable(with_plus(str(told)) if kind == "phone" else str(told)))]
        except BadInput as refusal:
            faults.append(Message(f"{refusal.detail} {refusal.hint or ''}".strip(), at))
            return []
    faults.append(Message("This is a text.", at))
    return []


def with_plus(number: str) -> str:
    """The reference product's phones are all digits, country code first."""
    digits = number.strip()
    return f"+{digits}" if digits.isdecimal() and len(digits) > 10 else digits
