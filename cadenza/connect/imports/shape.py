"""From a record to the noun that the service below takes: a product, a line, an order, a return, a statement."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cadenza.base.ids import ProfileId
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.identity.types import Resolution
from cadenza.cdp.orders.types import LineChange, OrderChange, OrderLine, ReturnChange
from cadenza.connect.imports.types import Batch, Record
from cadenza.trust.consent.types import NEWSLETTER, ConsentChange, State

PERSON_FIELDS = frozenset(
    "first_name last_name gender birth_date country region city language time_zone registered_at".split()
)
LINE = ("line_number", "product", "quantity", "total", "name", "category", "brand", "price")
SOLD = ("placed_at", "currency", "country", "region")
ORDER = (*SOLD, "status", "total", "shipping", "tax", "discount", "coupon")


def shape(batch: Batch, record: Record, who: Resolution | None = None) -> Any:
    """What the service of the mapping's kind takes."""
    match batch.mapping.kind:
        case "products":
            return _product(record.values)
        case "order_lines":
            return _line(batch, record, who)
        case "orders":
            return _order(batch, record, who)
        case "returns":
            return _return(batch, record, who)
        case "events":
            return _event(batch, record)
        case "consents":
            topic = record.values.get("topic", NEWSLETTER)
            return statement(batch, record, who.profile if who else None, topic, record.values["state"])
        case "customers":
            return traits(record)


def traits(record: Record) -> dict[str, Any]:
    """Standard fields and custom traits, as profiles take them."""
    told = addresses(record)
    for name, value in record.values.items():
        if name.startswith("traits."):
            told[name.removeprefix("traits.")] = _number(value)
        elif name in PERSON_FIELDS:
            told[name] = value
    return told


def addresses(record: Record) -> dict[str, Any]:
    """The identifiers that are fields of a profile too."""
    return {kind: value for kind, value in record.who if kind in ("email", "phone")}


def statement(
    batch: Batch, record: Record, who: ProfileId | None, topic: str, state: str
) -> ConsentChange | None:
    """A statement about an e-mail address; a row without one has no contact point to hang it on."""
    address = dict(record.who).get("email")
    if not address:
        return None
    return ConsentChange(
        profile=who,
        channel=record.values.get("channel", "email"),
        address=address,
        topic=topic,
        state=State(state),
        at=record.values.get("at"),
        source=f"import:{batch.run}",
        wording=record.values.get("wording", ""),
    )


def _product(values: dict[str, Any]) -> Product:
    plain = {name: value for name, value in values.items() if "." not in name and name != "key"}
    return Product(properties=_properties(values), **plain)


def _line(batch: Batch, record: Record, who: Resolution | None) -> LineChange:
    values = record.values
    return LineChange(
        order_number=values["number"],
        line=OrderLine(**{name: values[name] for name in LINE if name in values}),
        source=batch.mapping.source,
        **_whose(who),
        **{name: values[name] for name in SOLD if name in values},
    )


def _order(batch: Batch, record: Record, who: Resolution | None) -> OrderChange:
    values = record.values
    return OrderChange(
        number=values["number"],
        at=values["placed_at"],
        source=batch.mapping.source,
        **_whose(who),
        **{name: values[name] for name in ORDER if name in values},
    )


def _return(batch: Batch, record: Record, who: Resolution | None) -> ReturnChange:
    values = record.values
    return ReturnChange(
        key=_key(batch, record),
        returned_at=values["returned_at"],
        product=values["product"],
        quantity=values["quantity"],
        order_number=values.get("number", ""),
        amount=values.get("amount"),
        **_whose(who),
    )


def _whose(who: Resolution | None) -> dict[str, Any]:
    """The person as of now, and the id under which it was told."""
    return {"profile": who.profile, "home": who.home} if who else {}


def _key(batch: Batch, record: Record) -> str:
    """What tells this row from others, the same whenever the file is imported again."""
    return f"{batch.mapping.source}:{record.values.get('key') or f'{batch.file}:{record.number}'}"[:200]


def _event(batch: Batch, record: Record) -> dict[str, Any]:
    who = dict(record.who)
    item: dict[str, Any] = {
        "type": "track",
        "event": record.values["event"],
        "timestamp": record.values["at"].isoformat(),
        "messageId": record.values.get("message_id") or _key(batch, record),
        "properties": _properties(record.values),
    }
    names = {"external_id": "userId", "anonymous_id": "anonymousId"}
    item |= {name: who[kind] for kind, name in names.items() if kind in who}
    others = [
        {"type": kind.removeprefix("external_id:"), "id": value}
        for kind, value in record.who
        if kind not in (*names, "email", "phone")
    ]
    context = {"traits": addresses(record), "externalIds": others}
    return item | {"context": {name: told for name, told in context.items() if told}}


def _properties(values: dict[str, Any]) -> dict[str, Any]:
    space = "properties."
    return {
        name.removeprefix(space): _json(value) for name, value in values.items() if name.startswith(space)
    }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else _number(value)


def _number(value: Any) -> Any:
    """A Decimal as the number that JSON and the event store hold."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
