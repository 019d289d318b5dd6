"""Fold what was told into what is known: for each field the newest telling wins, in whatever order it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Known:
    """A person's values and, for each field, when (milliseconds of the epoch) and by whom it was told."""

    values: dict[str, Any] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    changed: bool = False


def fold(known: Known, values: Mapping[str, Any], at: datetime, source: str) -> Known:
    """Take in values told at `at`; of two of one moment the greater text wins, so that order never matters."""
    moment = int(at.timestamp() * 1000)
    for name, value in values.items():
        before = known.told.get(name)
        if before and (before[0], _text(known.values.get(name))) >= (moment, _text(value)):
            continue
        known.told[name] = [moment, source]
        if known.values.get(name) != value:
            known.values[name] = value
            known.changed = True
    return known


def join(winner: Known, loser: Known) -> Known:
    """Make two people one: each field from whoever was told it later; blanks are filled."""
    for name, value in loser.values.items():
        when = loser.told.get(name, [0, "merge"])
        mine = winner.told.get(name)
        blank = winner.values.get(name) in (None, "")
        if blank or (mine is not None and when[0] > mine[0] and value not in (None, "")):
            winner.values[name], winner.told[name] = value, when
    winner.changed = True
    return winner


def _text(value: Any) -> str:
    return "" if value is None else str(value)
