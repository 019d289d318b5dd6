"""Hands records to people, orders, catalogue, events and consent; one chunk, inside the caller's transaction."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.duplicates import service as duplicates
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import FILE, Identifier, Resolution
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import FieldType, Profile, TraitChange
from cadenza.connect.imports.converter import Comparable
from cadenza.connect.imports.foresee import foresee
from cadenza.connect.imports.shape import addresses, shape, statement, traits
from cadenza.connect.imports.target import is_who, target
from cadenza.connect.imports.types import Batch, Counts, Flaw, Mapping, Record
from cadenza.connect.imports.unite import Union, unite
from cadenza.trust.consent import service as consent
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
SEVERAL = "Its identifiers belong to different people."
NOBODY = "Nobody whom we know has this identifier."
APART = "Somebody has decided that these are two people."
WHY_NOT = {"unknown": NOBODY, "too_many": "Together they would have too many identifiers."}
CLASH = -1
TWO_PEOPLE = "Its e-mail address or phone number belongs to a person with another external id."


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


def comparing(workspace: WorkspaceId) -> Comparable:
    """How an id that a file tells is kept here."""
    return lambda kind, told: identity.normalise(workspace, kind, told).value


def declare(workspace: WorkspaceId, mapping: Mapping) -> None:
    """Make the custom traits of a mapping known, with their types, categories and labels."""
    for column in mapping.columns:
        space, _, name = column.to.partition(".")
        if space == "traits" and (found := target(mapping.kind, column.to, column.type)):
            category = column.category or found.category
            profiles.define_field(workspace, name, TRAIT_TYPES[found.type], category, column.label)


def _welcome(batch: Batch, records: Sequence[Record], taken: Taken) -> list[Record]:
    """Records but those of people who were erased after what the record tells, and of unknown topics."""
    erased = privacy.erased_since(batch.workspace, [one for record in records for one in _named(record)])
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
    since = [erased[one] for one in _named(record) if one in erased]
    if not since:
        return None
    told = next(
        (record.values[name] for name in ("at", "placed_at", "returned_at") if name in record.values), None
    )
    if told and told > max(since):
        return None
    hint = "Take the row out of the file; what the person tells again later is welcome."
    return Flaw("", "", ERASED, hint)


def _named(record: Record) -> list[tuple[str, str]]:
    """Every identifier of anybody in a record; the two of a merge stand among its values."""
    sides = (name.partition(".") for name in record.values if name.startswith(("into.", "from.")))
    told = [(kind, record.values[f"{side}.{kind}"]) for side, _, kind in sides if is_who(kind)]
    return [*record.who, *told]


def _unknown_topic(record: Record, known: set[str]) -> Flaw | None:
    told = [name.removeprefix("consent.") for name in record.values if name.startswith("consent.")]
    if "state" in record.values:
        told.append(record.values.get("topic", "newsletter"))
    unknown = [topic for topic in told if topic not in known]
    return (
        Flaw("topic", unknown[0], "There is no such topic.", f"Use {', '.join(sorted(known))}.")
        if unknown
        else None
    )


def _resolve(batch: Batch, records: Sequence[Record]) -> list[Resolution | None]:
    """The person of each record; None for records that name nobody."""
    named = [record for record in records if record.who]
    arrivals = [[Identifier(*one) for one in record.who] for record in named]
    found = iter(identity.resolve(batch.workspace, arrivals, at=batch.at, source=batch.mapping.source))
    return [next(found) if record.who else None for record in records]


def _tell(
    batch: Batch, records: Sequence[Record], who: Sequence[Resolution | None], taken: Taken
) -> set[ProfileId]:
    """Write what the records tell of people; gives those who are new or changed by it."""
    rows: dict[tuple[ProfileId, str], int] = {}
    changes = []
    for record, found in zip(records, who, strict=True):
        if found:
            values = traits(record)
            changes.append(
                TraitChange(found.profile, values, _at(record, batch), batch.mapping.source, found.home)
            )
            rows |= {(found.profile, name): record.number for name in values}
            if found.blocked:
                taken.left_out.setdefault(record.number, []).append(
                    Flaw("", "", TWO_PEOPLE, "Say which is right.")
                )
    before = profiles.many(batch.workspace, {change.profile for change in changes})
    for refused in profiles.apply(batch.workspace, changes):
        row = rows.get((refused.profile, refused.field), records[0].number)
        taken.left_out.setdefault(row, []).append(Flaw(refused.field, "", refused.reason, ""))
    return {change.profile for change in changes if _differs(before.get(change.profile), change)}


def _at(record: Record, batch: Batch) -> datetime:
    return next((record.values[name] for name in ("at", "placed_at") if name in record.values), batch.at)


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
        statement(batch, record, found.profile if found else None, name.removeprefix("consent."), value)
        for record, found in zip(records, who, strict=True)
        for name, value in record.values.items()
        if name.startswith("consent.")
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


def _consents(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    who = _resolve(batch, records)
    _introduce(batch, records, who)
    new = consent.record(batch.workspace, _shaped(batch, records, who))
    return Counts(created=new, unchanged=len(records) - new)


def _shaped(batch: Batch, records: Sequence[Record], who: Sequence[Resolution | None]) -> list[Any]:
    found = zip(records, who, strict=True)
    return [shape(batch, record, one) for record, one in found]


def _upserted(created: int, updated: int, records: Sequence[Record]) -> Counts:
    """Rows of one chunk with the same key are one; the last one counts, the others changed nothing."""
    return Counts(created=created, updated=updated, unchanged=len(records) - created - updated)


def _products(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    done = catalog.upsert(batch.workspace, [shape(batch, record) for record in records])
    return _upserted(done.created, done.updated, records)


def _lines(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    done = orders.upsert_lines(batch.workspace, _shaped(batch, records, _buyers(batch, records)))
    return _upserted(done.created, done.updated, records)


def _orders(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    done = orders.upsert(batch.workspace, _shaped(batch, records, _buyers(batch, records)))
    return _upserted(done.created, done.updated, records)


def _buyers(batch: Batch, records: Sequence[Record]) -> list[Resolution | None]:
    """Who bought. What an order tells of its buyer's place stays with the order."""
    who = _resolve(batch, records)
    _introduce(batch, records, who)
    return who


