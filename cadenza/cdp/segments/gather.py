"""One pass over rows that are grouped by person: a column for each different aggregate that is asked.

What was recorded under an id that was merged since is moved to the survivor after grouping, not before: that
touches one row an id instead of one an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cadenza.cdp.segments.bind import Bind, indent
from cadenza.cdp.segments.leaves import FirstDays

SURVIVORS = "select profile, into from profile_override final where workspace = {workspace:UUID}"
AMONG = " and profile in {people:Array(UInt64)}"


@dataclass(frozen=True)
class Held:
    """The test on one person's row, and the value to show who asks why.

    Who has no row at all counts as zero; where zero holds, the test picks the others (`absent`): only they can be
    listed.
    """

    test: str
    value: str
    absent: bool = False


class Gather:
    """The columns of one pass, and its SQL."""

    def __init__(self, to: Bind) -> None:
        self._to = to
        self._columns: dict[str, tuple[str, str]] = {}
        self._derived: dict[str, str] = {}

    def column(
        self, function: str, argument: str, conditions: Sequence[str], merge: str = "sum(kept.{})"
    ) -> str:
        """The name of an aggregate over the rows for which the conditions hold; `merge`: of several ids of a person."""
        arguments = ", ".join(filter(None, [argument, " and ".join(conditions)]))
        sql = f"{function}{'If' if conditions else ''}({arguments})"
        known = self._columns.setdefault(sql, (f"c{len(self._columns) + 1}", merge))
        return known[0]

    def derive(self, sql: str) -> str:
        """The name of what is made of other columns."""
        return self._derived.setdefault(sql, f"d{len(self._derived) + 1}")

    def sql(self, rows: str) -> str:
        """A row a person, named `person`."""
        columns = "".join(f",\n  {sql} as {name}" for sql, (name, _) in self._columns.items())
        frame = self._to.frame
        key = "profile" if frame.merges else f"{frame.key} as person"
        found = f"select {key}{columns}\n{rows}\ngroup by {'profile' if frame.merges else 'person'}"
        if self._to.frame.merges:
            found = self._merged(found)
        if self._derived:
            made = "".join(f",\n  {sql} as {name}" for sql, name in self._derived.items())
            names = ", ".join(name for name, _ in self._columns.values())
            found = f"select person, {names}{made}\nfrom (\n{indent(found)}\n)"
        return found

    def _merged(self, inner: str) -> str:
        merged = "".join(f",\n  {merge.format(name)} as {name}" for name, merge in self._columns.values())
        return (
            f"select if(survivor.into = 0, kept.profile, survivor.into) as person{merged}\n"
            f"from (\n{indent(inner)}\n) as kept\n"
            f"left join ({survivors(self._to)}) as survivor on survivor.profile = kept.profile\n"
            "group by person"
        )


def survivors(to: Bind) -> str:
    """Merged ids and who they are now."""
    return SURVIVORS + (AMONG if to.frame.people is not None else "")


def born(table: str, to: Bind) -> str:
    """The join that sets beside each row when its person registered."""
    return f"\ninner join (\n{indent(_registered(to))}\n) as born on born.home = {table}.profile"


def first_days(window: FirstDays, column: str, to: Bind) -> str:
    """Whether a row of such a join lies in its person's first days."""
    if window.days is None:
        return f"{column} >= registered"
    end = f"registered + toIntervalDay({to.value(window.days, 'UInt32')})"
    return f"{column} >= registered and {column} < {end}"


def _registered(to: Bind) -> str:
    """Each id that rows may lie under, and when its person registered (or, where nobody told, was first seen)."""
    people = "" if to.frame.people is None else AMONG
    own = (
        "select profile as home, if(mapContains(time, 'registered_at'), time['registered_at'], time['first_seen_at'])"
        f" as registered\nfrom profile final where workspace = {{workspace:UUID}}{people}"
    )
    if not to.frame.merges:
        return own
    return (
        f"{own}\nunion all\nselect survivor.profile as home, own.registered\nfrom ({survivors(to)}) as survivor\n"
        f"inner join (\n{indent(own)}\n) as own on own.home = survivor.into"
    )
