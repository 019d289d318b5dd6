"""What a file can fill: for each kind of record its fields, their types and the category of their data.

`external_id:<system>` is the number of a person in a further system.  `traits.<name>` (customers) and
`properties.<name>` (events, products) are open: a person's custom trait is of the category `custom.fields` unless the
mapping names another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cadenza.connect.imports.types import Fillable, Kind


@dataclass(frozen=True)
class Target:
    """A field: its type, its data category (empty: not about a person) and whether it tells when something happened."""

    type: str
    category: str = ""
    happened: bool = False
    longest: int = 1000


WHO = {
    "external_id": Target("identifier", "identity.internal", longest=200),
    "email": Target("email", "contact.email"),
    "phone": Target("phone", "contact.phone"),
    "loyalty_card": Target("identifier", "loyalty.programme", longest=200),
    "card_hash": Target("identifier", "identity.card_hash", longest=200),
    "anonymous_id": Target("identifier", "identity.web", longest=200),
    "app_id": Target("identifier", "identity.app", longest=200),
}
SYSTEM = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,39}")
_ANYBODY = {"id": Target("integer", "identity.internal"), **WHO}
INTO = {f"into.{name}": one for name, one in _ANYBODY.items()}
FROM = {f"from.{name}": one for name, one in _ANYBODY.items()}
_PLACE = {
    "country": Target("country", "location.area"),
    "region": Target("text", "location.area", longest=120),
}
_SOLD = {
    "number": Target("text", "orders.history", longest=200),
    "placed_at": Target("time", "orders.history", happened=True),
    "currency": Target("currency", "orders.history"),
    **_PLACE,
}

FIELDS: dict[Kind, dict[str, Target]] = {
    "customers": {
        **WHO,
        "full_name": Target("text", "person.name"),
        "first_name": Target("text", "person.name", longest=200),
        "last_name": Target("text", "person.name", longest=200),
        "gender": Target("gender", "person.gender"),
        "birth_date": Target("birth_date", "person.birth_date"),
        **_PLACE,
        "city": Target("text", "location.area", longest=120),
        "language": Target("text", "custom.fields", longest=32),
        "time_zone": Target("time_zone", "location.area"),
        "registered_at": Target("time", "profile.registered_at", happened=True),
        "at": Target("time", "profile.registered_at", happened=True),
    },
    "orders": {
        **WHO,
        **_SOLD,
        "status": Target("order_status", "orders.history"),
        "total": Target("decimal", "orders.history"),
        "shipping": Target("decimal", "orders.history"),
        "tax": Target("decimal", "orders.history"),
        "discount": Target("decimal", "orders.history"),
        "coupon": Target("text", "orders.history", longest=120),
    },
    "order_lines": {
        **WHO,
        **_SOLD,
        "line_number": Target("integer", "orders.history"),
        "product": Target("text", "orders.history", longest=200),
        "name": Target("text", "orders.history", longest=400),
        "category": Target("text", "orders.history", longest=200),
        "brand": Target("text", "orders.history", longest=200),
        "quantity": Target("decimal", "orders.history"),
        "price": Target("decimal", "orders.history"),
        "total": Target("decimal", "orders.history"),
    },
    "products": {
        "id": Target("text", longest=200),
        "sku": Target("text", longest=200),
        "name": Target("text", longest=400),
        "category": Target("text", longest=200),
        "subcategory": Target("text", longest=200),
        "brand": Target("text", longest=200),
        "price": Target("decimal"),
        "currency": Target("currency"),
        "url": Target("url", longest=2000),
        "image_url": Target("url", longest=2000),
        "description": Target("text", longest=10_000),
    },
    "returns": {
        **WHO,
        "returned_at": Target("time", "orders.history", happened=True),
        "product": Target("text", "orders.history", longest=200),
        "quantity": Target("decimal", "orders.history"),
        "number": Target("text", "orders.history", longest=200),
        "price": Target("decimal", "orders.history"),
        "amount": Target("decimal", "orders.history"),
    },
    "events": {
        **{name: one for name, one in WHO.items() if name != "card_hash"},
        "event": Target("text", "behaviour.other", longest=200),
        "at": Target("time", "behaviour.other", happened=True),
        "message_id": Target("text", "behaviour.other", longest=200),
    },
    "consents": {
        **WHO,
        "state": Target("state", "consent.subscriptions"),
        "channel": Target("text", "consent.subscriptions", longest=50),
        "topic": Target("text", "consent.subscriptions", longest=100),
        "at": Target("time", "consent.subscriptions", happened=True),
        "wording": Target("text", "consent.subscriptions", longest=300),
    },
    "merges": {**INTO, **FROM},
}

REQUIRED: dict[Kind, tuple[str, ...]] = {
    "customers": (),
    "orders": ("number", "placed_at", "total"),
    "order_lines": ("number", "placed_at", "product"),
    "products": ("id", "name"),
    "returns": ("returned_at", "product", "quantity"),
    "events": ("event", "at"),
    "consents": ("email", "state"),
    "merges": (),
}

_PERSON = {"which person a row is about": tuple(WHO)}
ONE_OF: dict[Kind, dict[str, tuple[str, ...]]] = {
    "customers": _PERSON,
    "events": _PERSON,
    "consents": _PERSON,
    "merges": {"which person stays": tuple(INTO), "which person becomes that one": tuple(FROM)},
}
"""What a row must tell, and the fields of which any one tells it. Orders may be those of a guest."""

OPEN: dict[Kind, dict[str, str]] = {
    "customers": {"traits": "custom.fields", "consent": "consent.subscriptions"},
    "events": {"properties": "behaviour.other"},
    "products": {"properties": ""},
}

OPEN_TYPES = ("text", "integer", "decimal", "date", "time", "flag")


def target(kind: Kind, name: str, type: str = "") -> Target | None:
    """The field called `name`, or None where this kind has no such field."""
    if known := FIELDS[kind].get(name):
        return known
    base, _, system = name.partition(":")
    if base.endswith("external_id") and SYSTEM.fullmatch(system):
        return FIELDS[kind].get(base)
    space, _, rest = name.partition(".")
    if not rest or space not in OPEN.get(kind, {}):
        return None
    fallback = "state" if space == "consent" else "text"
    return Target(type or fallback, OPEN[kind][space])


def is_who(name: str) -> bool:
    """Whether a field says whose a row is; an external id may name its system, as external_id:crm."""
    return name.partition(":")[0] in WHO


def says_one_of(names: Iterable[str], fields: Iterable[str]) -> bool:
    """Whether one of these fields is among `names`; an id of whichever system is one."""
    return not {name.partition(":")[0] for name in names}.isdisjoint(fields)


def fields(kind: Kind) -> list[Fillable]:
    """What a column of such a file may fill."""
    known = [Fillable(name, one.type, name in REQUIRED[kind]) for name, one in FIELDS[kind].items()]
    return [
        *known,
        *((Fillable("external_id:", "identifier"),) if "external_id" in FIELDS[kind] else ()),
        *(Fillable(f"{space}.", "state" if space == "consent" else "") for space in OPEN.get(kind, {})),
    ]
