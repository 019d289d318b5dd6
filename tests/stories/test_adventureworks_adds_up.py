"""The demo shop, imported, adds up exactly to its files: sums made here by the csv module alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cadenza.base import clickhouse as store
from cadenza.base import clock, database, projection

SHOP = Path(__file__).parents[2] / "examples" / "adventureworks"
MIDNIGHT = datetime(2030, 3, 1, 12, tzinfo=UTC)
IMPORTS = (
    ("AdventureWorks_Products.csv.zst", "products.toml"),
    ("AdventureWorks_Sales_2021.csv.zst", "order_lines_2021_2022.toml"),
    ("AdventureWorks_Sales_2022.csv.zst", "order_lines_2021_2022.toml"),
    ("AdventureWorks_Sales_2023.csv.zst", "order_lines_2023.toml"),
    ("AdventureWorks_Customers.csv.zst", "customers.toml"),
    ("AdventureWorks_Returns.csv.zst", "returns.toml"),
    ("consents.csv.zst", "consents.toml"),
)
SALES = [f"AdventureWorks_Sales_{year}.csv.zst" for year in (2021, 2022, 2023)]


def rows(name: str, encoding: str = "utf-8") -> Iterator[dict[str, str]]:
    with zstandard.open(SHOP / name, "rt", encoding=encoding, newline="") as file:
        yield from csv.DictReader(file)


def sales() -> Iterator[tuple[int, dict[str, str]]]:
    for year in (2021, 2022, 2023):
        for row in rows(f"AdventureWorks_Sales_{year}.csv.zst"):
            yield year, row


def revenue(year: int, row: dict[str, str]) -> Decimal:
    """In the files of 2021 and 2022 `Sales` is the price of one piece, in that of 2023 the line's total."""
    return Decimal(row["Sales"]) * (1 if year == 2023 else int(row["OrderQuantity"]))


@pytest.fixture(scope="module")
def shop(engines: Path) -> Any:
    """The whole shop, imported once."""
    from cadenza.connect.imports import service as imports
    from cadenza.trust.accounts import service as accounts

    with clock.fixed(MIDNIGHT):
        with database.system_scope():
            made = accounts.create_workspace(
                "Adventure Works", currency="USD", time_zone="America/Los_Angeles"
            )
        runs = {name: imports.run_now(made.id, SHOP / name, SHOP / mapping) for name, mapping in IMPORTS}
        projection.drain()
    return made.id, runs


def test_every_row_went_in(shop: Any) -> None:
    _, runs = shop
    for name, run in runs.items():
        assert (run.state, run.error, run.counts.invalid, run.counts.skipped) == ("finished", "", 0, 0), name
    assert runs["AdventureWorks_Customers.csv.zst"].counts.incomplete == 1  # born in 1900


def test_orders_lines_and_revenue_add_up(shop: Any) -> None:
    from cadenza.cdp.orders import service as orders

    lines = list(sales())
    with database.scope(shop[0]):
        found = orders.totals(shop[0])
    assert found.orders == len({row["OrderNumber"] for _, row in lines}) == 25_164
    assert found.lines == len(lines) == 56_046
    assert found.pieces == sum(int(row["OrderQuantity"]) for _, row in lines)
    assert found.revenue == sum(revenue(year, row) for year, row in lines) == Decimal("24914586.8193")
    assert found.cancelled == 0


def test_a_line_costs_what_its_product_costs(shop: Any) -> None:
    """Why the two mappings differ: measured against the catalogue, every line is price × quantity."""
    prices = {
        row["ProductKey"]: Decimal(row["ProductPrice"]) for row in rows("AdventureWorks_Products.csv.zst")
    }
    for year, row in sales():
        expected = prices[row["ProductKey"]] * int(row["OrderQuantity"])
        assert abs(revenue(year, row) - expected) < Decimal("0.02")


def test_returns_add_up(shop: Any) -> None:
    from cadenza.cdp.orders import service as orders

    returned = list(rows("AdventureWorks_Returns.csv.zst"))
    with database.scope(shop[0]):
        found = orders.totals(shop[0])
    assert found.returns == len(returned) == 1_809
    assert found.returned_pieces == sum(int(row["ReturnQuantity"]) for row in returned)


def test_people_add_up(shop: Any) -> None:
    from cadenza.cdp.profiles import service as profiles

    people = list(rows("AdventureWorks_Customers.csv.zst", "latin-1"))
    with database.scope(shop[0]):
        assert profiles.count(shop[0]) == len(people) == 18_148
        found = profiles.page(shop[0], search="josé54@adventure-works.com").items
    assert [(one.first_name, one.last_name, one.gender) for one in found] == [("José", "Hernandez", "male")]
    assert found[0].traits["annual_income"] == 60000
    assert found[0].birth_date.isoformat() == "1933-02-28"


