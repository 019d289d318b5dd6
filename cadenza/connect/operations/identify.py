"""From the ids of a customer node to our identifiers. Everything about which id is of which kind stands here.

`{"ids": {"websiteID": "42", "crm": "7"}, "email": …, "mobilePhone": …, "discountCard": {"ids": {"number": …}}}`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity.types import Identifier, base_kind
from cadenza.connect.operations.types import Comparable, Message, Named

OWN = ("mindboxid", "cadenzaid", "maestraid")  # our own number, as SDKs of the reference product call it too
CARD_HASH = "bankcardhash"  # among the ids: the token that a payment provider gives for a bank card
MOST_NUMBER = 2**63


def identify(
    customer: Mapping[str, Any], system: str, device: Identifier | None, comparable: Comparable,
    faults: list[Message], at: str,
) -> Named:  # fmt: skip
    """How this node names a customer; what cannot be an id is told in `faults`. `system`: the point's own."""
    ids = customer.get("ids") or {}
    if not isinstance(ids, dict):
        faults.append(Message("ids are an object: the name of each system with its id.", f"{at}/ids"))
        ids = {}
    told = [
        *_by_system(ids, system, at),
        ("email", customer.get("email"), f"{at}/email"),
        ("phone", customer.get("mobilePhone"), f"{at}/mobilePhone"),
        *_card(customer, faults, at),
        *(("card_hash", one, f"{at}/ids/{name}") for name, one in ids.items() if name.lower() == CARD_HASH),
    ]
    found = [
        _kept(kind, one, comparable, faults, place) for kind, one, place in told if one not in (None, "")
    ]
    return Named(_own(ids, faults, at), tuple(dict.fromkeys(one for one in found if one)), device)


def shown(kind: str, value: str, system: str) -> tuple[str, str] | None:
    """The other way round: the system and id that one of our identifiers stands for; None where it is no such id."""
    if base_kind(kind) != "external_id":
        return None
    return kind.partition(":")[2] or system, value


def _own(ids: Mapping[str, Any], faults: list[Message], at: str) -> ProfileId | None:
    for name, told in ids.items():
        if name.lower() in OWN and told not in (None, ""):
            if str(told).isascii() and str(told).isdecimal() and 0 < int(str(told)[:20]) < MOST_NUMBER:
                return ProfileId(int(str(told)))
            faults.append(Message("This id is a whole number.", f"{at}/ids/{name}"))
    return None


def _by_system(ids: Mapping[str, Any], system: str, at: str) -> list[tuple[str, Any, str]]:
    """Ids of the point's own system are the shop's ids of people; those of others carry their system's name."""
    mine, others = [], []
    for name, told in ids.items():
        if name.lower() == system.lower():
            mine.append(("external_id", told, f"{at}/ids/{name}"))
        elif name.lower() not in (*OWN, CARD_HASH):
            others.append((f"external_id:{name.strip()}", told, f"{at}/ids/{name}"))
    return mine + others


def _card(customer: Mapping[str, Any], faults: list[Message], at: str) -> list[tuple[str, Any, str]]:
    card = customer.get("discountCard")
    if card in (None, "", {}):
        return []
    inner = card.get("ids") if isinstance(card, dict) else None
    number = inner.get("number") if isinstance(inner, dict) else None
    if number in (None, ""):
        faults.append(Message("A card is told by its number.", f"{at}/discountCard/ids/number"))
    return [("loyalty_card", number, f"{at}/discountCard/ids/number")]


def _kept(kind: str, told: Any, comparable: Comparable, faults: list[Message], at: str) -> Identifier | None:
    if isinstance(told, bool) or not isinstance(told, str | int):
        faults.append(Message("An id is a text or a whole number.", at))
        return None
    try:
        return comparable(kind, with_plus(str(told)) if kind == "phone" else str(told))
    except BadInput as refusal:
        faults.append(Message(f"{refusal.detail} {refusal.hint or ''}".strip(), at))
        return None


def with_plus(number: str) -> str:
    """The reference product's phones are all digits, country code first."""
    digits = number.strip()
    return f"+{digits}" if digits.isdecimal() and len(digits) > 10 else digits
