"""From trees and two moments to those whom the passing of time may have moved, and nobody else.

What lies in a window leaves it when the window's end passes it.  Between two moments that can only be what lies
between the two places of that end: a short range, read by time, whatever the size of the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from cadenza.cdp.segments.bind import Bind
from cadenza.cdp.segments.bound import bound
from cadenza.cdp.segments.compile_value import anniversaries
from cadenza.cdp.segments.leaves import (
    Asked,
    Attribute,
    Did,
    Occurred,
    Orders,
    Sequence,
    Window,
)
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.types import Comparison, Kind, Op

ORDERS = "\0orders"  # no event has such a name
MILLI = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Edge:
    """What lies after one moment and through another: events of a name, orders, or a field of people."""

    source: str
    after: datetime
    through: datetime
    field: bool = False


def compile_edges(found: Many[Asked], before: Frame, moment: datetime) -> tuple[str, dict[str, Any]] | None:
    """The people, as ids under which things were recorded; None where time moves nobody."""
    to = Bind(before)
    edges = dict.fromkeys(
        edge for leaf in found for edge in _edges(leaf, before, replace(before, moment=moment))
    )
    days = _days(found, before, moment)
    reads = [_read(source, some, to) for source, some in _by_source(edges).items()]
    if days:
        reads += [_birthdays(name, some, to) for name, some in days.items()]
    if not reads:
        return None
    return "select distinct profile from (\n" + "\nunion all\n".join(reads) + "\n)", to.values


def _edges(leaf: Asked, before: Frame, after: Frame) -> Iterator[Edge]:
    match leaf:
        case Did(what=what, window=window):
            yield from _ends(what.event, window, before, after)
        case Occurred(what=what, window=window, tests=tests):
            yield from _ends(what.event, window, before, after)
            yield from _ago(what.event, tests, before, after)
        case Sequence(steps=steps, window=window):
            yield from _ends(steps[0].what.event, window, before, after)
            for step, following in pairwise(steps):
                yield from _ends(following.what.event, None, before, after)
                if following.missing:
                    late = timedelta(hours=following.within or 0)
                    yield Edge(step.what.event, before.moment - late - MILLI, after.moment - late)
        case Orders(window=window, tests=tests):
            yield from _ends(ORDERS, window, before, after)
            yield from _ago(ORDERS, tests, before, after)
        case Attribute(name=name, kind=Kind.TIME, tests=tests):
            yield from _ago(name, tests, before, after, field=True)


def _ends(source: str, window: Window, before: Frame, after: Frame) -> Iterator[Edge]:
    """Where the two ends of a window were, and where they are."""
    old, new = bound(window, before.moment, before.zone), bound(window, after.moment, after.zone)
    if old.after and new.after and old.after != new.after:
        yield Edge(source, min(old.after, new.after), max(old.after, new.after))
    if old.through != new.through:
        yield Edge(source, min(old.through, new.through), max(old.through, new.through))


def _ago(
    source: str, tests: Iterable[Comparison], before: Frame, after: Frame, field: bool = False
) -> Iterator[Edge]:
    """What came to lie so many days ago: then, a millisecond sooner or later by which comparison it is."""
    for test in tests:
        if test.op in (Op.DAYS_AGO_AT_LEAST, Op.DAYS_AGO_AT_MOST):
            ago = timedelta(days=int(cast(float, test.value)))
            yield Edge(source, before.moment - ago - MILLI, after.moment - ago, field)
        if test.op is Op.DAYS_AGO_AT_MOST:
            yield Edge(source, before.moment, after.moment, field)


def _by_source(edges: Iterable[Edge]) -> dict[tuple[str, bool], list[Edge]]:
    """The ranges of each source; those that touch are one."""
    sources: dict[tuple[str, bool], list[Edge]] = {}
    for edge in edges:
        sources.setdefault((edge.source, edge.field), []).append(edge)
    return {source: _touching(some) for source, some in sources.items()}


def _touching(edges: list[Edge]) -> list[Edge]:
    joined: list[Edge] = []
    for edge in sorted(edges, key=lambda one: one.after):
        if joined and edge.after <= joined[-1].through:
            joined[-1] = replace(joined[-1], through=max(joined[-1].through, edge.through))
        else:
            joined.append(edge)
    return joined


def _read(source: tuple[str, bool], edges: list[Edge], to: Bind) -> str:
    name, is_field = source
    if name == ORDERS:
        return f"select profile from purchase where {_within('placed_at', edges, to)}"
    bound_name = to.text(name)
    if is_field:
        return f"select profile from profile where {_within(f'time[{bound_name}]', edges, to)}"
    return f"select profile from event where {_within('at', edges, to)} and name = {bound_name}"


def _within(column: str, edges: list[Edge], to: Bind) -> str:
    ranges = [f"{column} > {to.at(edge.after)} and {column} <= {to.at(edge.through)}" for edge in edges]
    return f"workspace = {{workspace:UUID}} and ({' or '.join(ranges)})"


def _days(found: Iterable[Asked], before: Frame, moment: datetime) -> dict[str, list[int]]:
    """The anniversaries that came near, or passed, by field."""
    days: dict[str, set[int]] = {}
    for leaf in found:
        if not isinstance(leaf, Attribute):
            continue
        for test in leaf.tests:
            if test.op is Op.ANNIVERSARY_WITHIN:
                within = int(cast(float, test.value))
                old, new = (set(anniversaries(at, before.zone, within)) for at in (before.moment, moment))
                days.setdefault(leaf.name, set()).update(old ^ new)
    return {name: sorted(some) for name, some in days.items() if some}


def _birthdays(field: str, days: list[int], to: Bind) -> str:
    column = f"time[{to.text(field)}]"
    near = f"has({to.value(days, 'Array(UInt16)')}, toMonth({column}) * 100 + toDayOfMonth({column}))"
    return f"select profile from profile where workspace = {{workspace:UUID}} and {near}"
