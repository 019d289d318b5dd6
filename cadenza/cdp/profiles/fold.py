"""Fold what was told into what is known: for each field the newest telling wins, in whatever order it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Known:
    """A person's values and, for each field, when (milliseconds of the epoch) and by whom it was told.

    `changed`: a value is another; `retold`: at least the moment of a telling is.
    """

    values: dict[str, Any] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    changed: bool = False
    retold: bool = False


def fold(known: Known, values: Mapping[str, Any], at: datetime, source: str) -> Known:
    """Take in values told at `at`; of two of one moment the greater text wins, so that order never matters."""
    moment = int(at.timestamp() * 1000)
    for name, value in values.items():
        _tell(known, name, value, [moment, source])
    return known


def _tell(known: Known, name: str, value: Any, when: list[Any]) -> None:
    before = known.told.get(name)
    mine = known.values.get(name)
    if before and (before[0], _text(mine)) >= (when[0], _text(value)):
        return
    known.told[name] = when
    known.retold = True
    if mine != value:
        known.values[name] = value
        known.changed = True


def join(winner: Known, loser: Known) -> Known:
    """Make two people one, as if all had been told of one from the start; what nobody told but one, stays."""
    for name in loser.values.keys() | loser.told.keys():
        value, when = loser.values.get(name), loser.told.get(name, [0, "merge"])
        if name in winner.told or winner.values.get(name) in (None, ""):
            _tell(winner, name, value, when)
    winner.changed = True
    return winner


def _text(value: Any) -> str:
    return "" if value is None else str(value)
