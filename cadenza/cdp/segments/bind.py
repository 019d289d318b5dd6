"""Values on their way to the database: bound by name, so that none is ever written into SQL.

chDB and ClickHouse both take `{p3:String}`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cadenza.cdp.segments.plan import Frame

MOMENT = "{moment:DateTime64(3, 'UTC')}"


class Bind:
    """What was bound so far; the same value is bound once."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.values: dict[str, Any] = {"workspace": str(frame.workspace), "moment": stamp(frame.moment)}
        self._names: dict[tuple[str, Any], str] = {}
        if frame.people is not None:
            self.values["people"] = list(frame.people)

    def grouped(self, key: str) -> Bind:
        """The same bindings for rows that are grouped by something else."""
        other = Bind(replace(self.frame, key=key))
        other.values, other._names = self.values, self._names
        return other

    def value(self, value: Any, kind: str) -> str:
        """The name under which a value travels, as SQL."""
        key = (kind, tuple(value) if isinstance(value, list) else value)
        if key not in self._names:
            self._names[key] = f"p{len(self._names) + 1}"
            self.values[self._names[key]] = value
        return f"{{{self._names[key]}:{kind}}}"

    def text(self, value: Any) -> str:
        """A text."""
        return self.value(value, "String")

    def at(self, moment: datetime) -> str:
        """A moment."""
        return self.value(stamp(moment), "DateTime64(3, 'UTC')")


def stamp(moment: datetime) -> str:
    """A moment as ClickHouse reads it: UTC, to the millisecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def indent(sql: str) -> str:
    """One step to the right, to be read by people."""
    return "\n".join(f"  {line}" for line in sql.split("\n"))
