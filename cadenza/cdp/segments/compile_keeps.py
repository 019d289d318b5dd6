"""From what lies in the cart or on the wish list now to one pass over the events that put it there and took it away.

A product lies there whose last such event is an adding one, after the last order, which empties the cart.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from decimal import Decimal
from typing import cast

from cadenza.cdp.segments.bind import MOMENT, Bind, indent
from cadenza.cdp.segments.compile_value import COMPARE, compile_where, holds_zero
from cadenza.cdp.segments.gather import AMONG, Held, survivors
from cadenza.cdp.segments.leaves import Basket, Keeps

ADDED = {Basket.CART: "Product Added", Basket.WISHLIST: "Product Added to Wishlist"}
REMOVED = {Basket.CART: "Product Removed", Basket.WISHLIST: "Product Removed from Wishlist"}
EMPTIED = {Basket.CART: "Order Completed", Basket.WISHLIST: "Wishlist Emptied"}
PRODUCT = (
    "multiIf(name = {}, '', text['product_id'] != '', text['product_id'],"
    " mapContains(number, 'product_id'), toString(number['product_id']), text['sku'])"
)
LYING = "arrayCount((l, n) -> n = 1 and l > emptied, groupArrayIf(latest, not empties), groupArrayIf({}, not empties))"


def compile_keeps(basket: Basket, askers: Many[Keeps], to: Bind) -> tuple[str, list[Held]]:
    """The pass and, in the order of those who ask, their tests on its rows."""
    added, emptied = to.text(ADDED[basket]), to.text(EMPTIED[basket])
    names = to.value([ADDED[basket], REMOVED[basket], EMPTIED[basket]], "Array(String)")
    inner: dict[str, str] = {}
    held = []
    for leaf in askers:
        said = " and ".join([f"name = {added}", *(compile_where(where, to) for where in leaf.where)])
        column = inner.setdefault(f"argMax(toUInt8({said}), (at, id))", f"n{len(inner) + 1}")
        held.append(_held(leaf, "c" + column[1:], to))
    columns = "".join(f",\n  {sql} as {name}" for sql, name in inner.items())
    among = AMONG if to.frame.people is not None else ""
    rows = (
        f"select {_person(to)} as person, {PRODUCT.format(emptied)} as product, name = {emptied} as empties,\n"
        f"  max(at) as latest{columns}\nfrom event{_joined(to)}\n"
        f"where workspace = {{workspace:UUID}} and name in {names}{among}\n  and at <= {MOMENT}\n"
        "group by person, product, empties\nhaving empties or product != ''"
    )
    counts = "".join(f",\n  {LYING.format(name)} as c{name[1:]}" for name in inner.values())
    since = f"select person, maxIf(latest, empties) as emptied{counts}"
    return f"{since}\nfrom (\n{indent(rows)}\n)\ngroup by person", held


def _held(leaf: Keeps, count: str, to: Bind) -> Held:
    said = " and ".join(
        f"{count} {COMPARE[t.op]} {to.value(int(cast(Decimal, t.value)), 'UInt64')}" for t in leaf.tests
    )
    absent = holds_zero(leaf.tests)
    return Held(f"not ({said})" if absent else said, f"toString({count})", absent)


def _person(to: Bind) -> str:
    return "if(survivor.into = 0, event.profile, survivor.into)" if to.frame.merges else "profile"


def _joined(to: Bind) -> str:
    if not to.frame.merges:
        return ""
    return f"\nleft join ({survivors(to)}) as survivor on survivor.profile = event.profile"
