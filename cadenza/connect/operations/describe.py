"""From what we know of a person to the customer node of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cadenza.cdp.identity.types import KnownIdentifier
from cadenza.cdp.orders.types import Order
from cadenza.cdp.profiles.types import Profile
from cadenza.connect.operations.identify import shown
from cadenza.connect.operations.types import Point, Tree
from cadenza.trust.consent.types import State, Subscription

POINTS = {
    "email": "Email",
    "sms": "Sms",
    "viber": "Viber",
    "mobile_push": "Mobilepush",
    "web_push": "Webpush",
}
# What has a place of its own in a customer node, and so does not stand among the custom fields.
OWN_PLACE = ("middle_name",)


def describe(
    profile: Profile, known: Sequence[KnownIdentifier], subscriptions: Iterable[Subscription], point: Point,
    returns: Iterable[str],
) -> Tree:  # fmt: skip
    """The node with the fields that an operation gives back; those never told are left out."""
    traits = dict(profile.traits)
    full = {
        "ids": ids(profile.id, known, point),
        "email": profile.email, "mobilePhone": profile.phone.lstrip("+"),
        "discountCard": _card(known), "firstName": profile.first_name,
        "lastName": profile.last_name, "middleName": traits.get("middle_name"),
        "fullName": f"{profile.first_name} {profile.last_name}".strip(), "birthDate": profile.birth_date,
        "sex": profile.gender, "area": {"name": profile.region} if profile.region else None,
        "ianaTimeZone": profile.time_zone,
        "customFields": {name: value for name, value in traits.items() if name not in OWN_PLACE},
        "subscriptions": [_subscription(one, point) for one in subscriptions],
        "isEmailConfirmed": bool(profile.email_confirmed_at) if profile.email else None,
        "pendingEmail": profile.pending_email, "isEmailInvalid": profile.email_invalid if profile.email else None,
        "isMobilePhoneConfirmed": bool(profile.phone_confirmed_at) if profile.phone else None,
        "pendingMobilePhone": profile.pending_phone.lstrip("+"),
        "isMobilePhoneInvalid": profile.phone_invalid if profile.phone else None,
        "changeDateTimeUtc": profile.updated_at,
    }  # fmt: skip
    asked = set(returns)
    return {name: value for name, value in full.items() if name in asked and value not in ("", None, {}, [])}


def ids(own: int, known: Iterable[KnownIdentifier], point: Point) -> Tree:
    """Our own number, under the names that SDKs read, and the ids of other systems."""
    found: Tree = {"mindboxId": own, "cadenzaId": own}
    for one in known:
        if not one.shared and (told := shown(one.kind, one.value, point.external_system)):
            found.setdefault(*told)
    return found


def _card(known: Iterable[KnownIdentifier]) -> Tree | None:
    number = next((one.value for one in known if one.kind == "loyalty_card" and not one.shared), None)
    return {"ids": {"number": number}} if number else None


def _subscription(one: Subscription, point: Point) -> Tree:
    told: Tree = {
        "pointOfContact": POINTS[one.channel],
        "topic": one.topic,
        "isSubscribed": one.state is State.GIVEN,
    }
    return {"brand": point.brand, **told} if point.brand else told


def describe_order(one: Order, point: Point) -> Tree:
    """The node of an order in an answer."""
    lines = [
        {
            "lineNumber": line.line_number,
            "product": {"ids": {point.external_system: line.product}, "name": line.name},
            "quantity": line.quantity, "basePricePerItem": line.price, "discountedPricePerLine": line.total,
        }
        for line in one.lines
    ]  # fmt: skip
    told: dict[str, Any] = {
        "ids": {point.external_system: one.number}, "createdDateTimeUtc": one.placed_at, "status": one.status.title(),
        "totalPrice": one.total, "currency": one.currency, "refundedAmount": one.refunded or None, "lines": lines,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in (None, "")}
