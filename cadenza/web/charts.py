"""From numbers to the shapes of a chart: points, shares, sentences. Pure; templates draw, a small element animates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar, cast

from cadenza.web import wording

WIDTH, HEIGHT = 100.0, 28.0  # the box of a sparkline; it stretches to its place
EDGE = 2.0  # room for the stroke

Value = int | float | None


@dataclass(frozen=True)
class Series:
    """One line of a time chart. `kind` is area, line or bars; `colour` 1–6 picks from the chart palette."""

    label: str
    values: Sequence[Value]
    kind: str = "area"
    colour: int = 0


@dataclass(frozen=True)
class TimeChart:
    """Values over days or moments. `unit` is "" for plain numbers, "%" for shares, else a currency code."""

    label: str
    at: Sequence[date | datetime]
    series: Sequence[Series]
    unit: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar. `text` is what is written beside it; without it the value is."""

    label: str
    value: float
    text: str = ""
    href: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a funnel: how many are left, and optionally a note such as how many left it."""

    label: str
    value: float
    note: str = ""
    href: str = ""


@dataclass(frozen=True)
class Drawn:
    """A bar or step with its share of the longest, of the first and of the one before."""

    of: Bar | Step
    share: float
    of_first: float | None = None
    of_before: float | None = None

    @property
    def width(self) -> str:
        return f"{self.share * 100:.2f}"


Row = TypeVar("Row", Bar, Step)


def _rows(kind: type[Row], rows: Iterable[Row | Mapping[str, Any]]) -> list[Row]:
    return [row if isinstance(row, kind) else kind(**cast("Mapping[str, Any]", row)) for row in rows]


def bars(rows: Iterable[Bar | Mapping[str, Any]]) -> list[Drawn]:
    """Bars against the longest of them."""
    found = _rows(Bar, rows)
    longest = max((row.value for row in found), default=0) or 1
    return [Drawn(row, max(row.value, 0) / longest) for row in found]


def funnel(steps: Iterable[Step | Mapping[str, Any]]) -> list[Drawn]:
    """Steps against the first of them; a step may be larger than the one before."""
    found = _rows(Step, steps)
    first = found[0].value if found else 0
    longest = max((step.value for step in found), default=0) or 1
    before = [None, *[step.value for step in found[:-1]]]
    return [
        Drawn(step, step.value / longest, _share(step.value, first), _share(step.value, previous))
        for step, previous in zip(found, before, strict=True)
    ]


def _share(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None


def sparkline(values: Iterable[Value]) -> str:
    """The points of a polyline in a box of WIDTH × HEIGHT; "" where there is nothing to draw."""
    numbers = [float(value or 0) for value in values]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1
    step = WIDTH / (len(numbers) - 1)
    room = HEIGHT - 2 * EDGE
    return " ".join(
        f"{index * step:.2f},{EDGE + room * (1 - (number - low) / span):.2f}"
        for index, number in enumerate(numbers)
    )


def write(value: Value, unit: str) -> str:
    """A value with its unit."""
    match unit:
        case "":
            return wording.thousands(value, 0 if value is None or float(value).is_integer() else 1)
        case "%":
            return wording.percent(value)
        case currency:
            return wording.money(value, currency)


def document(chart: TimeChart) -> dict[str, Any]:
    """What `<time-chart>` reads: seconds since 1970, values, labels."""
    return {
        "label": chart.label,
        "unit": chart.unit,
        "x": [_seconds(at) for at in chart.at],
        "days": not any(isinstance(at, datetime) for at in chart.at),
        "series": [
            {
                "label": series.label,
                "kind": series.kind,
                "colour": series.colour or place + 1,
                "values": [None if value is None else float(value) for value in series.values],
            }
            for place, series in enumerate(chart.series)
        ],
    }


def _seconds(at: date | datetime) -> int:
    whole = at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
    return int(whole.timestamp())


def summary(chart: TimeChart) -> str:
    """The chart in a sentence, for those who do not see it."""
    if not chart.at:
        return f"{chart.label}: no data yet."
    span = f"{wording.day(chart.at[0])} to {wording.day(chart.at[-1])}"
    return f"{chart.label}, {span}. " + " ".join(_peak(series, chart) for series in chart.series)


def _peak(series: Series, chart: TimeChart) -> str:
    known = [(value, at) for value, at in zip(series.values, chart.at, strict=False) if value is not None]
    if not known:
        return f"{series.label}: nothing."
    high, at = max(known, key=lambda pair: pair[0])
    latest = write(known[-1][0], chart.unit)
    return f"{series.label}: highest {write(high, chart.unit)} on {wording.day(at)}, latest {latest}."


def table(chart: TimeChart) -> list[tuple[str, list[str]]]:
    """The same values as rows of text, newest first."""
    rows = [
        (wording.day(at), [write(series.values[place], chart.unit) for series in chart.series])
        for place, at in enumerate(chart.at)
    ]
    return rows[::-1]