def _introduce(batch: Batch, records: Sequence[Record], who: Sequence[Resolution | None]) -> None:
    """Make the people of these records known, with their addresses."""
    changes = [
        TraitChange(found.profile, addresses(record), _at(record, batch), batch.mapping.source, found.home)
        for record, found in zip(records, who, strict=True)
        if found
    ]
    profiles.apply(batch.workspace, changes)


def _returns(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    done = orders.record_returns(batch.workspace, _shaped(batch, records, _resolve(batch, records)))
    return _upserted(done.created, done.updated, records)


def _events(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    items = [shape(batch, record) for record in records]
    told = ingest.take_in(batch.workspace, items, f"import:{batch.mapping.source}")
    wrong = {record.number: [Flaw("", "", flaw)] for record, flaw in zip(records, told, strict=True) if flaw}
    taken.rejected |= wrong
    return Counts(created=len(records) - len(wrong))


def _merges(batch: Batch, records: Sequence[Record], taken: Taken) -> Counts:
    found = _unions(batch.workspace, batch.mapping, records, (), taken)
    wanted = [(record, one) for record, one in found if one.fate == "merged"]
    for (record, _), why in zip(wanted, _make_one(batch, [one for _, one in wanted]), strict=True):
        if why:
            taken.rejected[record.number] = [Flaw("", "", why, fate="blocked")]
    fates = Tally(one.fate for record, one in found if record.number not in taken.rejected)
    return Counts(merged=fates["merged"], unchanged=fates["unchanged"])


def _make_one(batch: Batch, pairs: Sequence[Union]) -> list[str]:
    """Let the two of each pair be one; gives why not, where a rule of identity forbids it, else nothing."""
    wanted = [(ProfileId(pair.winner), ProfileId(pair.loser)) for pair in pairs]
    done = identity.merge_many(batch.workspace, wanted, FILE, f"import:{batch.run}")
    return [WHY_NOT.get(one.fate, "") for one in done]


def _unions(
    workspace: WorkspaceId,
    mapping: Mapping,
    records: Sequence[Record],
    merged: Iterable[tuple[int, int]],
    taken: Taken,
) -> list[tuple[Record, Union]]:
    """What becomes of each row; those that cannot be are rejected with their reason."""
    owners = _owners(workspace, records)
    couples = [(record, _side(record, "into", owners), _side(record, "from", owners)) for record in records]
    clear = [(record, into, other) for record, into, other in couples if CLASH not in (into, other)]
    people = {person for _, *pair in clear for person in pair if person}
    apart = duplicates.kept_apart(workspace, people)
    fates = iter(unite([(into, other) for _, into, other in clear], apart, merged))
    unions = []
    for record, into, other in couples:
        found = None if CLASH in (into, other) else next(fates)
        if flaw := _unfit(mapping, record, (into, other), found):
            taken.rejected[record.number] = [flaw]
        if found:
            unions.append((record, found))
    return unions


def _unfit(
    mapping: Mapping, record: Record, pair: tuple[int | None, int | None], found: Union | None
) -> Flaw | None:
    if found is None:
        return Flaw(_columns(mapping, record, pair, CLASH), "", SEVERAL, "Keep one of them.")
    if found.fate == "unknown":
        return Flaw(_columns(mapping, record, pair, None), "", NOBODY, fate="unknown")
    if found.fate == "blocked":
        return Flaw("", "", APART, "Merge them on the card of one of them.", fate="blocked")
    return None


def _columns(mapping: Mapping, record: Record, pair: tuple[int | None, int | None], wrong: int | None) -> str:
    """The filled columns of the side that is wrong."""
    sides = tuple(f"{side}." for side, who in zip(("into", "from"), pair, strict=True) if who == wrong)
    return ", ".join(
        one.source or one.to
        for one in mapping.columns
        if one.to.startswith(sides) and one.to in record.values
    )


def _owners(workspace: WorkspaceId, records: Sequence[Record]) -> dict[tuple[str, Any], int]:
    """Who each identifier and each number in these records belongs to; the unknown are left out."""
    named = list(dict.fromkeys(one for record in records for one in _named(record)))
    found = identity.preview(workspace, [[Identifier(*one)] for one in named])
    owners: dict[tuple[str, Any], int] = {
        one: who.profile for one, who in zip(named, found, strict=True) if not who.created
    }
    numbers = {
        record.values[name] for record in records for name in ("into.id", "from.id") if name in record.values
    }
    told = {number for number in numbers if 0 < number < 2**63}
    alive = profiles.many(workspace, told)
    now = {number: number if number in alive else identity.current(workspace, number) for number in told}
    alive |= profiles.many(workspace, set(now.values()) - set(alive))
    return owners | {("id", number): who for number, who in now.items() if who in alive}


def _side(record: Record, side: str, owners: dict[tuple[str, Any], int]) -> int | None:
    """Who one side of a merge is; None for nobody we know, CLASH where its identifiers lead to several."""
    told = [
        (name.removeprefix(f"{side}."), value)
        for name, value in record.values.items()
        if name.startswith(f"{side}.")
    ]
    found = {owners[one] for one in told if one in owners}
    return CLASH if len(found) > 1 else next(iter(found), None)


TAKE: dict[str, Callable[[Batch, Sequence[Record], Taken], Counts]] = {
    "customers": _customers,
    "orders": _orders,
    "order_lines": _lines,
    "products": _products,
    "returns": _returns,
    "events": _events,
    "consents": _consents,
    "merges": _merges,
}


def foresee_chunk(
    workspace: WorkspaceId, mapping: Mapping, records: Sequence[Record], seen: set[Any]
) -> Taken:
    """What `take` would count, without writing. `seen` remembers what earlier chunks would have made."""
    if mapping.kind == "merges":
        return _foresee_merges(workspace, mapping, records, seen)
    known: set[str] = set()
    people: list[Resolution] = []
    match mapping.kind:
        case "products":
            known = catalog.known_ids(workspace, {record.values["id"] for record in records})
        case "orders" | "order_lines":
            known = orders.known_numbers(workspace, {record.values["number"] for record in records})
        case "customers":
            people = identity.preview(
                workspace, [[Identifier(*one) for one in record.who] for record in records]
            )
    return Taken(foresee(mapping.kind, records, known, people, seen))


def _foresee_merges(
    workspace: WorkspaceId, mapping: Mapping, records: Sequence[Record], seen: set[Any]
) -> Taken:
    taken = Taken()
    found = [one for _, one in _unions(workspace, mapping, records, seen, taken)]
    seen.update((one.loser, one.winner) for one in found if one.fate == "merged")
    fates = Tally(one.fate for one in found)
    taken.counts = Counts(merged=fates["merged"], unchanged=fates["unchanged"])
    return taken
