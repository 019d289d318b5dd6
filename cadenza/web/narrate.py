"""From an event to a sentence that a marketer can read: what was done, with what, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from cadenza.base import money

LONGEST = 160
MOST_PROPERTIES = 60
AMOUNTS = ("total", "revenue", "value", "price")
DETAILS = ("category", "brand", "variant", "coupon", "order_id", "url")
NAMED = ("name", "product_name", "title", "sku", "product_id")


@dataclass(frozen=True)
class Sentence:
    """What is shown of an event: a title, an icon with its tone, and a second line."""

    title: str
    icon: str = "circle-dot"
    tone: str = "neutral"
    text: str = ""


# name → icon, tone, sentence around a slot, sentence without, properties that may fill the slot
KNOWN: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "Page Viewed": ("globe", "neutral", "Viewed the page “{}”", "Viewed a page", ("title", "name", "path", "url")),
    "Screen Viewed": ("smartphone", "neutral", "Viewed the screen “{}”", "Viewed a screen", ("name",)),
    "Group Joined": ("building-2", "neutral", "Joined “{}”", "Joined a group", ("group.name", "group_id")),
    "Signed Up": ("user-plus", "accent", "Signed up by {}", "Signed up", ("method",)),
    "Signed In": ("log-in", "neutral", "Signed in by {}", "Signed in", ("method",)),
    "Signed Out": ("log-out", "neutral", "Signed out of {}", "Signed out", ("app",)),
    "Products Searched": ("search", "neutral", "Searched for “{}”", "Searched", ("query",)),
    "Searched": ("search", "neutral", "Searched for “{}”", "Searched", ("query",)),
    "Product List Viewed": ("list", "neutral", "Looked through {}", "Looked through products", ("category", "list_id")),
    "Product Viewed": ("eye", "neutral", "Looked at {}", "Looked at a product", NAMED),
    "Product Clicked": ("mouse-pointer-click", "neutral", "Clicked on {}", "Clicked on a product", NAMED),
    "Product Added": ("shopping-cart", "accent", "Put {} into the cart", "Put a product into the cart", NAMED),
    "Product Removed": ("shopping-cart", "neutral", "Took {} out of the cart", "Took a product out of the cart", NAMED),
    "Product Added to Wishlist": ("star", "accent", "Wished for {}", "Wished for a product", NAMED),
    "Product Removed from Wishlist": ("star", "neutral", "No longer wished for {}", "Dropped a wish", NAMED),
    "Product Added to List": ("bookmark", "accent", "Put {} on a list", "Put a product on a list", NAMED),
    "Product Removed from List": ("bookmark", "neutral", "Took {} off a list", "Took a product off a list", NAMED),
    "Product Quantity Changed": ("shopping-cart", "neutral", "Changed how many of {}", "Changed a quantity", NAMED),
    "Product List Updated": ("bookmark", "neutral", "Changed the list “{}”", "Changed a list", ("list",)),
    "Cart Updated": ("shopping-cart", "accent", "Changed the cart {}", "Changed the cart", ()),
    "Product Reviewed": ("message-square", "neutral", "Reviewed {}", "Reviewed a product", (*NAMED,)),
    "Cart Viewed": ("shopping-cart", "neutral", "Looked into the cart {}", "Looked into the cart", ()),
    "Checkout Started": ("credit-card", "accent", "Went to the checkout {}", "Went to the checkout", ()),
    "Checkout Step Completed": ("credit-card", "neutral", "Passed checkout step {}", "Went on paying", ("step",)),
    "Payment Info Entered": ("credit-card", "neutral", "Will pay by {}", "Entered how to pay", ("payment_method",)),
    "Coupon Applied": ("tag", "neutral", "Used the coupon {}", "Used a coupon", ("coupon_name", "coupon_id", "coupon")),
    "Order Completed": ("shopping-bag", "positive", "Ordered: number {}", "Ordered", ("order_id",)),
    "Order Updated": ("shopping-bag", "neutral", "Order {} was changed", "An order was changed", ("order_id",)),
    "Order Refunded": ("undo-2", "caution", "Got money back for order {}", "Got money back", ("order_id",)),
    "Order Cancelled": ("circle-x", "caution", "Cancelled order {}", "Cancelled an order", ("order_id",)),
    "Email Sent": ("send", "info", "Was sent “{}”", "Was sent a mail", ("campaign", "subject")),
    "Email Delivered": ("mail-check", "info", "“{}” arrived", "A mail arrived", ("campaign", "subject")),
    "Email Bounced": ("mail-x", "critical", "“{}” bounced", "A mail bounced", ("campaign", "subject")),
    "Email Opened": ("mail-open", "info", "Opened “{}”", "Opened a mail", ("campaign", "subject")),
    "Email Link Clicked": ("mouse-pointer-click", "accent", "Clicked in “{}”", "Clicked a mail", ("campaign", "url")),
    "Email Unsubscribed": ("bell-off", "critical", "Unsubscribed from “{}”", "Unsubscribed", ("topic", "campaign")),
    "Email Complained": ("ban", "critical", "Called “{}” spam", "Called a mail spam", ("campaign", "subject")),
}  # fmt: skip


def narrate(name: str, properties: Mapping[str, Any]) -> Sentence:
    """The sentence of an event; one with an unknown name is called by its name."""
    known = KNOWN.get(name)
    if not known:
        return Sentence(name, text=_plainly(properties))
    icon, tone, around, without, fill = known
    told = next((value for place in fill if (value := _at(properties, place))), "")
    return Sentence(around.format(told) if told else without, icon, tone, _details(properties, told))


def _details(properties: Mapping[str, Any], told: str) -> str:
    words = [word for place in DETAILS if (word := _at(properties, place)) and word != told]
    products = properties.get("products")
    if isinstance(products, list) and products:
        words.append(f"{len(products)} product{'s' if len(products) > 1 else ''}")
    return " · ".join([*words, *_amount(properties)])


def _amount(properties: Mapping[str, Any]) -> list[str]:
    told = next((properties[name] for name in AMOUNTS if properties.get(name) not in (None, "")), None)
    try:
        amount = None if told is None or isinstance(told, bool) else Decimal(str(told))
    except InvalidOperation:
        return []
    currency = str(properties.get("currency") or "").upper()
    if amount is None or not amount.is_finite():
        return []
    return [
        money.formatted(amount, currency) if len(currency) == 3 and currency.isalpha() else f"{amount:,.2f}"
    ]


def _plainly(properties: Mapping[str, Any]) -> str:
    told = [f"{name}: {value}" for name, value in flatten(properties) if not name.startswith("context.")]
    return " · ".join(told[:3])[:LONGEST]


def _at(properties: Mapping[str, Any], place: str) -> str:
    found: Any = properties
    for step in place.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return (
        str(found)[:LONGEST] if isinstance(found, str | int | float) and not isinstance(found, bool) else ""
    )


def flatten(properties: Mapping[str, Any], under: str = "") -> list[tuple[str, str]]:
    """All properties as lines of name and value: `products.0.name`."""
    lines: list[tuple[str, str]] = []
    for name, value in properties.items():
        if isinstance(value, list):
            value = {str(index): one for index, one in enumerate(value)}
        if isinstance(value, Mapping) and value:
            lines += flatten(value, f"{under}{name}.")
        else:
            lines.append((f"{under}{name}", _word(value)))
    return lines[:MOST_PROPERTIES]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value in (None, "", {}, []) else str(value)
