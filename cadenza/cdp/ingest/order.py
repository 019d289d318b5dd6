"""From a Segment e-commerce event to what it tells of an order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cadenza.base import money, text
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.orders.types import STATUSES, OrderChange, OrderLine, Status

NAMES: dict[str, Status | None] = {
    "Order Completed": "placed",
    "Order Updated": None,
    "Order Refunded": None,
    "Order Cancelled": "cancelled",
}
MOST_LINES = 1000


def order(
    name: str, properties: Mapping[str, Any], at: datetime, profile: ProfileId, source: str, currency: str
) -> OrderChange:
    """The change that an order event tells; raises BadInput naming the property that does not fit."""
    number = text.clean(str(properties.get("order_id") or "").strip(), 200)
    if not number:
        raise BadInput("An order event carries order_id.", at="properties.order_id")
    first = name == "Order Completed"
    total = _amount(properties, "total")
    refunded = (_amount(properties, "total") or Decimal(0)) if name == "Order Refunded" else None
    lines = _lines(properties) if name != "Order Refunded" and "products" in properties else None
    if first and total is None:
        total = _amount(properties, "revenue") or sum((line.total for line in lines or ()), Decimal(0))
    return OrderChange(
        number=number, at=at, profile=profile, placed_at=at if first else None, status=_status(name, properties),
        currency=_currency(properties, currency), total=None if name == "Order Refunded" else total,
        refunded=refunded, shipping=_amount(properties, "shipping"), tax=_amount(properties, "tax"),
        discount=_amount(properties, "discount"), lines=lines, source=source,
        coupon=text.clean(str(properties["coupon"]), 120) if properties.get("coupon") else None,
    )  # fmt: skip


def _status(name: str, properties: Mapping[str, Any]) -> Status | None:
    told = str(properties.get("status") or "").lower()
    return NAMES[name] or (told if told in STATUSES else None)  # type: ignore[return-value]


def _currency(properties: Mapping[str, Any], standard: str) -> str:
    told = properties.get("currency")
    return told.upper() if isinstance(told, str) and len(told) == 3 and told.isalpha() else standard


def _amount(properties: Mapping[str, Any], name: str) -> Decimal | None:
    value = properties.get(name)
    return None if value is None or value == "" else money.amount(value, at=f"properties.{name}")


def _lines(properties: Mapping[str, Any]) -> tuple[OrderLine, ...]:
    told = properties["products"]
    if not isinstance(told, list) or len(told) > MOST_LINES:
        raise BadInput(f"products is a list of at most {MOST_LINES} objects.", at="properties.products")
    return tuple(_line(index, one) for index, one in enumerate(told))


def _line(index: int, told: Any) -> OrderLine:
    at = f"properties.products.{index}"
    if not isinstance(told, dict):
        raise BadInput("A product is an object.", at=at)
    quantity = money.amount(told.get("quantity", 1) or 0, at=f"{at}.quantity")
    price = money.amount(told["price"], at=f"{at}.price") if told.get("price") not in (None, "") else None
    product = text.clean(str(told.get("product_id") or told.get("sku") or ""), 200)
    if not product:
        raise BadInput("A product carries product_id or sku.", at=f"{at}.product_id")
    return OrderLine(
        line_number=index + 1, product=product, quantity=quantity, total=(price or Decimal(0)) * quantity, price=price,
        name=text.clean(str(told.get("name") or ""), 400), category=text.clean(str(told.get("category") or ""), 200),
        brand=text.clean(str(told.get("brand") or ""), 200),
    )  # fmt: skip
