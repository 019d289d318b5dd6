"""A real grocery, imported by mapping alone: cells, scores and ten segments are those that one counts by hand.

The data (CC0) is not in the repository; see `CADENZA_SHARED_DATA`.  A part of the households is taken unless
`CADENZA_FAULT_SCALE=full` asks for all.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cadenza.base import clock, database, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.segments import service
from cadenza.connect.imports import service as imports
from cadenza.trust.privacy import service as privacy

DATA = (
    Path(os.environ.get("CADENZA_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
    / "complete_journey"
)
ONE_OF = 1 if os.environ.get("CADENZA_FAULT_SCALE") == "full" else 30
NOW = datetime(2017, 10, 1, 12, tzinfo=UTC)
MAPPING = {
    "kind": "order_lines",
    "name": "Complete journey",
    "source": "complete_journey",
    "basis": {"legal": "contract", "source": "Complete Journey, a data set under CC0."},
    "columns": {
        "basket_id": "number",
        "household_id": "external_id",
        "transaction_timestamp": "placed_at",
        "quantity": "quantity",
        "sales_value": "total",
        "product_id": [
            {"to": "product"},
            {"to": "category", "lookup": "products.product_category"},
            {"to": "brand", "lookup": "products.brand"},
        ],
    },
    "constants": {"currency": "USD"},
    "lookups": {"products": {"file": "products.parquet", "key": "product_id"}},
}


@dataclass
class Basket:
    at: datetime
    lines: list[tuple[str, str, Decimal]] = field(default_factory=list)  # category, brand, paid

    @property
    def total(self) -> Decimal:
        return sum((paid for _, _, paid in self.lines), Decimal(0))

    def paid(self, category: str = "", brand: str = "") -> Decimal:
        return sum((p for c, b, p in self.lines if category in ("", c) and brand in ("", b)), Decimal(0))

    def has(self, category: str) -> bool:
        return any(one == category for one, _, _ in self.lines)


Journeys = dict[int, list[Basket]]


@pytest.fixture
def journeys(tmp_path: Path) -> Journeys:
    """The baskets of each household, oldest first; and the file that is imported."""
    if not DATA.is_dir():
        pytest.skip(f"The data set complete_journey is not at {DATA}; set CADENZA_SHARED_DATA.")
    from pyarrow import compute, parquet

    told = parquet.read_table(DATA / "transactions.parquet")
    told = told.filter(compute.equal(compute.subtract(told["household_id"], compute.multiply(
        compute.divide(told["household_id"], ONE_OF), ONE_OF)), 0))  # fmt: skip
    parquet.write_table(told, tmp_path / "transactions.parquet")
    (tmp_path / "products.parquet").write_bytes((DATA / "products.parquet").read_bytes())
    products = {
        row["product_id"]: (row["product_category"] or "", row["brand"] or "")
        for row in parquet.read_table(DATA / "products.parquet").to_pylist()
    }
    baskets: dict[tuple[int, int], Basket] = {}
    for row in told.to_pylist():
        at = row["transaction_timestamp"].replace(tzinfo=UTC)
        basket = baskets.setdefault((row["household_id"], row["basket_id"]), Basket(at))
        basket.lines.append((*products.get(row["product_id"], ("", "")), Decimal(str(row["sales_value"]))))
    found: Journeys = defaultdict(list)
    for (household, _), basket in baskets.items():
        found[household].append(basket)
    return {household: sorted(some, key=lambda one: one.at) for household, some in found.items()}


def _ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


# Name, tree, and the same in plain Python over one household's baskets.
TEN: list[tuple[str, dict[str, Any], Any]] = [
    ("came often", {"orders": "count", "at_least": 60}, lambda own: len(own) >= 60),
    ("big spenders", {"orders": "sum", "at_least": 1500}, lambda own: sum(b.total for b in own) >= 1500),
    (
        "large baskets on average",
        {"orders": "average", "at_least": 30},
        lambda own: sum(b.total for b in own) >= 30 * len(own),
    ),
    (
        "not seen for two months",
        {"orders": "count", "at_most": 0, "days": 60},
        lambda own: not any(b.at > _ago(60) for b in own),
    ),
    (
        "soft drinks lately",
        {"orders": "count", "at_least": 2, "days": 90, "category": "SOFT DRINKS"},
        lambda own: sum(b.has("SOFT DRINKS") for b in own if b.at > _ago(90)) >= 2,
    ),
    (
        "house brand",
        {"orders": "sum", "at_least": 300, "brand": "Private"},
        lambda own: sum(b.paid(brand="Private") for b in own) >= 300,
    ),
    (
        "never beef",
        {"not": {"orders": "count", "at_least": 1, "category": "BEEF"}},
        lambda own: not any(b.has("BEEF") for b in own),
    ),
    (
        "came in spring or later",
        {"orders": "first", "after": "2017-02-28"},
        lambda own: own[0].at >= datetime(2017, 3, 1, tzinfo=UTC),
    ),
    (
        "a month ago",
        {"orders": "last", "days_ago_at_least": 30},
        lambda own: own[-1].at <= _ago(30),
    ),
    (
        "one very large basket, in this year's third quarter",
        {"orders": "largest", "at_least": 120, "since": "2017-07-01", "until": "2017-09-30"},
        lambda own: max((b.total for b in own if b.at >= datetime(2017, 7, 1, tzinfo=UTC)), default=0) >= 120,
    ),
]


def test_a_grocery_is_counted_as_by_hand(workspace: WorkspaceId, journeys: Journeys, tmp_path: Path):
    with clock.fixed(NOW):
        imports.run_now(workspace, tmp_path / "transactions.parquet", MAPPING, kind="order_lines")
        projection.drain()
        with database.scope(workspace):
            privacy.extend(workspace, "I.4", "custom.fields", "test", "The test asks for traits.")
            for name, tree, holds in TEN:
                assert service.preview(workspace, tree).count == sum(map(holds, journeys.values())), name
            assert service.compute_traits(workspace) == len(journeys)
        projection.drain()
        with database.scope(workspace):
            for score, count in _scores(journeys).items():
                assert service.preview(workspace, {"attribute": "rfm", "is": score}).count == count, score
            for cell, count in _cells(journeys).items():
                assert service.preview(workspace, {"attribute": "lifecycle", "is": cell}).count == count, cell


def _scores(journeys: Journeys) -> Counter[str]:
    ordered = [
        sorted(measure(own) for own in journeys.values())
        for measure in (lambda own: own[-1].at, len, lambda own: sum(b.total for b in own))
    ]
    found: Counter[str] = Counter()
    for own in journeys.values():
        values = (own[-1].at, len(own), sum(b.total for b in own))
        found[
            "".join(
                str(1 + 5 * some.index(one) // len(some)) for one, some in zip(values, ordered, strict=True)
            )
        ] += 1
    return found


def _cells(journeys: Journeys) -> Counter[str]:
    found: Counter[str] = Counter()
    for own in journeys.values():
        last = own[-1].at
        if own[0].at > _ago(30):
            found["new_one_order" if len(own) == 1 else "new_repeat"] += 1
        elif last <= _ago(365):
            found["churned"] += 1
        elif last <= _ago(90):
            found["at_risk"] += 1
        else:
            found["loyal" if len(own) >= 5 else "active" if len(own) >= 2 else "promising"] += 1
    return found
