"""What an import of these records would make, change and merge, from what is known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cadenza.cdp.identity.types import Resolution
from cadenza.connect.imports.types import Counts, Kind, Record

KEYS: dict[str, str] = {"products": "id", "orders": "number", "order_lines": "number"}


def foresee(
    kind: Kind, records: Sequence[Record], known: set[str], people: Sequence[Resolution], seen: set[Any]
) -> Counts:
    """`known`: keys of records that exist; `people`: who each record is; `seen`: what chunks before would have made."""
    if kind in KEYS:
        return _keyed([record.values[KEYS[kind]] for record in records], known, seen, kind == "order_lines")
    if kind == "customers":
        return _people(records, people, seen)
    return Counts(created=len(records))


def _keyed(keys: Sequence[str], known: set[str], seen: set[Any], many: bool) -> Counts:
    """`many`: every row of a new key is new, as the lines of one order are."""
    created = 0
    for key in keys:
        created += key not in known and (many or key not in seen)
        seen.add(key)
    return Counts(created=created, updated=len(keys) - created)


def _people(records: Sequence[Record], people: Sequence[Resolution], seen: set[Any]) -> Counts:
    made: set[int] = set()
    counts = Counts()
    for record, found in zip(records, people, strict=True):
        new = found.created and found.profile not in made and seen.isdisjoint(record.who)
        counts += Counts(
            created=int(new), merged=int(found.merged), updated=int(not new and not found.merged)
        )
        if found.created:
            made.add(found.profile)
            seen.update(record.who)
    return counts
