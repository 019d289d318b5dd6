"""From the order node of a request to a change of an order, and to the properties of the event that tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cadenza.base import text
from cadenza.cdp.orders.types import ZERO, OrderChange, OrderLine, Status
from cadenza.connect.operations.gather import number, product_id
from cadenza.connect.operations.types import Kind, Message, Sale
from cadenza.connect.operations.understand import plain

MOST_LINES = 1000
MOST_PIECES = Decimal(10) ** 9
OWN = ("mindboxid", "cadenzaid", "maestraid")
SAID: dict[str, Status] = {
    "placed": "placed", "created": "placed", "new": "placed", "checkedout": "placed", "processing": "placed",
    "paid": "paid", "confirmed": "paid", "delivered": "delivered", "completed": "delivered", "cancelled": "cancelled",
    "canceled": "cancelled", "returned": "returned", "refunded": "returned",
}  # fmt: skip
FIRST: dict[Kind, Status] = {
    "create_order": "placed",
    "offline_order": "delivered",
    "cancel_order": "cancelled",
}


def order(kind: Kind, target: str, told: Any, at: datetime, faults: list[Message]) -> Sale | None:
    """What is told of an order at a moment; what does not fit is told in `faults`."""
    if not isinstance(told, dict):
        faults.append(Message("This is an object.", "/order"))
        return None
    number_ = _order_number(told, faults)
    lines, back = _lines(told.get("lines"), faults)
    delivery = _not_below_zero(told, ("deliveryCost",), faults)
    total = _not_below_zero(told, ("totalPrice",), faults)
    if total is None and lines is not None:
        total = sum((line.total for line in lines), ZERO) + (delivery or ZERO)
    first = kind in ("create_order", "offline_order")
    if first and lines is None and total is None:
        faults.append(Message("An order has lines or a total.", "/order/lines"))
    change = OrderChange(
        number=number_, at=at, placed_at=at if first else None, status=_status(kind, target, told, faults),
        currency=_currency(told, faults), total=total, shipping=delivery,
        refunded=back or None, discount=_discount(told, faults), coupon=_coupon(told),
        region=_area(told), lines=lines, source="operations",
    )  # fmt: skip
    return Sale(change, _properties(change, told, kind))


def _order_number(told: Mapping[str, Any], faults: list[Message]) -> str:
    ids = told.get("ids")
    known = ids.items() if isinstance(ids, dict) else ()
    for name, value in known:
        if name.lower() not in OWN and value not in (None, "") and not isinstance(value, bool | dict | list):
            return text.clean(str(value).strip(), 200)
    faults.append(Message("An order is told by its number in your system.", "/order/ids"))
    return ""


def _status(kind: Kind, target: str, told: Mapping[str, Any], faults: list[Message]) -> Status | None:
    if kind == "cancel_order":
        return "cancelled"
    said = told.get("status") or told.get("statusExternalId")
    if isinstance(said, dict):
        inner = said.get("ids")
        said = next(iter(inner.values()), "") if isinstance(inner, dict) else ""
    word = str(said or "").strip().lower()
    if word and word not in SAID:
        faults.append(Message(f"Known are: {', '.join(dict.fromkeys(SAID.values()))}.", "/order/status"))
    return SAID.get(word) or SAID.get(target.lower()) or FIRST.get(kind)


def _currency(told: Mapping[str, Any], faults: list[Message]) -> str | None:
    said = told.get("currency")
    if said in (None, ""):
        return None
    if isinstance(said, str) and len(said) == 3 and said.isascii() and said.isalpha():
        return said.upper()
    faults.append(Message("A currency is three letters, like EUR.", "/order/currency"))
    return None


def _not_below_zero(
    told: Mapping[str, Any], names: tuple[str, ...], faults: list[Message], at: str = "/order"
) -> Decimal | None:
    found = number(told, names, faults, at)
    if found is not None and found < 0:
        faults.append(Message("This is below zero.", f"{at}/{names[0]}"))
        return None
    return found


def _discounts(told: Any) -> list[Mapping[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _discount(told: Mapping[str, Any], faults: list[Message]) -> Decimal | None:
    found = [
        number(one, ("amount",), faults, f"/order/discounts/{index}")
        for index, one in enumerate(_discounts(told.get("discounts")))
    ]
    known = [one for one in found if one is not None]
    return sum(known, ZERO) if known else None


def _coupon(told: Mapping[str, Any]) -> str | None:
    for one in _discounts(told.get("discounts")):
        code = one.get("promoCode")
        ids = code.get("ids") if isinstance(code, dict) else None
        if isinstance(ids, dict) and ids.get("code"):
            return text.clean(str(ids["code"]), 120)
    return None


def _area(told: Mapping[str, Any]) -> str | None:
    area = told.get("area")
    return text.clean(str(area["name"]), 120) if isinstance(area, dict) and area.get("name") else None


def _lines(told: Any, faults: list[Message]) -> tuple[tuple[OrderLine, ...] | None, Decimal]:
    """The lines that stand, and what those that came back had cost."""
    if told in (None, ""):
        return None, ZERO
    if not isinstance(told, list) or len(told) > MOST_LINES:
        faults.append(Message(f"Lines are a list of at most {MOST_LINES} objects.", "/order/lines"))
        return None, ZERO
    found = [_line(index, one, faults) for index, one in enumerate(told)]
    known = [one for one in found if one is not None]
    back = sum((line.total for line, status in known if status == "returned"), ZERO)
    return tuple(line for line, status in known if status != "cancelled"), back


def _line(index: int, told: Any, faults: list[Message]) -> tuple[OrderLine, Status | None] | None:
    at = f"/order/lines/{index}"
    if not isinstance(told, dict):
        faults.append(Message("A line is an object.", at))
        return None
    product = product_id(told.get("product") or told, faults, f"{at}/product")
    quantity = number(told, ("quantity",), faults, at)
    if quantity is not None and not 0 <= quantity <= MOST_PIECES:
        faults.append(Message("This is not a number of pieces.", f"{at}/quantity"))
    price = _not_below_zero(told, ("basePricePerItem", "pricePerItem"), faults, at)
    quantity = Decimal(1) if quantity is None else quantity
    node = told.get("product") if isinstance(told.get("product"), dict) else {}
    line = OrderLine(
        line_number=_line_number(told, index), product=product, quantity=quantity, price=price,
        total=_line_total(told, price, quantity, faults, at), name=text.clean(str((node or {}).get("name") or ""), 400),
    )  # fmt: skip
    status = SAID.get(str(told.get("status") or "").strip().lower())
    return line, status


def _line_number(told: Mapping[str, Any], index: int) -> int:
    said = str(told.get("lineNumber") or "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else index + 1


def _line_total(
    told: Mapping[str, Any], price: Decimal | None, quantity: Decimal, faults: list[Message], at: str
) -> Decimal:
    """What is paid for the line: as told, else its price by its pieces less its discounts."""
    said = _not_below_zero(told, ("discountedPricePerLine", "discountedPrice"), faults, at)
    if said is not None:
        return said
    off = [
        number(one, ("amount",), faults, f"{at}/discounts/{index}")
        for index, one in enumerate(_discounts(told.get("discounts")))
    ]
    full = (price or ZERO) * quantity
    return max(ZERO, full - sum((one for one in off if one), ZERO)).quantize(Decimal("0.0001"))


def _properties(change: OrderChange, told: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    amounts = {
        name: plain(value)
        for name, value in (
            ("total", change.total), ("shipping", change.shipping), ("discount", change.discount),
        )
        if value is not None
    }  # fmt: skip
    said = {
        "order_id": change.number,
        "currency": change.currency,
        "coupon": change.coupon,
        "status": change.status,
    }
    found = {name: value for name, value in said.items() if value} | amounts
    if change.lines is not None:
        found["products"] = [_product(one) for one in change.lines]
    if kind == "offline_order":
        found["channel"] = "offline"
    custom = told.get("customFields")
    return found | ({"custom": plain_all(custom)} if isinstance(custom, dict) and custom else {})


def _product(line: OrderLine) -> dict[str, Any]:
    told: dict[str, Any] = {
        "product_id": line.product,
        "quantity": plain(line.quantity),
        "total": plain(line.total),
    }
    if line.price is not None:
        told["price"] = plain(line.price)
    return told | ({"name": line.name} if line.name else {})


def plain_all(told: Any) -> Any:
    """A tree whose numbers JSON can write."""
    if isinstance(told, dict):
        return {name: plain_all(value) for name, value in told.items()}
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [plain_all(one) for one in told]
    return plain(told)
