"""From what people did to one pass over the events of a name (of some names, for what came one after another).

Events lie sorted by name, so each name's range is read once, with every count that any tree asks of it.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime

from cadenza.cdp.segments.bind import MOMENT, Bind
from cadenza.cdp.segments.bound import bound
from cadenza.cdp.segments.compile_value import compile_moment, compile_near, compile_where
from cadenza.cdp.segments.gather import AMONG, Gather, Held, born, first_days
from cadenza.cdp.segments.leaves import Did, FirstDays, Occurred, Sequence, Step, Which, Window

Asker = Did | Occurred | Sequence
MILLI = "toUnixTimestamp64Milli(at)"
LATER = (
    "arraySort(x -> (x.1, x.2), arrayConcat(arrayMap(x -> (x, 0), {next}), arrayMap(x -> (x, 1), {before})))"
)


@dataclass(frozen=True)
class EventSource:
    """The events that are read together. `dated`: beside each stands when its person registered."""

    names: tuple[str, ...]
    dated: bool = False


def source_of(leaf: Asker) -> EventSource:
    """Which events a leaf reads."""
    if isinstance(leaf, Sequence):
        names = tuple(dict.fromkeys(one.what.event for one in leaf.steps))
    else:
        names = (leaf.what.event,)
    return EventSource(names, isinstance(leaf.window, FirstDays))


def compile_events(source: EventSource, askers: Many[Asker], to: Bind) -> tuple[str, list[Held]]:
    """The pass and, in the order of those who ask, their tests on its rows."""
    made = _Pass(source, askers, to)
    held = [made.hold(leaf) for leaf in askers]
    return made.sql(), held


class _Pass:
    def __init__(self, source: EventSource, askers: Many[Asker], to: Bind) -> None:
        self._source, self._to, self._gather = source, to, Gather(to)
        ends = [bound(leaf.window, to.frame.moment, to.frame.zone) for leaf in askers]
        begins = [one.after for one in ends]
        self._after = None if None in begins else min(one for one in begins if one)
        later = any(isinstance(leaf, Sequence) for leaf in askers)  # its other steps come after its window
        self._through = to.frame.moment if later else max(one.through for one in ends)
        self._shared: list[str] = []  # what every condition asks leaves rows out before they are grouped
        if not later:
            asked = [self._which(leaf.what, leaf.window) for leaf in askers if not isinstance(leaf, Sequence)]
            self._shared = [one for one in asked[0] if all(one in which for which in asked)]

    def hold(self, leaf: Asker) -> Held:
        match leaf:
            case Did():
                return self._did(leaf)
            case Occurred():
                return self._occurred(leaf)
            case Sequence():
                return self._sequence(leaf)

    def _did(self, leaf: Did) -> Held:
        count = self._gather.column("count", "", self._which(leaf.what, leaf.window))
        ends = [(">=", leaf.times)] if leaf.times else []
        ends += [("<=", leaf.at_most)] if leaf.at_most is not None else []
        said = " and ".join(f"{count} {sign} {self._to.value(end, 'UInt64')}" for sign, end in ends)
        absent = leaf.times == 0
        return Held(f"not ({said})" if absent else said, f"toString({count})", absent)

    def _occurred(self, leaf: Occurred) -> Held:
        which = self._which(leaf.what, leaf.window)
        end = "max" if leaf.last else "min"
        count = self._gather.column("count", "", which)
        only = f"{end}If(kept.{{}}, kept.{count} > 0)"
        if not leaf.having:
            when = self._gather.column(end, "at", which, only)
            return self._when(leaf, count, when, [])
        key = self._gather.column(end, "(at, id)", which, only)
        said = " and ".join(compile_where(where, self._to) for where in leaf.having)
        Ending = end.capitalize()
        holds = self._gather.column(
            f"arg{Ending}",
            f"toUInt8({said}), (at, id)",
            which,
            f"arg{Ending}If(kept.{{}}, kept.{key}, kept.{count} > 0)",
        )
        return self._when(leaf, count, f"{key}.1", [f"{holds} = 1"])

    def _when(self, leaf: Occurred, count: str, when: str, more: list[str]) -> Held:
        tests = [compile_moment(test, when, self._to) for test in leaf.tests]
        said = " and ".join([f"{count} > 0", *more, *tests])
        return Held(said, f"if({count} > 0, toString({when}), '')")

    def _sequence(self, leaf: Sequence) -> Held:
        """For each step the times at which it was reached, the step before having been reached in time."""
        reached = ""
        for number, step in enumerate(leaf.steps):
            window = leaf.window if number == 0 else None
            which = self._which(step.what, window, bounded=number == 0)
            times = self._gather.column("groupArray", MILLI, which, "groupArrayArray(kept.{})")
            if number == 0:
                reached = times
            elif step.missing:
                missed = self._missed(reached, times, step)
                return Held(f"{missed} > 0", f"toString({missed})")
            else:
                reached = self._reached(reached, times, step)
        return Held(f"notEmpty({reached})", f"toString(length({reached}))")

    def _reached(self, before: str, times: str, step: Step) -> str:
        """Those of `times` that have one of `before` before them, near enough."""
        line = self._gather.derive(LATER.format(next=times, before=before))
        near = "" if step.within is None else f" and p.1.1 - p.2.1 <= {self._milli(step)}"
        return self._gather.derive(
            f"arrayMap(p -> p.1.1, arrayFilter(p -> p.1.2 = 0 and p.2.2 = 1{near},"
            f" arrayZip({line}, arrayFill(x -> x.2 = 1, {line}))))"
        )

    def _missed(self, before: str, times: str, step: Step) -> str:
        """How many of `before` have none of `times` after them, though their time has run out."""
        line, within = self._gather.derive(LATER.format(next=times, before=before)), self._milli(step)
        out = f"p.1.1 + {within} <= toUnixTimestamp64Milli({MOMENT})"
        return self._gather.derive(
            f"arrayCount(p -> p.1.2 = 1 and {out} and (p.2.2 = 1 or p.2.1 - p.1.1 > {within}),"
            f" arrayZip({line}, arrayReverseFill(x -> x.2 = 0, {line})))"
        )

    def _milli(self, step: Step) -> str:
        return self._to.value((step.within or 0) * 3_600_000, "Int64")

    def _which(self, what: Which, window: Window, bounded: bool = True) -> list[str]:
        """What one event must be to count; what holds for every row that is read needs no condition of its own."""
        found = [f"name = {self._to.text(what.event)}"] if len(self._source.names) > 1 else []
        if bounded:
            found += self._window(window)
        found += [compile_where(where, self._to) for where in what.where]
        zone = self._to.text(self._to.frame.zone) if what.weekdays or what.hours else ""
        if what.weekdays:
            found.append(
                f"has({self._to.value(list(what.weekdays), 'Array(UInt8)')}, toDayOfWeek(at, 0, {zone}))"
            )
        if what.hours:
            found.append(_hours(what.hours, zone, self._to))
        if what.near:
            found.append(compile_near(what.near, self._to))
        return [one for one in found if one not in self._shared]

    def _window(self, window: Window) -> list[str]:
        if isinstance(window, FirstDays):
            return [first_days(window, "at", self._to)]
        ends = bound(window, self._to.frame.moment, self._to.frame.zone)
        found = []
        if ends.after is not None and ends.after != self._after:
            found.append(f"at > {self._to.at(ends.after)}")
        if ends.through != self._through:
            found.append(f"at <= {self._to.at(ends.through)}")
        return found

    def sql(self) -> str:
        return self._gather.sql(self._rows())

    def _rows(self) -> str:
        names = self._source.names
        only = f"name = {self._to.text(names[0])}"
        if len(names) > 1:
            only = f"name in {self._to.value(list(names), 'Array(String)')}"
        among = AMONG if self._to.frame.people is not None else ""
        since = "" if self._after is None else f"at > {self._to.at(self._after)} and "
        until = _end(self._through, self._to)
        joined = born("event", self._to) if self._source.dated else ""
        shared = "".join(f"\n  and {one}" for one in self._shared)
        found = f"from event{joined}\nwhere workspace = {{workspace:UUID}} and {only}{among}\n"
        return f"{found}  and {since}at <= {until}{shared}"


def _end(through: datetime, to: Bind) -> str:
    return MOMENT if through == to.frame.moment else to.at(through)


def _hours(hours: tuple[int, int], zone: str, to: Bind) -> str:
    since, until = (to.value(one, "UInt8") for one in hours)
    word = "and" if hours[0] < hours[1] else "or"
    return f"(toHour(at, {zone}) >= {since} {word} toHour(at, {zone}) < {until})"
