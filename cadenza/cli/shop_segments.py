"""The demo's further kinds of segments: by hand, on a schedule, one of several, of products, and the lifecycle."""

from __future__ import annotations

from typing import Any

SINCE = 730  # days that count for the club
TEST_RIDERS = tuple(
    str(number) for number in range(11_000, 11_240, 12)
)  # every twelfth of the first customers
LAPSED: dict[str, Any] = {
    "all": [{"orders": "count", "at_least": 1}, {"orders": "count", "is": 0, "days": 365}]
}
CLUB: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Club: gold", {"orders": "sum", "at_least": 5000, "days": SINCE}),
    ("Club: silver", {"orders": "sum", "at_least": 1500, "days": SINCE}),
    ("Club: bronze", {"orders": "count", "at_least": 1, "days": SINCE}),
)
PRODUCTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Bikes over $1,500",
        {"all": [{"attribute": "category", "is": "Bikes"}, {"attribute": "price", "at_least": 1500}]},
    ),
    ("Not sold for half a year", {"all": [{"orders": "count", "is": 0, "days": 180}]}),
)
THRESHOLDS = {"new_days": 30, "active_days": 120, "churn_days": 365, "loyal_orders": 4}


def make(workspace: Any) -> int:
    """Make them, without finding their members; gives how many segments of people. Within the workspace's scope."""
    from cadenza.cdp.segments import service as segments

    riders = segments.save(workspace, "Test riders", mode="static")
    segments.put_in(workspace, riders.id, TEST_RIDERS, "external_id")
    monthly = {"every": "month", "day": 1, "hour": 6}
    segments.save(workspace, "Lapsed, by the month", LAPSED, mode="scheduled", schedule=monthly)
    club = [segments.save(workspace, name, tree).id for name, tree in CLUB]
    segments.make_group(workspace, "Bicycle club", club)
    dear, _ = [segments.save_product_segment(workspace, name, tree) for name, tree in PRODUCTS]
    bought = {"all": [{"orders": "count", "at_least": 1, "products": str(dear.id)}]}
    segments.save(workspace, "Bought a dear bike", bought)
    segments.set_thresholds(workspace, THRESHOLDS)
    segments.start_traits(workspace)
    return len(club) + 3
