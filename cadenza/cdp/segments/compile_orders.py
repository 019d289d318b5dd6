"""From what people bought to one pass over their orders; cancelled ones never count."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

from cadenza.cdp.segments.bind import MOMENT, Bind
from cadenza.cdp.segments.bound import bound
from cadenza.cdp.segments.compile_value import COMPARE, compile_moment, holds_zero
from cadenza.cdp.segments.gather import AMONG, Gather, Held, born, first_days
from cadenza.cdp.segments.leaves import FirstDays, Orders, Window
from cadenza.cdp.segments.types import Comparison, Measure, Value

MONEY = "Decimal(38, 4)"
# The products of a segment, read once a query.
PRODUCTS = "(select product from product_member final where workspace = {{workspace:UUID}} and segment = {})"


@dataclass(frozen=True)
class OrderSource:
    """The orders. `dated`: beside each stands when its person registered."""

    dated: bool = False


def compile_orders(source: OrderSource, askers: Many[Orders], to: Bind) -> tuple[str, list[Held]]:
    """The pass and, in the order of those who ask, their tests on its rows."""
    made = _Pass(source, askers, to)
    held = [made.hold(leaf) for leaf in askers]
    return made.sql(), held


class _Pass:
    def __init__(self, source: OrderSource, askers: Many[Orders], to: Bind) -> None:
        self._source, self._to, self._gather = source, to, Gather(to)
        begins = [bound(leaf.window, to.frame.moment, to.frame.zone).after for leaf in askers]
        self._after = None if None in begins else min(one for one in begins if one)

    def hold(self, leaf: Orders) -> Held:
        lines, columns = self._lines(leaf)
        conditions = self._window(leaf.window)
        if lines:
            conditions.append(f"arrayExists(({', '.join(columns)}) -> {lines}, {_named(columns)})")
        if leaf.status is not None:
            conditions.append(f"status = {self._to.text(leaf.status)}")
        money = "total - refunded"
        if lines:
            picked = f"(paid, {', '.join(columns)}) -> {lines}, line_total, {_named(columns)}"
            money = f"arraySum(arrayFilter({picked}))"
        return self._measured(leaf, money, conditions)

    def _measured(self, leaf: Orders, money: str, conditions: list[str]) -> Held:
        if leaf.measure is Measure.SUM:
            return self._holds(leaf.tests, self._gather.column("sum", money, conditions), MONEY)
        count = self._gather.column("count", "", conditions)
        match leaf.measure:
            case Measure.AVERAGE:
                return self._average(leaf, count, self._gather.column("sum", money, conditions))
            case Measure.FIRST | Measure.LAST:
                end = "min" if leaf.measure is Measure.FIRST else "max"
                when = self._end(end, "placed_at", conditions, count)
                tests = [compile_moment(test, when, self._to) for test in leaf.tests]
                return Held(" and ".join([f"{count} > 0", *tests]), f"if({count} > 0, toString({when}), '')")
            case Measure.SMALLEST | Measure.LARGEST:
                end = "min" if leaf.measure is Measure.SMALLEST else "max"
                value = self._end(end, money, conditions, count)
                said = " and ".join(
                    [f"{count} > 0", *(self._test(test, value, MONEY) for test in leaf.tests)]
                )
                return Held(said, f"if({count} > 0, toString({value}), '')")
            case _:
                return self._holds(leaf.tests, count, "UInt64")

    def _end(self, end: str, what: str, conditions: list[str], count: str) -> str:
        return self._gather.column(end, what, conditions, f"{end}If(kept.{{}}, kept.{count} > 0)")

    def _average(self, leaf: Orders, count: str, total: str) -> Held:
        """Compared without dividing."""
        tests = [f"{self._test(test, total, MONEY)} * {count}" for test in leaf.tests]
        return Held(
            " and ".join([f"{count} > 0", *tests]),
            f"if({count} > 0, toString(toFloat64({total}) / {count}), '')",
        )

    def _holds(self, tests: Many[Comparison], column: str, kind: str) -> Held:
        said = " and ".join(self._test(test, column, kind) for test in tests)
        absent = holds_zero(tests)
        return Held(f"not ({said})" if absent else said, f"toString({column})", absent)

    def _test(self, test: Comparison, column: str, kind: str) -> str:
        return f"{column} {COMPARE[test.op]} {self._number(test.value, kind)}"

    def _number(self, value: Value, kind: str) -> str:
        return self._to.value(int(value) if kind == "UInt64" else str(value), kind)  # type: ignore[arg-type]

    def _lines(self, leaf: Orders) -> tuple[str, list[str]]:
        """Which lines are meant (empty for all), and the columns that say so."""
        named = {"product": leaf.product, "category": leaf.category, "brand": leaf.brand}
        tests = [
            (column, f"{column} = {self._to.text(value)}")
            for column, value in named.items()
            if value is not None
        ]
        if leaf.products is not None:
            wanted = PRODUCTS.format(self._to.value(str(leaf.products), "UUID"))
            tests.append(("product", f"product in {wanted}"))
        return " and ".join(test for _, test in tests), list(dict.fromkeys(column for column, _ in tests))

    def _window(self, window: Window) -> list[str]:
        """The longest window bounds the rows that are read at all."""
        if isinstance(window, FirstDays):
            return [first_days(window, "placed_at", self._to)]
        ends = bound(window, self._to.frame.moment, self._to.frame.zone)
        found = []
        if ends.after is not None and ends.after != self._after:
            found.append(f"placed_at > {self._to.at(ends.after)}")
        if ends.through != self._to.frame.moment:
            found.append(f"placed_at <= {self._to.at(ends.through)}")
        return found

    def sql(self) -> str:
        among = AMONG if self._to.frame.people is not None else ""
        since = "" if self._after is None else f"placed_at > {self._to.at(self._after)} and "
        joined = born("purchase", self._to) if self._source.dated else ""
        return self._gather.sql(
            f"from purchase final{joined}\nwhere workspace = {{workspace:UUID}} and status != 'cancelled'{among}\n"
            f"  and {since}placed_at <= {MOMENT}"
        )


def _named(columns: list[str]) -> str:
    return ", ".join(f"line_{column}" for column in columns)
