"""Takes in what is told of people: fits values to fields, folds them into what is known, keeps what they replaced.

A telling goes to the id under which it was told and, where that was merged into a person, to the person too, so
that un-merging finds everything where it belongs.  All statements are for the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from zoneinfo import available_timezones

from cadenza.base import clock, text
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.fields import service as register
from cadenza.cdp.fields.service import Misfit, coerce, guess
from cadenza.cdp.profiles import store
from cadenza.cdp.profiles.facts import ProfilesChanged
from cadenza.cdp.profiles.fold import Change, Known, Telling, fold
from cadenza.cdp.profiles.types import BASES, STANDARD, Field, RefusedValue, TraitChange
from cadenza.cdp.profiles.unite import Held, unite
from cadenza.trust.accounts import service as accounts

Fitted = list[dict[str, Any]]


@dataclass
class Batch:
    """What is needed for one call, and what comes of it."""

    workspace: WorkspaceId
    now: datetime
    fields: dict[str, Field]
    rows: dict[int, Held] = field(default_factory=dict)
    refused: list[RefusedValue] = field(default_factory=list)
    changes: list[tuple[int, Change]] = field(default_factory=list)
    gone: list[Held] = field(default_factory=list)
    claims: set[tuple[str, str, int]] = field(default_factory=set)

    @cached_property
    def region(self) -> str:
        """The country of the shop, for numbers that were written without one."""
        return accounts.workspace(self.workspace).region

    @property
    def types(self) -> dict[str, str]:
        return {name: one.type for name, one in self.fields.items()}


def begin(workspace: WorkspaceId) -> Batch:
    """A batch that knows the fields of people here."""
    known = {one.name: one for one in STANDARD} | register.of(workspace, "person", retired=True)
    return Batch(workspace, clock.now(), known)


def take(workspace: WorkspaceId, changes: Sequence[TraitChange]) -> list[RefusedValue]:
    """Take in changes, making people that are new. Gives back the values that fit no field; the rest goes in."""
    batch = begin(workspace)
    fitted = [_fitting(batch, place, change) for place, change in enumerate(changes)]
    if any(one.type == "id" for one in batch.fields.values()):
        _leave_ids_to_their_owners(batch, changes, fitted)
    open_rows(batch, {id for change in changes for id in (change.profile, change.home) if id is not None})
    for change, values in zip(changes, fitted, strict=True):
        put(batch, change, values)
    close(batch)
    return batch.refused


def open_rows(batch: Batch, ids: Iterable[int]) -> None:
    """Read what is kept under these ids; of one that was merged meanwhile, also the person it leads to."""
    batch.rows = store.load(batch.workspace, ids)
    led = {row.into for row in batch.rows.values() if row.into is not None} - batch.rows.keys()
    if led:
        batch.rows |= store.load(batch.workspace, led)


def put(batch: Batch, change: TraitChange, values: dict[str, Any]) -> None:
    """Fold values into the id they were told under, and into the person it belongs to."""
    if change.basis not in BASES:
        raise BadInput(
            "There is no such legal basis.", at="basis", hint=f"Known are: {', '.join(sorted(BASES - {''}))}."
        )
    telling = Telling(change.at, change.source, change.basis, change.operation, change.confirmed)
    person = _row(batch, change.profile)
    home = person.id if change.home is None else change.home
    if person.into is not None:  # merged meanwhile
        person = _row(batch, person.into)
    mine = person.mine if home == person.id else _member(batch, person, home).known
    batch.changes += [(home, one) for one in fold(mine, values, telling)]
    if mine is not person.known:
        fold(person.known, values, telling)


def _row(batch: Batch, id: int) -> Held:
    row = batch.rows.get(id)
    if row is None:
        row = batch.rows[id] = Held(id, Known(changed=True))
    return row


def _member(batch: Batch, person: Held, home: int) -> Held:
    """What was told under an id that leads to a person; one that nothing was told of yet joins them now."""
    before = batch.rows.get(home)
    member = _row(batch, home)
    if member.into != person.id:
        if before and before.into is None:
            batch.gone.append(before)
            store.repoint(batch.workspace, {home: person.id})
        unite(person, [member])
    return member


def close(batch: Batch) -> None:
    """Write all that was touched, and what was replaced."""
    touched = [row for row in batch.rows.values() if row.is_touched]
    write(batch, touched)
    store.unmirror(batch.workspace, batch.gone, batch.now)
    store.remember(batch.workspace, batch.changes, batch.now)
    _release(batch)


def write(batch: Batch, rows: Sequence[Held]) -> None:
    """Write these rows whole, and tell of whom something else is known now."""
    store.save(batch.workspace, rows, batch.types, batch.now)
    changed = frozenset(ProfileId(one.id) for one in rows if one.into is None and one.known.changed)
    if changed:
        tell(ProfilesChanged(workspace=batch.workspace, at=batch.now, profiles=changed))


def _release(batch: Batch) -> None:
    """Unique ids that are nobody's value any more, or never became one, are free."""
    unique = {one.name for one in batch.fields.values() if one.type == "id"}
    former = {(c.field, c.old, home) for home, c in batch.changes if c.field in unique and c.old}
    if asked := batch.claims | former:
        held = {(name, row.mine.values.get(name), row.id) for row in batch.rows.values() for name in unique}
        store.release(batch.workspace, asked - held)


