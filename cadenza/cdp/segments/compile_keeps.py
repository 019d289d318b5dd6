"""From what lies in the cart or on the wish list now to one pass over the mirror of product lists.

What a list holds, `product_lists` says: it alone knows what replaces what, whoever told it.  What else is asked of a
product is what was told with the list, or else what the catalogue knows.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from decimal import Decimal
from typing import cast

from cadenza.cdp.segments.bind import Bind, indent
from cadenza.cdp.segments.compile_value import COMPARE, compile_where, holds_zero
from cadenza.cdp.segments.gather import AMONG, Gather, Held
from cadenza.cdp.segments.leaves import Basket, Keeps

CATALOGUE = "select product, text, number from product final where workspace = {workspace:UUID}"


def compile_keeps(basket: Basket, askers: Many[Keeps], to: Bind) -> tuple[str, list[Held]]:
    """The pass and, in the order of those who ask, their tests on its rows."""
    gather = Gather(to)
    held = []
    for leaf in askers:
        count = gather.column("count", "", [compile_where(where, to) for where in leaf.where])
        held.append(_held(leaf, count, to))
    details = any(leaf.where for leaf in askers)
    return gather.sql(_known(basket, to) if details else f"from {_lists(basket, to)}"), held


def _lists(basket: Basket, to: Bind, columns: str = "product") -> str:
    """A row a product that lies in such a list."""
    among = AMONG if to.frame.people is not None else ""
    return (
        f"product_list final\narray join {columns}\n"
        f"where workspace = {{workspace:UUID}} and name = {to.text(basket.value)}{among}"
    )


def _known(basket: Basket, to: Bind) -> str:
    kept = f"select profile, product, text, number\nfrom {_lists(basket, to, 'product, text, number')}"
    return (
        "from (\n  select kept.profile as profile, mapUpdate(known.text, kept.text) as text,\n"
        "    mapUpdate(known.number, kept.number) as number\n"
        f"  from (\n{indent(indent(kept))}\n  ) as kept\n"
        f"  left join (\n    {CATALOGUE}\n  ) as known on known.product = kept.product\n)"
    )


def _held(leaf: Keeps, count: str, to: Bind) -> Held:
    said = " and ".join(
        f"{count} {COMPARE[t.op]} {to.value(int(cast(Decimal, t.value)), 'UInt64')}" for t in leaf.tests
    )
    absent = holds_zero(leaf.tests)
    return Held(f"not ({said})" if absent else said, f"toString({count})", absent)
