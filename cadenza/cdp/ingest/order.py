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
SPELT: dict[str, Status] = {"canceled": "cancelled"}
OF_ORDER = frozenset(
    "order_id total revenue shipping tax discount coupon currency status products context".split()
)
OF_LINE = frozenset("product_id sku name price quantity category brand".split())
MOST_LINES = 1000
MOST_PIECES = 10**9


def order(
    name: str, properties: Mapping[str, Any], at: datetime, profile: ProfileId, source: str, currency: str
) -> OrderChange:
    """The change that an order event tells; raises BadInput naming the property that does not fit."""
    number = _id(properties, "order_id", "properties")
    if not number:
        raise BadInput("An order event carries order_id.", at="properties.order_id")
    first, back = name == "Order Completed", name == "Order Refunded"
    lines = _lines(properties) if properties.get("products") is not None else None
    total = _not_below_zero(_amount(properties, "total"), "properties.total")
    if total is None and first:
        total = _not_below_zero(_amount(properties, "revenue"), "properties.revenue")
    if total is None and (first or (back and lines)):
        total = _bounded(sum((line.total for line in lines or ()), Decimal(0)), "properties.products")
    return OrderChange(
        number=number, at=at, profile=profile, placed_at=at if first else None, status=_status(name, properties),
        currency=_currency(properties), standard_currency=currency, total=None if back else total,
        refunded=total if back else None, all_refunded=back and total is None, shipping=_amount(properties, "shipping"),
        tax=_amount(properties, "tax"), discount=_amount(properties, "discount"), lines=None if back else lines,
        coupon=text.clean(str(properties["coupon"]), 120) if properties.get("coupon") else None, source=source,
        custom=_others(properties, OF_ORDER),
    )  # fmt: skip


def _others(part: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """What may be a field of the shop's own; orders take what was declared, by its type."""
    return {name: value for name, value in part.items() if name not in known and not isinstance(value, dict)}


def _id(part: Mapping[str, Any], name: str, at: str) -> str:
    told = part.get(name)
    if told is not None and (isinstance(told, bool) or not isinstance(told, str | int)):
        raise BadInput("An id is a text or a whole number.", at=f"{at}.{name}")
    return "" if told is None else text.clean(str(told).strip(), 200).strip()


def _status(name: str, properties: Mapping[str, Any]) -> Status | None:
    told = str(properties.get("status") or "").strip().lower()
    told = SPELT.get(told, told)
    return told if told in STATUSES and name != "Order Cancelled" else NAMES[name]  # type: ignore[return-value]


def _currency(properties: Mapping[str, Any]) -> str | None:
    told = properties.get("currency")
    fits = isinstance(told, str) and len(told) == 3 and told.isascii() and told.isalpha()
    return told.upper() if fits else None  # type: ignore[union-attr]


def _amount(properties: Mapping[str, Any], name: str) -> Decimal | None:
    value = properties.get(name)
    return None if value is None or value == "" else money.amount(value, at=f"properties.{name}")


def _not_below_zero(amount: Decimal | None, at: str) -> Decimal | None:
    if amount is not None and amount < 0:
        raise BadInput("This is below zero.", at=at, hint="Tell what was given back with Order Refunded.")
    return amount


def _bounded(amount: Decimal, at: str) -> Decimal:
    if abs(amount) >= money.LARGEST:
        raise BadInput("This amount is out of range.", at=at, hint="Amounts stay below ten trillion.")
    return amount


def _lines(properties: Mapping[str, Any]) -> tuple[OrderLine, ...]:
    told = properties["products"]
    if not isinstance(told, list) or len(told) > MOST_LINES:
        raise BadInput(f"products is a list of at most {MOST_LINES} objects.", at="properties.products")
    return tuple(_line(index, one) for index, one in enumerate(told))


def _line(index: int, told: Any) -> OrderLine:
    at = f"properties.products.{index}"
    if not isinstance(told, dict):
        raise BadInput("A product is an object.", at=at)
    price = money.amount(told["price"], at=f"{at}.price") if told.get("price") not in (None, "") else None
    product = _id(told, "product_id", at) or _id(told, "sku", at)
    if not product:
        raise BadInput("A product carries product_id or sku.", at=f"{at}.product_id")
    quantity = _quantity(told.get("quantity"), f"{at}.quantity")
    return OrderLine(
        line_number=index + 1, product=product, quantity=quantity, price=price,
        total=_bounded((price or Decimal(0)) * quantity, f"{at}.price"),
        name=text.clean(str(told.get("name") or ""), 400), category=text.clean(str(told.get("category") or ""), 200),
        brand=text.clean(str(told.get("brand") or ""), 200), custom=_others(told, OF_LINE),
    )  # fmt: skip


def _quantity(told: Any, at: str) -> Decimal:
    found = Decimal(1) if told in (None, "") else money.amount(told, at=at)
    if not 0 <= found <= MOST_PIECES:
        raise BadInput("This is not a number of pieces.", at=at, hint="Write 1 or more.")
    return found
