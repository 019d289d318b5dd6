"""From an event's name and properties to what it tells of a product list, if anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cadenza.base import money, text
from cadenza.base.problem import BadInput
from cadenza.cdp.product_lists.types import (
    CART,
    LONGEST_DETAIL,
    LONGEST_NAME,
    LONGEST_PRODUCT,
    MOST_DETAILS,
    MOST_PIECES,
    MOST_PRODUCTS,
    WISHLIST,
    Detail,
    Kind,
    Piece,
)

NAMED = ""  # the event itself names its list
ADDS = {
    "Product Added": CART,
    "Wishlist Product Added to Cart": CART,
    "Product Added to Wishlist": WISHLIST,
    "Product Added to List": NAMED,
}
REMOVES = {
    "Product Removed": CART,
    "Product Removed from Wishlist": WISHLIST,
    "Product Removed from List": NAMED,
}
COUNTS = {"Product Quantity Changed": CART, "Product Quantity Changed in List": NAMED}
SETS = {"Cart Updated": CART, "Cart Viewed": CART, "Product List Updated": NAMED}
EMPTIES = {"Order Completed": CART}
LISTS = ADDS | REMOVES | COUNTS | SETS | EMPTIES
OWN = ("product_id", "quantity", "price", "list")  # what a list knows of a product by itself
LARGEST = 1e300
OFFLINE = "offline"  # the `channel` of an order at a till, which leaves the cart of the site alone


@dataclass(frozen=True)
class Heard:
    """What one event tells of one list."""

    name: str
    kind: Kind
    pieces: tuple[Piece, ...]


def hear(event: str, properties: Mapping[str, Any]) -> Heard | None:
    """What an event tells; None for one that tells nothing, or not in a form that can be understood."""
    name = LISTS.get(event)
    if name is None:
        return None
    try:
        return _heard(event, name or _list(properties), properties)
    except BadInput:
        return None  # it is kept as an event; a list is not changed by what nobody understands


def _heard(event: str, name: str, properties: Mapping[str, Any]) -> Heard | None:
    if event in ADDS:
        return Heard(name, "add", (_piece(properties, Decimal(1)),))
    if event in COUNTS:
        return Heard(name, "count", (_piece(properties, None),))
    if event in REMOVES:
        return _removed(name, properties)
    if event in EMPTIES:
        return None if properties.get("channel") == OFFLINE else Heard(name, "set", ())
    products = properties.get("products")
    if not isinstance(products, list):
        return None
    return Heard(name, "set", tuple(_piece(one, Decimal(1)) for one in products[:MOST_PRODUCTS]))


def _removed(name: str, properties: Mapping[str, Any]) -> Heard:
    """So many less, or, where no number is told, none any more."""
    if properties.get("quantity") in (None, ""):
        return Heard(name, "count", (_piece({**properties, "quantity": 0}, None),))
    one = _piece(properties, None)
    return Heard(name, "add", (Piece(one.product, -one.quantity),))


def _list(properties: Mapping[str, Any]) -> str:
    told = properties.get("list")
    name = text.clean(told.strip(), LONGEST_NAME) if isinstance(told, str) else ""
    if not name:
        raise BadInput("This event names its list.", at="properties.list")
    return name


def _piece(told: Any, otherwise: Decimal | None) -> Piece:
    if not isinstance(told, dict):
        raise BadInput("A product is an object.", at="properties.products")
    product = next((told[name] for name in ("product_id", "sku") if told.get(name) not in (None, "")), "")
    if isinstance(product, bool) or not isinstance(product, str | int) or not str(product).strip():
        raise BadInput("A product carries product_id or sku.", at="properties.product_id")
    price = told.get("price")
    return Piece(
        text.clean(str(product).strip(), LONGEST_PRODUCT),
        _quantity(told.get("quantity"), otherwise),
        None if price in (None, "") else money.amount(price, at="properties.price"),
        _details(told, str(product).strip()),
    )


def _details(told: Mapping[str, Any], product: str) -> dict[str, Detail]:
    """What else was told of the product, plainly: its category, its brand …"""
    found: dict[str, Detail] = {}
    for name, value in told.items():
        if name in OWN or str(value) == product or len(name) > LONGEST_NAME or len(found) == MOST_DETAILS:
            continue
        if isinstance(value, str) and value:
            found[name] = text.clean(value, LONGEST_DETAIL)
        elif isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < LARGEST):
            found[name] = value
    return found


def _quantity(told: Any, otherwise: Decimal | None) -> Decimal:
    if told in (None, "") and otherwise is not None:
        return otherwise
    found = money.amount(told, at="properties.quantity")
    if not 0 <= found <= MOST_PIECES:
        raise BadInput("This is not a number of pieces.", at="properties.quantity")
    return found
