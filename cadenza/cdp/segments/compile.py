"""From many condition trees to one ClickHouse query and its parameters.

Each distinct condition becomes one set of people, a roaring bitmap; `all`, `any` and `not` are set
operations that `combine` does afterwards.  What lies together is read once and grouped once by person, with
everything that any tree asks of it: the events of a name, the orders, the baskets, the subscriptions, the people.

No value from a tree is ever written into the SQL: it is bound as `{p3:String}`, which chDB and ClickHouse
both take.  The moment comes in too: SQL here never asks what time it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cadenza.cdp.segments.bind import Bind, indent
from cadenza.cdp.segments.compile_events import EventSource, compile_events, source_of
from cadenza.cdp.segments.compile_keeps import compile_keeps
from cadenza.cdp.segments.compile_orders import OrderSource, compile_orders
from cadenza.cdp.segments.compile_people import PERSON, compile_people, people
from cadenza.cdp.segments.compile_subscription import compile_subscription
from cadenza.cdp.segments.gather import Held
from cadenza.cdp.segments.leaves import (
    Asked,
    Attribute,
    Basket,
    Bucket,
    Condition,
    FirstDays,
    Identified,
    Inside,
    Keeps,
    Near,
    Orders,
    Subscription,
    leaves,
)
from cadenza.cdp.segments.plan import Frame, Plan, Slot

PEOPLE = 0  # the part of the answer whose first set is everyone
Group = tuple[str, str, list[tuple[Asked, Held]]]  # rows, the column of the person, who asks what of a row


def compile(trees: Sequence[Condition], frame: Frame) -> Plan:
    """One query that answers every leaf of every tree."""
    to = Bind(frame)
    slots: dict[Asked, Slot] = {}
    parts = []
    for part, (rows, person, held) in enumerate(_groups(asked(trees), to)):
        sets = ["groupBitmapState(profile)"] if part == PEOPLE else []
        for leaf, one in held:
            slots[leaf] = Slot(part, len(sets), one.absent)
            sets.append(f"groupBitmapStateIf({person}, {one.test})")
        parts.append(_part(part, "sets", [f"hex({one})" for one in sets], rows))
    return Plan("\nunion all\n".join(parts), to.values, slots)


def compile_why(trees: Sequence[Condition], frame: Frame) -> Plan:
    """The same of one person, who is the frame's: rows (part, [(value, whether the test holds), …])."""
    to = Bind(frame)
    slots: dict[Asked, Slot] = {}
    parts = []
    for part, (rows, _, held) in enumerate(_groups(asked(trees), to)):
        for index, (leaf, one) in enumerate(held):
            slots[leaf] = Slot(part, index, one.absent)
        shown = [f"({one.value}, toUInt8({one.test}))" for _, one in held] or ["('', toUInt8(1))"]
        parts.append(_part(part, "found", shown, rows))
    return Plan("\nunion all\n".join(parts), to.values, slots)


def asked(trees: Sequence[Condition]) -> list[Asked]:
    """The different leaves that ClickHouse answers, in their order."""
    found = dict.fromkeys(leaf for leaf in leaves(trees) if not isinstance(leaf, Identified | Inside))
    return list(found)


def _part(number: int, name: str, columns: list[str], rows: str) -> str:
    listed = ",\n".join(f"  {one}" for one in columns)
    return f"select toUInt16({number}) as part, [\n{listed}\n] as {name}\n{rows}"


def _groups(found: list[Asked], to: Bind) -> Iterator[Group]:
    """What is read together, the people first."""
    sources: dict[Any, list[Any]] = {}
    for leaf in found:
        sources.setdefault(_source(leaf), []).append(leaf)
    own = sources.pop(PERSON, [])
    yield people(to), PERSON, [(leaf, compile_people(leaf, to)) for leaf in own]
    for source, askers in sources.items():
        rows, held = _pass(source, askers, to)
        yield f"from (\n{indent(rows)}\n)", "person", list(zip(askers, held, strict=True))


def _source(leaf: Asked) -> EventSource | OrderSource | Basket | str:
    match leaf:
        case Attribute() | Near() | Bucket():
            return PERSON
        case Orders(window=window):
            return OrderSource(isinstance(window, FirstDays))
        case Keeps(basket=basket):
            return basket
        case Subscription():
            return "subscription"
        case _:
            return source_of(leaf)


def _pass(source: Any, askers: list[Any], to: Bind) -> tuple[str, list[Held]]:
    match source:
        case EventSource():
            return compile_events(source, askers, to)
        case OrderSource():
            return compile_orders(source, askers, to)
        case Basket():
            return compile_keeps(source, askers, to)
        case _:
            return compile_subscription(askers, to)
