"""From changes that were kept to the story of each field: told first, then told otherwise, each with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cadenza.base.ids import ProfileId
from cadenza.cdp.profiles.settle import moment
from cadenza.cdp.profiles.types import Changed


class Kept(NamedTuple):
    """A kept change of a field under one id; `before`: how the old value was told."""

    field: str
    old: Any
    new: Any
    at: datetime
    recorded_at: datetime
    source: str
    basis: str
    operation: str
    before: Sequence[Any]


def chain(
    home: ProfileId, values: Mapping[str, Any], told: Mapping[str, Sequence[Any]], kept: Iterable[Kept]
) -> list[Changed]:
    """Every change under one id, oldest first for each field. `kept` comes oldest first."""
    found: list[Changed] = []
    known: set[str] = set()
    for one in kept:
        if one.field not in known:
            known.add(one.field)
            found.append(_first(home, one.field, one.old, one.before))
        found.append(
            Changed(
                one.field,
                one.old,
                one.new,
                one.at,
                one.recorded_at,
                one.source,
                home,
                one.basis,
                one.operation,
            )
        )
    found += [_first(home, name, values.get(name), when) for name, when in told.items() if name not in known]
    return found


def _first(home: ProfileId, name: str, value: Any, when: Sequence[Any]) -> Changed:
    at, source, *more = when
    basis, operation = (*more, "", "")[:2]
    return Changed(name, None, value, moment(at), None, source, home, basis, operation)
