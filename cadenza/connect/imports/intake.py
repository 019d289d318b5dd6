"""Hands records to people, orders, catalogue, events and consent; one chunk, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cadenza.base.ids import ImportId, ProfileId, WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier, Resolution
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import LineChange, OrderChange, OrderLine, ReturnChange
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import FieldType, Profile, TraitChange
from cadenza.connect.imports.foresee import foresee
from cadenza.connect.imports.target import target
from cadenza.connect.imports.types import Counts, Flaw, Mapping, Record
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from cadenza.trust.privacy import service as privacy

TRAIT_TYPES: dict[str, FieldType] = {
    "text": "text",
    "integer": "number",
    "decimal": "number",
    "flag": "boolean",
    "date": "date",
    "time": "datetime",
}
ERASED = "This person was erased on request."
TWO_PEOPLE = "Its e-mail address or phone number belongs to a person with another external id."


@dataclass(frozen=True)
class Batch:
    """What all records of a run have in common. `file` names rows that carry no key of their own."""

    workspace: WorkspaceId
    run: ImportId
    mapping: Mapping
    file: str
    at: datetime


@dataclass
class Taken:
    """What became of a chunk; flaws by the number of the row."""

    counts: Counts = field(default_factory=Counts)
    rejected: dict[int, list[Flaw]] = field(default_factory=dict)
    left_out: dict[int, list[Flaw]] = field(default_factory=dict)


def take(batch: Batch, records: Sequence[Record]) -> Taken:
    """Write records; their counts, and what was refused on the way."""
    taken = Taken()
    welcome = _welcome(batch, records, taken)
    if welcome:
        taken.counts += TAKE[batch.mapping.kind](batch, welcome, taken)
    taken.counts = replace(taken.counts, invalid=len(taken.rejected))
    return taken


def declare(workspace: WorkspaceId, mapping: Mapping) -> None:
    """Make the custom traits of a mapping known, with their types, categories and labels."""
    for column in mapping.columns:
        space, _, name = column.to.partition(".")
        if space == "traits" and (found := target(mapping.kind, column.to, column.type)):
            category = column.category or found.category
            profiles.define_field(workspace, name, TRAIT_TYPES[found.type], category, column.label)


def _welcome(batch: Batch, records: Sequence[Record], taken: Taken) -> list[Record]:
    """Records but those of people who were erased after what the record tells, and of unknown topics."""
    erased = privacy.erased_since(batch.workspace, [one for record in records for one in record.who])
    known = {topic.key for topic in consent.topics(batch.workspace)}
    welcome = []
    for record in records:
        flaw = _erased(record, erased) or _unknown_topic(record, known)
        if flaw:
            taken.rejected[record.number] = [flaw]
        else:
            welcome.append(record)
    return welcome


def _erased(record: Record, erased: dict[tuple[str, str], datetime]) -> Flaw | None:
    since = [erased[one] for one in record.who if one in erased]
    if not since:
        return None
    told = next((record.values[name] for name in ("at", "placed_at", "returned_at") if name in record.values), None)
    if told and told > max(since):
        return None
    hint = "Take the row out of the file; what the person tells again later is welcome."
    return Flaw("", "", ERASED, hint)


def _unknown_topic(record: Record, known: set[str]) -> Flaw | None:
    told = [name.removeprefix("consent.") for name in record.values if name.startswith("consent.")]
    if "state" in record.values:
        told.append(record.values.get("topic", "newsletter"))
    unknown = [topic for topic in told if topic not in known]
    return Flaw("topic", unknown[0], "There is no such topic.", f"Use {', '.join(sorted(known))}.") if unknown else None


def _resolve(batch: Batch, records: Sequence[Record]) -> list[Resolution | None]:
    """The person of each record; None for records that name nobody."""
    named = [record for record in records if record.who]
    arrivals = [[Identifier(*one) for one in record.who] for record in named]
    found = iter(identity.resolve(batch.workspace, arrivals, at=batch.at, source=batch.mapping.source))
    return [next(found) if record.who else None for record in records]


def _tell(batch: Batch, records: Sequence[Record], who: Sequence[Resolution | None], taken: Taken) -> set[ProfileId]:
    """Write what the records tell of people; gives those who are new or changed by it."""
    rows: dict[tuple[ProfileId, str], int] = {}
    changes = []
    for record, found in zip(records, who, strict=True):
        if found:
            values = _traits(record)
            changes.append(TraitChange(found.profile, values, _at(record, batch), batch.mapping.source))
            rows |= {(found.profile, name): record.number for name in values}
            if found.blocked:
                taken.left_out.setdefault(record.number, []).append(Flaw("", "", TWO_PEOPLE, "Say which is right."))
    before = profiles.many(batch.workspace, {change.profile for change in changes})
    for refused in profiles.apply(batch.workspace, changes):
        row = rows.get((refused.profile, refused.field), records[0].number)
        taken.left_out.setdefault(row, []).append(Flaw(refused.field, "", refused.reason, ""))
    return {change.profile for change in changes if _differs(before.get(change.profile), change)}


def _at(record: Record, batch: Batch) -> datetime:
    return next((record.values[name] for name in ("at", "placed_at") if name in record.values), batch.at)


def _traits(record: Record) -> dict[str, Any]:
    """Standard fields and custom traits, as profiles take them."""
    told = {kind: value for kind, value in record.who if kind in ("email", "phone")}
    for name, value in record.values.items():
        if name.startswith("traits."):
            told[name.removeprefix("traits.")] = _number(value)
        elif name in PERSON_FIELDS:
            told[name] = value
    return told


PERSON_FIELDS = frozenset(
    "first_name last_name gender birth_date country region city language time_zone registered_at".split()
)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _differs(before: Profile | None, change: TraitChange) -> bool:
    if before is None:
        return True
    return any(_known(before, name) != _comparable(value) for name, value in change.values.items())


def _known(profile: Profile, name: str) -> Any:
    return profile.traits[name] if name in profile.traits else getattr(profile, name, None)


def _comparable(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _customers(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _resolve(batch, records)
    changed = _tell(batch, records, who, taken)
    said = [
        _said(batch, record, found, topic, value)
        for record, found in zip(records, who, strict=True)
        for topic, value in record.values.items()
        if topic.startswith("consent.")
    ]
    consent.record(batch.workspace, [one for one in said if one])
    return _counted(who, changed)


def _counted(who: Sequence[Resolution | None], changed: set[ProfileId]) -> Counts:
    """Each row is one of created, merged, updated, unchanged."""
    counts = {"created": 0, "merged": 0, "updated": 0, "unchanged": 0}
    for found in who:
        if found is None:
            continue
        fate = "created" if found.created else "merged" if found.merged else ""
        counts[fate or ("updated" if found.profile in changed else "unchanged")] += 1
    return Counts(**counts)


def _said(batch: Batch, record: Record, who: Resolution | None, topic: str, state: str) -> ConsentChange | None:
    """A statement about an e-mail address; rows without one have no contact point to hang it on."""
    address = dict(record.who).get("email")
    if not address:
        return None
    return ConsentChange(
        profile=who.profile if who else None,
        channel=record.values.get("channel", "email"),
        address=address,
        topic=topic.removeprefix("consent."),
        state=State(state),
        at=record.values.get("at"),
        source=f"import:{batch.run}",
        wording=record.values.get("wording", ""),
    )


def _consents(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _resolve(batch, records)
    _tell(batch, records, who, taken)
    said = [
        _said(batch, record, found, record.values.get("topic", "newsletter"), record.values["state"])
        for record, found in zip(records, who, strict=True)
    ]
    new = consent.record(batch.workspace, [one for one in said if one])
    return Counts(created=new, unchanged=len(records) - new)


def _upserted(created: int, updated: int, records: Sequence[Record]) -> Counts:
    """Rows of one chunk with the same key are one; the last one counts, the others changed nothing."""
    return Counts(created=created, updated=updated, unchanged=len(records) - created - updated)


def _products(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    found = catalog.upsert(batch.workspace, [_product(record.values) for record in records])
    return _upserted(found.created, found.updated, records)


def _product(values: dict[str, Any]) -> Product:
    plain = {name: value for name, value in values.items() if "." not in name and name != "key"}
    return Product(properties=_properties(values), **plain)


def _properties(values: dict[str, Any]) -> dict[str, Any]:
    found = {name.removeprefix("properties."): value for name, value in values.items() if name.startswith("properties.")}
    return {name: _json(value) for name, value in found.items()}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else _number(value)


def _lines(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _buyers(batch, records, taken)
    changes = [_line(batch, record, found) for record, found in zip(records, who, strict=True)]
    done = orders.upsert_lines(batch.workspace, changes)
    return _upserted(done.created, done.updated, records)


def _buyers(batch: Batch, records: Sequence[Record], taken: Taken) -> list[ProfileId | None]:
    """Who bought. What an order tells of its buyer's place stays with the order."""
    who = _resolve(batch, records)
    people = [replace(one, values={name: one.values[name] for name in ("placed_at",)}) for one in records]
    _tell(batch, people, who, taken)
    return [found.profile if found else None for found in who]


