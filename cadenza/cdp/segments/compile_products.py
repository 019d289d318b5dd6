"""From condition trees about products to one query: what is known of them, what happened to them, what they sold.

A product is known by the hash of its id, so that sets of products are sets of numbers like those of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.bind import MOMENT, Bind, indent
from cadenza.cdp.segments.bound import bound
from cadenza.cdp.segments.compile import Group, asked
from cadenza.cdp.segments.compile_events import EventSource, compile_events
from cadenza.cdp.segments.compile_people import compile_people
from cadenza.cdp.segments.compile_value import COMPARE, holds_zero
from cadenza.cdp.segments.gather import Gather, Held
from cadenza.cdp.segments.leaves import Asked, Attribute, Condition, Did, FirstDays, Orders, leaves
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.plan import Frame, Plan, Slot
from cadenza.cdp.segments.types import Kind, Measure

FIELDS = {
    "name": Kind.TEXT, "sku": Kind.TEXT, "category": Kind.TEXT, "subcategory": Kind.TEXT, "brand": Kind.TEXT,
    "currency": Kind.TEXT, "price": Kind.NUMBER,
}  # fmt: skip
KEY = "cityHash64(if(text['product_id'] != '', text['product_id'], text['sku']))"
MEASURES = (Measure.COUNT, Measure.SUM)
MONEY = "Decimal(38, 4)"


def parse_products(json: Any, fields: Mapping[str, Kind]) -> Condition:
    """A tree about products: fields, `did` (what people did with them), and `orders` (what they sold)."""
    found = parse(json, fields)
    for leaf in leaves([found]):
        is_one = isinstance(leaf, Attribute | Did) or (isinstance(leaf, Orders) and _is_plain(leaf))
        if not is_one or isinstance(getattr(leaf, "window", None), FirstDays):
            way = "Use fields, did, or orders (count or sum) with a window and a status."
            raise BadInput("Products cannot be asked this.", at=leaf.at, hint=way)
    return found


def _is_plain(leaf: Orders) -> bool:
    lines = (leaf.category, leaf.product, leaf.brand, leaf.products)
    return leaf.measure in MEASURES and not any(lines)


def compile_products(trees: Sequence[Condition], frame: Frame) -> Plan:
    """One query that answers every leaf of every tree."""
    to = Bind(replace(frame, merges=False, key=KEY))
    slots: dict[Asked, Slot] = {}
    parts = []
    for part, (source, key, held) in enumerate(_groups(asked(trees), to)):
        sets = ["groupBitmapState(profile)"] if part == 0 else []
        for leaf, one in held:
            slots[leaf] = Slot(part, len(sets), one.absent)
            sets.append(f"groupBitmapStateIf({key}, {one.test})")
        listed = ",\n".join(f"  hex({one})" for one in sets)
        parts.append(f"select toUInt16({part}) as part, [\n{listed}\n] as sets\n{source}")
    return Plan("\nunion all\n".join(parts), to.values, slots)


def _groups(found: Sequence[Asked], to: Bind) -> Iterator[Group]:
    own = [(leaf, compile_people(leaf, to)) for leaf in found if isinstance(leaf, Attribute)]
    yield "from product final\nwhere workspace = {workspace:UUID}", "profile", list(own)
    for event in dict.fromkeys(leaf.what.event for leaf in found if isinstance(leaf, Did)):
        done = [leaf for leaf in found if isinstance(leaf, Did) and leaf.what.event == event]
        rows, held = compile_events(EventSource((event,)), done, to)
        yield f"from (\n{indent(rows)}\n)", "person", list(zip(done, held, strict=True))
    sold = [leaf for leaf in found if isinstance(leaf, Orders)]
    if sold:
        rows, held = _sold(sold, to)
        yield f"from (\n{indent(rows)}\n)", "person", list(zip(sold, held, strict=True))


def _sold(askers: Sequence[Orders], to: Bind) -> tuple[str, list[Held]]:
    """A row a product: in how many orders it was, and what they brought."""
    gather = Gather(to.grouped("cityHash64(sold)"))
    held = [_measured(leaf, gather, to) for leaf in askers]
    rows = (
        "from purchase final array join line_product as sold, line_total as paid\n"
        f"where workspace = {{workspace:UUID}} and status != 'cancelled' and placed_at <= {MOMENT}"
    )
    return gather.sql(rows), held


def _measured(leaf: Orders, gather: Gather, to: Bind) -> Held:
    ends = bound(leaf.window, to.frame.moment, to.frame.zone)
    conditions = [] if ends.after is None else [f"placed_at > {to.at(ends.after)}"]
    if ends.through != to.frame.moment:
        conditions.append(f"placed_at <= {to.at(ends.through)}")
    if leaf.status is not None:
        conditions.append(f"status = {to.text(leaf.status)}")
    if leaf.measure is Measure.COUNT:
        column, kind = gather.column("uniqExact", "number", conditions), "UInt64"
    else:
        column, kind = gather.column("sum", "paid", conditions), MONEY
    said = " and ".join(
        f"{column} {COMPARE[t.op]} {to.value(_told(t.value, kind), kind)}" for t in leaf.tests
    )
    absent = holds_zero(leaf.tests)
    return Held(f"not ({said})" if absent else said, f"toString({column})", absent)


def _told(value: Any, kind: str) -> int | str:
    return int(value) if kind == "UInt64" else str(value)