def test_products_add_up(shop: Any) -> None:
    from cadenza.cdp.catalog import service as catalog

    products = list(rows("AdventureWorks_Products.csv.zst"))
    with database.scope(shop[0]):
        assert catalog.count(shop[0]) == len(products) == 293
        found = catalog.many(shop[0], ["214"])["214"]
    assert (found.name, found.category, found.subcategory) == (
        "Sport-100 Helmet, Red",
        "Accessories",
        "Helmets",
    )
    assert found.price == Decimal("34.99")


def test_the_event_store_holds_the_same_sums(shop: Any) -> None:
    lines = list(sales())
    found = store.query(
        "select count(), sum(total), sum(length(line_product)), uniqExact(profile) from purchase final"
        " where workspace = {w:UUID} and deleted = 0",
        {"w": str(shop[0])},
    )
    buyers = len({row["CustomerKey"] for _, row in lines})
    assert found == [(25_164, sum(revenue(year, row) for year, row in lines), 56_046, buyers)]
    assert store.query(
        "select count() from profile final where workspace = {w:UUID} and deleted = 0", {"w": str(shop[0])}
    ) == [(18_148,)]


def test_consents_add_up(shop: Any) -> None:
    from cadenza.trust.consent import service as consent

    said: dict[str, tuple[str, str]] = {}
    for row in rows("consents.csv.zst"):
        if row["Topic"] == "newsletter":
            said[row["EmailAddress"]] = max(
                said.get(row["EmailAddress"], ("", "")), (row["Day"], row["State"])
            )
    with database.scope(shop[0]):
        found = consent.states(shop[0], "email", "newsletter", list(said))
    assert {address: str(state) for address, state in found.items()} == {a: s for a, (_, s) in said.items()}


def test_the_last_order_is_of_yesterday_and_in_opening_hours(shop: Any) -> None:
    from zoneinfo import ZoneInfo

    from cadenza.cdp.orders import service as orders

    with database.scope(shop[0]):
        first, last = orders.first_and_last(shop[0])
    here = ZoneInfo("America/Los_Angeles")
    assert last.astimezone(here).date() == MIDNIGHT.astimezone(here).date() - timedelta(days=1)
    assert (
        last.astimezone(here).date() - first.astimezone(here).date()
    ).days == 910  # 2021-01-01 … 2023-06-30
    assert all(8 <= at.astimezone(here).hour < 22 for at in (first, last))


def test_the_sales_files_also_tell_where_people_live(shop: Any) -> None:
    from cadenza.connect.imports import service as imports

    places = {row["SalesTerritoryKey"]: row["Country"] for row in rows("AdventureWorks_Territories.csv.zst")}
    codes = {
        "United States": "US",
        "Canada": "CA",
        "France": "FR",
        "Germany": "DE",
        "Australia": "AU",
        "United Kingdom": "GB",
    }
    told = {row["CustomerKey"]: codes[places[row["TerritoryKey"]]] for _, row in sales()}
    with clock.fixed(MIDNIGHT):
        runs = [imports.run_now(shop[0], SHOP / name, SHOP / "places.toml") for name in SALES]
        projection.drain()
    assert [run.counts.invalid for run in runs] == [0, 0, 0]
    found = store.query(
        "select text['country'] as c, count() from profile final where workspace = {w:UUID} and deleted = 0"
        " and c != '' group by c",
        {"w": str(shop[0])},
    )
    assert dict(found) == dict(Counter(told.values()))


def test_importing_again_changes_nothing(shop: Any) -> None:
    from cadenza.cdp.orders import service as orders
    from cadenza.cdp.profiles import service as profiles
    from cadenza.connect.imports import service as imports

    workspace, _ = shop
    with database.scope(workspace):
        before = (orders.totals(workspace), profiles.count(workspace))
    with clock.fixed(MIDNIGHT + timedelta(days=3)):
        for name, mapping in (IMPORTS[1], IMPORTS[4], IMPORTS[5]):
            run = imports.run_now(workspace, SHOP / name, SHOP / mapping)
            assert (run.state, run.counts.created, run.counts.invalid) == ("finished", 0, 0), name
    with database.scope(workspace):
        assert (orders.totals(workspace), profiles.count(workspace)) == before