def _line(batch: Batch, record: Record, who: ProfileId | None) -> LineChange:
    values = record.values
    line = OrderLine(
        line_number=values["line_number"],
        product=values["product"],
        quantity=values["quantity"],
        total=values["total"],
        name=values.get("name", ""),
        category=values.get("category", ""),
        brand=values.get("brand", ""),
        price=values.get("price"),
    )
    return LineChange(
        order_number=values["number"],
        placed_at=values["placed_at"],
        line=line,
        profile=who,
        currency=values.get("currency", ""),
        country=values.get("country", ""),
        region=values.get("region", ""),
        source=batch.mapping.source,
    )


ORDER = ("placed_at", "status", "currency", "total", "shipping", "tax", "discount", "coupon", "country", "region")


def _orders(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _buyers(batch, records, taken)
    changes = [
        OrderChange(
            number=record.values["number"],
            at=record.values["placed_at"],
            profile=found,
            source=batch.mapping.source,
            **{name: record.values.get(name) for name in ORDER},
        )
        for record, found in zip(records, who, strict=True)
    ]
    done = orders.upsert(batch.workspace, changes)
    return _upserted(done.created, done.updated, records)


def _returns(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _resolve(batch, records)
    changes = [
        ReturnChange(
            key=_key(batch, record),
            returned_at=record.values["returned_at"],
            product=record.values["product"],
            quantity=record.values["quantity"],
            order_number=record.values.get("number", ""),
            profile=found.profile if found else None,
            amount=record.values.get("amount"),
        )
        for record, found in zip(records, who, strict=True)
    ]
    done = orders.record_returns(batch.workspace, changes)
    return _upserted(done.created, done.updated, records)


def _key(batch: Batch, record: Record) -> str:
    """What tells this row from others, the same whenever the file is imported again."""
    return f"{batch.mapping.source}:{record.values.get('key') or f'{batch.file}:{record.number}'}"[:200]


def _events(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    items = [_event(batch, record) for record in records]
    told = ingest.take_in(batch.workspace, items, f"import:{batch.mapping.source}")
    wrong = {record.number: [Flaw("", "", flaw)] for record, flaw in zip(records, told, strict=True) if flaw}
    taken.rejected |= wrong
    return Counts(created=len(records) - len(wrong))


def _event(batch: Batch, record: Record) -> dict[str, Any]:
    who = dict(record.who)
    item: dict[str, Any] = {
        "type": "track",
        "event": record.values["event"],
        "timestamp": record.values["at"].isoformat(),
        "messageId": record.values.get("message_id") or _key(batch, record),
        "properties": _properties(record.values),
    }
    if "external_id" in who:
        item["userId"] = who["external_id"]
    if "anonymous_id" in who:
        item["anonymousId"] = who["anonymous_id"]
    traits = {kind: who[kind] for kind in ("email", "phone") if kind in who}
    return item | {"context": {"traits": traits}} if traits else item


TAKE: dict[str, Callable[[Batch, Sequence[Record], Taken], Counts]] = {
    "customers": _customers,
    "orders": _orders,
    "order_lines": _lines,
    "products": _products,
    "returns": _returns,
    "events": _events,
    "consents": _consents,
}


def foresee_chunk(workspace: WorkspaceId, mapping: Mapping, records: Sequence[Record], seen: set[Any]) -> Counts:
    """What `take` would count, without writing. `seen` remembers what earlier chunks would have made."""
    known: set[str] = set()
    people: list[Resolution] = []
    match mapping.kind:
        case "products":
            known = catalog.known_ids(workspace, {record.values["id"] for record in records})
        case "orders" | "order_lines":
            known = orders.known_numbers(workspace, {record.values["number"] for record in records})
        case "customers":
            people = identity.preview(workspace, [[Identifier(*one) for one in record.who] for record in records])
    return foresee(mapping.kind, records, known, people, seen)