def _fitting(batch: Batch, place: int, change: TraitChange) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    for name, value in change.values.items():
        try:
            one = batch.fields.get(name) or _learn(batch, name, value)
            if one:
                fitting[name] = _fitted(batch, one, value)
        except (Misfit, BadInput) as misfit:
            reason = getattr(misfit, "detail", str(misfit))
            batch.refused.append(RefusedValue(change.profile, name, reason, place))
    return fitting


def _fitted(batch: Batch, one: Field, value: Any) -> Any:
    if one.retired:
        raise Misfit(register.RETIRED)
    if value is None or value == "":
        return None
    found = coerce(one.type, value, one.name, one.choices)
    if found == "" or found == []:
        return None
    if normalise := NORMALISED.get(one.name):
        return normalise(batch, found)
    return found if one.standard or not isinstance(found, date) else found.isoformat()


def _phone(batch: Batch, told: str) -> str:
    return text.phone(told, "" if told.startswith("+") else batch.region)


def _time_zone(batch: Batch, told: str) -> str:
    found = _zones().get(told.casefold())
    if not found:
        raise Misfit("a time zone like Europe/Riga is needed")
    return found


NORMALISED: dict[str, Callable[[Batch, str], str]] = {
    "email": lambda batch, told: text.email(told), "phone": _phone, "time_zone": _time_zone,
}  # fmt: skip


@cache
def _zones() -> dict[str, str]:
    """The zones of the IANA, however their letters are written."""
    return {one.casefold(): one for one in available_timezones()}


def _learn(batch: Batch, name: str, value: Any) -> Field | None:
    kind = guess(value)
    if kind is None:
        return None
    made = register.declare(batch.workspace, name, kind)  # type: ignore[arg-type]
    batch.fields[made.name] = made
    return made


def _leave_ids_to_their_owners(batch: Batch, changes: Sequence[TraitChange], fitted: Fitted) -> None:
    """A unique id is one person's: the first to be told of it keeps it, until that person is told of another."""
    unique = {one.name for one in batch.fields.values() if one.type == "id"}
    told = [
        (place, change, name, value)
        for place, (change, values) in enumerate(zip(changes, fitted, strict=True))
        for name, value in values.items()
        if name in unique and value is not None
    ]
    claims = {(name, value): change.home or change.profile for _, change, name, value in reversed(told)}
    batch.claims = {(*one, home) for one, home in claims.items()}
    owners = store.claim(batch.workspace, batch.claims) if claims else {}
    for place, change, name, value in told:
        if owners[name, value] not in (change.profile, change.home):
            del fitted[place][name]
            batch.refused.append(
                RefusedValue(change.profile, name, "this id is somebody else's already", place)
            )
