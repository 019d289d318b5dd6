"""Which personal data a condition tree reads, by category: its purpose is checked when it is saved.

Attributes are looked up among the workspace's fields; events and their properties in the schema register, which
knows what somebody said of them and guesses the rest; orders are order history.  What another segment reads was
checked there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cadenza.cdp.events.types import CHANNELS
from cadenza.cdp.identity.types import base_kind
from cadenza.cdp.segments.compile_keeps import ADDED
from cadenza.cdp.segments.leaves import (
    Attribute,
    Bucket,
    Condition,
    Did,
    FirstDays,
    Identified,
    Inside,
    Keeps,
    Leaf,
    Near,
    Occurred,
    Orders,
    Sequence,
    Subscription,
    Where,
    Which,
    leaves,
)
from cadenza.cdp.segments.spell import EVENTS
from cadenza.trust.privacy.types import Read

ORDERS = "orders.history"
UNNAMED = "custom.fields"
PLACE = "location.area"
SUBSCRIPTIONS = "consent.subscriptions"
SEGMENTS = "segments.membership"
REGISTERED = "profile.registered_at"
# Whether a kind of identifier is known; the identifiers themselves are never read.
IDENTIFIERS = {"anonymous_id": "identity.web", "app_id": "identity.app", "card_hash": "identity.card_hash"}

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
        *(f"{channel} {event}" for channel in CHANNELS.values() for event in EVENTS.values()),
    ),
    "consent.subscriptions": (
        *(f"{channel} {event}" for channel in CHANNELS.values() for event in ("Unsubscribed", "Subscribed")),
    ),
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
    return [read for leaf in leaves([condition]) for read in _reads(leaf, fields, event_category)]


def _reads(leaf: Leaf, fields: Mapping[str, str], event_category: EventCategory) -> Iterator[Read]:
    if isinstance(getattr(leaf, "window", None), FirstDays):
        yield Read(field="registered_at", category=REGISTERED, at=f"{leaf.at}.first_days")
    match leaf:
        case Attribute(name=name, at=at):
            yield Read(field=name, category=fields.get(name, UNNAMED), at=f"{at}.attribute")
        case Near(at=at):
            yield Read(field="latitude", category=PLACE, at=f"{at}.near")
        case Did(what=what, at=at):
            yield from _which(what, f"{at}.did", event_category)
        case Occurred(what=what, having=having, at=at):
            yield from _which(what, f"{at}.{'last' if leaf.last else 'first'}", event_category)
            yield from _wheres(what.event, having, event_category)
        case Sequence(steps=steps, at=at):
            for number, step in enumerate(steps):
                yield from _which(step.what, f"{at}.sequence.{number}", event_category)
        case Orders(measure=measure, at=at):
            yield Read(field=f"orders {measure}", category=ORDERS, at=f"{at}.orders")
        case Keeps(basket=basket, where=where, at=at):
            yield Read(field=basket.value, category=event_category(ADDED[basket], "*"), at=f"{at}.list")
            yield from _wheres(ADDED[basket], where, event_category)
        case Subscription(topic=topic, at=at):
            yield Read(field=topic, category=SUBSCRIPTIONS, at=f"{at}.subscription")
        case Identified(kind=kind, at=at):
            yield Read(
                field=kind,
                category=IDENTIFIERS.get(base_kind(kind), "identity.internal"),
                at=f"{at}.identifier",
            )
        case Inside(at=at):
            yield Read(field="segment", category=SEGMENTS, at=f"{at}.segment")
        case Bucket():
            pass  # drawn from our own number alone


def _which(what: Which, at: str, event_category: EventCategory) -> Iterator[Read]:
    yield Read(field=what.event, category=event_category(what.event, "*"), at=at)
    yield from _wheres(what.event, what.where, event_category)
    if what.near:
        yield Read(field="latitude", category=PLACE, at=f"{what.near.at}.near")


def _wheres(event: str, wheres: tuple[Where, ...], event_category: EventCategory) -> Iterator[Read]:
    for where in wheres:
        category = event_category(event, where.property)
        yield Read(field=where.property, category=category, at=f"{where.at}.property")
