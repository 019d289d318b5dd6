"""Reading order events by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.problem import BadInput
from cadenza.cdp.ingest.order import NAMES, order
from tests.cdp.ingest.items import ORDER

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
LINE = {"product_id": "p1", "price": 10, "quantity": 2}


def read(name="Order Completed", **told):
    return order(name, {"order_id": "o1"} | told, NOW, 1, "api", "EUR")


def test_a_completed_order():
    found = read(total="25.5", currency="usd", products=[LINE, {"sku": "s", "price": 5.5}], coupon="SPRING")
    assert (found.number, found.total, found.currency, found.status, found.placed_at, found.coupon) == (
        "o1", Decimal("25.5"), "USD", "placed", NOW, "SPRING"
    )  # fmt: skip
    assert [(one.line_number, one.product, one.quantity, one.total) for one in found.lines] == [
        (1, "p1", 2, 20), (2, "s", 1, Decimal("5.5"))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "total"),
    [({"products": [LINE]}, 20), ({"revenue": 7, "products": [LINE]}, 7), ({"revenue": 0, "products": [LINE]}, 0),
     ({"total": 0, "revenue": 7}, 0), ({}, 0), ({"products": None}, 0)],
)  # fmt: skip
def test_the_total_is_told_or_the_sum_of_the_lines(told, total):
    assert read(**told).total == total


@pytest.mark.parametrize(
    ("told", "refunded", "whole"),
    [
        ({"total": 5}, 5, False),
        ({"products": [LINE]}, 20, False),
        ({}, None, True),
        ({"products": []}, None, True),
    ],
)
def test_a_refund_is_an_amount_its_products_or_all(told, refunded, whole):
    found = read("Order Refunded", **told)
    assert (found.refunded, found.all_refunded, found.total, found.lines) == (refunded, whole, None, None)


@pytest.mark.parametrize(
    ("name", "told", "status"),
    [("Order Completed", None, "placed"), ("Order Completed", "paid", "paid"),
     ("Order Updated", "Canceled", "cancelled"),
     ("Order Updated", "lost", None), ("Order Updated", None, None), ("Order Cancelled", "paid", "cancelled"),
     ("Order Refunded", "returned", "returned"), ("Order Updated", ["paid"], None)],
)  # fmt: skip
def test_statuses(name, told, status):
    assert read(name, status=told).status == status


@pytest.mark.parametrize("told", [None, "", "€", "ßßß", "ééé", "EURO", 978, ["EUR"]])
def test_a_currency_nobody_can_read_is_not_told(told):
    found = read("Order Updated", currency=told)
    assert (found.currency, found.standard_currency) == (None, "EUR")


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"order_id": ""}, "properties.order_id"), ({"order_id": "\x00"}, "properties.order_id"),
        ({"order_id": {"a": 1}}, "properties.order_id"), ({"order_id": True}, "properties.order_id"),
        ({"total": "much"}, "properties.total"), ({"total": -1}, "properties.total"),
        ({"total": "NaN"}, "properties.total"),
        ({"revenue": -1}, "properties.revenue"), ({"tax": 10**13}, "properties.tax"),
        ({"total": True}, "properties.total"),
        ({"products": {}}, "properties.products"), ({"products": [1]}, "properties.products.0"),
        ({"products": [LINE] * 1001}, "properties.products"), ({"products": [{}]}, "properties.products.0.product_id"),
        ({"products": [LINE, LINE | {"quantity": -1}]}, "properties.products.1.quantity"),
        ({"products": [LINE | {"quantity": 10**12}]}, "properties.products.0.quantity"),
        ({"products": [LINE | {"price": 10**12, "quantity": 100}]}, "properties.products.0.price"),
        ({"products": [LINE | {"price": 10**12, "quantity": 9}] * 2}, "properties.products"),
        ({"products": [LINE | {"product_id": {}}]}, "properties.products.0.product_id"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_place(told, at):
    with pytest.raises(BadInput) as refusal:
        read(**told)
    assert refusal.value.at == at


@pytest.mark.parametrize(("told", "pieces"), [(0, 0), (None, 1), ("", 1), ("2.5", Decimal("2.5"))])
def test_pieces(told, pieces):
    assert read(products=[LINE | {"quantity": told}]).lines[0].quantity == pieces


@given(st.sampled_from(sorted(NAMES)), ORDER)
def test_anything_is_read_or_refused_with_its_place(name, told):
    try:
        found = order(name, told, NOW, 1, "api", "EUR")
    except BadInput as refusal:
        assert refusal.at and refusal.at.startswith("properties.")
    else:
        assert 0 < len(found.number) <= 200 and len(found.currency or "EUR") == 3
        assert all(abs(one.total) < 10**13 for one in found.lines or ())


def test_what_may_be_a_field_of_the_shops_own_comes_along():
    found = read(
        gift=True,
        tags=["a"],
        total=5,
        context={"page": {}},
        products=[LINE | {"margin": 1.5, "name": "Bike"}],
    )
    assert found.custom == {"gift": True, "tags": ["a"]}
    assert found.lines[0].custom == {"margin": 1.5}
