"""Fold what was told into what is known: for each field the newest telling wins, in whatever order it arrives.

Folding and joining are one operation, the greatest telling of each field: it does not matter in which order
things are told, whether they are told twice, or who is made one with whom first.

An address has a second register beside it, `@confirmed_email` or `@confirmed_phone`: what the person has shown to
be theirs.  Only a confirmed telling goes there, or one that takes the address away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

CONFIRMED = {"email": "@confirmed_email", "phone": "@confirmed_phone"}
UNDATED: list[Any] = [0, "merge"]


class Telling(NamedTuple):
    """When, by whom, on which legal basis, by which operation; and whether the person has shown it to be true."""

    at: datetime
    source: str
    basis: str = ""
    operation: str = ""
    confirmed: bool = False


class Change(NamedTuple):
    """A field that had been told is another now. `before`: when and by whom the old value was told."""

    field: str
    old: Any
    new: Any
    when: list[Any]
    before: list[Any]


@dataclass
class Known:
    """Values and, for each field, how it was told: milliseconds of the epoch, source and, if named, basis, operation.

    `made`: the earliest telling.  `changed`: a value is another; `retold`: at least a telling is.
    """

    values: dict[str, Any] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    made: datetime | None = None
    changed: bool = False
    retold: bool = False


def fold(known: Known, values: Mapping[str, Any], telling: Telling) -> list[Change]:
    """Take in values told at a moment; of two of one moment the greater text wins. Gives what was replaced."""
    if known.made is None or telling.at < known.made:
        known.made = telling.at  # somebody is first seen when the earliest telling happened
        known.changed = True
    when: list[Any] = [int(telling.at.timestamp() * 1000), telling.source]
    if telling.operation:
        when += [telling.basis, telling.operation]
    elif telling.basis:
        when.append(telling.basis)
    changes: list[Change] = []
    for name, value in values.items():
        _tell(known, name, value, when, changes)
        if name in CONFIRMED and (telling.confirmed or value is None):
            _tell(known, CONFIRMED[name], value, when, changes)
    return changes


def _tell(known: Known, name: str, value: Any, when: list[Any], changes: list[Change]) -> None:
    before = known.told.get(name)
    mine = known.values.get(name)
    if before and before[0] >= when[0] and (before[0] > when[0] or _at_least(mine, before, value, when)):
        return
    known.told[name] = when
    known.retold = True
    if mine != value:
        known.values[name] = value
        known.changed = True
        if before:
            changes.append(Change(name, mine, value, when, before))


def _at_least(mine: Any, before: list[Any], value: Any, when: list[Any]) -> bool:
    return (_text(mine), before[1:]) >= (_text(value), when[1:])


def join(*parts: Known) -> Known:
    """Make people one, as if all had been told of one from the start; what nobody told but one, stays."""
    whole = Known(changed=True)
    for part in parts:
        for name in part.values.keys() | part.told.keys():
            _tell(whole, name, part.values.get(name), part.told.get(name, UNDATED), [])
    whole.made = earliest(part.made for part in parts)
    return whole


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of the moments that are known."""
    return min((one for one in moments if one), default=None)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
