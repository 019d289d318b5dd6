"""Which personal data a condition tree reads, by category: its purpose is checked when it is saved.

Attributes are looked up among the workspace's fields; events and their properties in the schema register, which
knows what somebody said of them and guesses the rest; orders are order history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cadenza.cdp.segments.types import AllOf, AnyOf, Attribute, Condition, Did, Not, Orders
from cadenza.trust.privacy.types import Read

ORDERS = "orders.history"
UNNAMED = "custom.fields"

_EVENTS = {
    "behaviour.site": ("Page Viewed", "Screen Viewed", "Promotion Viewed", "Promotion Clicked"),
    "behaviour.catalog": (
        "Product Viewed", "Product Clicked", "Product List Viewed", "Product List Filtered",
        "Products Searched", "Product Shared", "Product Reviewed",
    ),
    "behaviour.lists": (
        "Product Added", "Product Removed", "Cart Viewed", "Cart Shared", "Product Added to Wishlist",
        "Product Removed from Wishlist", "Wishlist Product Added to Cart",
    ),
    ORDERS: (
        "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered",
        "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Coupon Entered",
        "Coupon Applied", "Coupon Denied", "Coupon Removed",
    ),
    "engagement.messages": (
        "Email Sent", "Email Delivered", "Email Bounced", "Email Opened", "Email Link Clicked",
        "Email Complained",
    ),
    "consent.subscriptions": ("Email Unsubscribed", "Email Subscribed"),
    "behaviour.session": ("Session Started", "Session Ended", "Application Opened", "Application Installed"),
    "lead.form": ("Form Submitted", "Lead Submitted"),
}  # fmt: skip
EVENT_CATEGORIES = {event: {"*": category} for category, events in _EVENTS.items() for event in events}

EventCategory = Callable[[str, str], str]


def discover(condition: Condition, fields: Mapping[str, str], event_category: EventCategory) -> list[Read]:
    """Everything read, in the order of the tree.

    `fields`: the category of each profile field; `event_category` tells that of an event's property ("*": of
    the event itself).
    """
    return list(_reads(condition, fields, event_category))


def _reads(condition: Condition, fields: Mapping[str, str], event_category: EventCategory) -> Iterator[Read]:
    match condition:
        case AllOf(of) | AnyOf(of):
            for part in of:
                yield from _reads(part, fields, event_category)
        case Not(of=part):
            yield from _reads(part, fields, event_category)
        case Attribute(name=name, at=at):
            yield Read(field=name, category=fields.get(name, UNNAMED), at=f"{at}.attribute")
        case Did():
            yield from _did(condition, event_category)
        case Orders(measure=measure, at=at):
            yield Read(field=f"orders {measure}", category=ORDERS, at=f"{at}.orders")


def _did(did: Did, event_category: EventCategory) -> Iterator[Read]:
    yield Read(field=did.event, category=event_category(did.event, "*"), at=f"{did.at}.did")
    for where in did.where:
        category = event_category(did.event, where.property)
        yield Read(field=where.property, category=category, at=f"{where.at}.property")
