"""From one condition to the words for it, as people would say them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from cadenza.base.ids import SegmentId
from cadenza.cdp.events.types import CHANNELS
from cadenza.cdp.segments.leaves import (
    Attribute,
    Basket,
    Between,
    Bucket,
    Calendar,
    Did,
    FirstDays,
    Identified,
    Inside,
    Keeps,
    Leaf,
    Near,
    Occurred,
    Orders,
    Rolling,
    Sequence,
    Standing,
    Step,
    Subscription,
    Unit,
    Where,
    Which,
    Window,
)
from cadenza.cdp.segments.select import WEEKDAYS
from cadenza.cdp.segments.types import Comparison, Measure, Op, Value


@dataclass(frozen=True)
class Names:
    """What people call fields, and segments by their id."""

    fields: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[SegmentId, str] = field(default_factory=dict)


NO_NAMES = Names()

# event → (what one did, what one "did not …")
_EVENTS: dict[str, tuple[str, str]] = {
    "Order Completed": ("bought", "buy"),
    "Order Updated": ("had an order updated", "have an order updated"),
    "Order Refunded": ("had an order refunded", "have an order refunded"),
    "Order Cancelled": ("cancelled an order", "cancel an order"),
    "Product Viewed": ("viewed a product", "view a product"),
    "Product Clicked": ("clicked a product", "click a product"),
    "Product List Viewed": ("viewed a product list", "view a product list"),
    "Products Searched": ("searched for products", "search for products"),
    "Product Added": ("added a product to the cart", "add a product to the cart"),
    "Product Removed": ("removed a product from the cart", "remove a product from the cart"),
    "Product Added to Wishlist": ("added a product to the wish list", "add a product to the wish list"),
    "Cart Viewed": ("viewed the cart", "view the cart"),
    "Checkout Started": ("started a checkout", "start a checkout"),
    "Coupon Applied": ("applied a coupon", "apply a coupon"),
    "Promotion Viewed": ("saw a promotion", "see a promotion"),
    "Page Viewed": ("viewed a page", "view a page"),
    "Screen Viewed": ("viewed a screen", "view a screen"),
    "Group Joined": ("joined a group", "join a group"),
    "Email Sent": ("was sent an e-mail", "get an e-mail sent"),
    "Email Delivered": ("received an e-mail", "receive an e-mail"),
    "Email Bounced": ("had an e-mail bounce", "have an e-mail bounce"),
    "Email Opened": ("opened an e-mail", "open an e-mail"),
    "Email Link Clicked": ("clicked a link in an e-mail", "click a link in an e-mail"),
    "Email Unsubscribed": ("unsubscribed from e-mail", "unsubscribe from e-mail"),
    "Email Complained": ("complained about an e-mail", "complain about an e-mail"),
}

# field → (it is so, it is not so)
_STATES: dict[str, tuple[str, str]] = {
    "email": ("has an e-mail address", "has no e-mail address"),
    "phone": ("has a phone number", "has no phone number"),
    "first_name": ("has a name", "has no name"),
    "last_name": ("has a name", "has no name"),
    "has_email": ("has an e-mail address", "has no e-mail address"),
    "has_phone": ("has a phone number", "has no phone number"),
    "has_name": ("has a name", "has no name"),
    "is_customer": ("is a customer", "is not a customer"),
}


_IDENTIFIERS = {
    "external_id": "a customer number", "email": "an e-mail address", "phone": "a phone number",
    "anonymous_id": "a web id", "app_id": "an app", "loyalty_card": "a loyalty card",
}  # fmt: skip
_STANDINGS = {
    Standing.GIVEN: "said yes to", Standing.REFUSED: "said no to", Standing.WITHDRAWN: "took back",
    Standing.NEVER_ASKED: "was never asked about",
}  # fmt: skip
_PLAIN = re.compile(r"[^\W_]([\w.@+-]| (?!and |or |not |is ))*")


def past(event: str) -> str:
    """What one did who did this event: `bought`."""
    return _EVENTS.get(event, (f"did {_quoted(event)}", ""))[0]


def phrase(leaf: Leaf, names: Names = NO_NAMES, negated: bool = False) -> str:
    """The words. `negated`: of the opposite, for those that have words for it."""
    match leaf:
        case Attribute():
            return _attribute(leaf, names)
        case Near():
            return _near(leaf)
        case Did():
            return _did(leaf, negated)
        case Occurred():
            return _occurred(leaf)
        case Sequence():
            return ", then ".join(map(_step, leaf.steps)) + _window(leaf.window)
        case Orders():
            return " and ".join(_order(leaf, test, names) for test in leaf.tests)
        case Keeps():
            return _keeps(leaf)
        case Subscription():
            said = " or ".join(_STANDINGS[state] for state in leaf.states)
            return f"{said} {_quoted(leaf.topic)} by {CHANNELS.get(leaf.channel, leaf.channel).lower()}"
        case Identified():
            what = _IDENTIFIERS.get(leaf.kind, f"the identifier {_quoted(leaf.kind)}")
            return f"has {_no(what)}" if negated else f"has {what}"
        case Inside():
            return f"is {'not ' * negated}in {_segment(leaf.segment, names)}"
        case Bucket():
            ends = f"{_value(leaf.since)} to {_value(leaf.until)} %"
            return f"is drawn by {_quoted(leaf.salt)} ({ends})"


def _no(what: str) -> str:
    return f"no {what.split(' ', 1)[1]}" if what.split(" ", 1)[0] in ("a", "an") else f"not {what}"


def _segment(segment: SegmentId, names: Names) -> str:
    return f"“{names.segments[segment]}”" if segment in names.segments else "a segment that is gone"


def _attribute(condition: Attribute, names: Names) -> str:
    name = names.fields.get(condition.name, condition.name.replace("_", " "))
    return " and ".join(_state(condition.name, test) or f"{name} {_test(test)}" for test in condition.tests)


def _state(name: str, test: Comparison) -> str | None:
    """Yes-or-no fields that have words of their own."""
    if name in _STATES and isinstance(test.value, bool) and test.op in (Op.IS, Op.IS_NOT, Op.IS_SET):
        yes, no = _STATES[name]
        return yes if test.value is (test.op is not Op.IS_NOT) else no
    return None


def _near(near: Near) -> str:
    return f"is within {_value(near.km)} km of {_value(near.latitude)}, {_value(near.longitude)}"


def _did(did: Did, negated: bool) -> str:
    if did.at_most == 0:
        return f"never {past(did.what.event)}{_which(did.what)}{_window(did.window)}"
    said = _undone(did.what.event) if negated else past(did.what.event)
    return f"{said}{_which(did.what)}{_times(did)}{_window(did.window)}"


def _undone(event: str) -> str:
    return f"did not {_EVENTS.get(event, ('', f'do {_quoted(event)}'))[1]}"


def _which(what: Which) -> str:
    said = _wheres(what.where)
    if what.weekdays:
        said += f" on a {_either([WEEKDAYS[day - 1].capitalize() for day in what.weekdays])}"
    if what.hours:
        said += f" between {what.hours[0]}:00 and {what.hours[1]}:00"
    if what.near:
        said += f" within {_value(what.near.km)} km of {_value(what.near.latitude)}, {_value(what.near.longitude)}"
    return said


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _wheres(where: tuple[Where, ...]) -> str:
    parts = [f"{part.property.replace('_', ' ')} {_test(test)}" for part in where for test in part.tests]
    return f" ({' and '.join(parts)})" if parts else ""


def _occurred(leaf: Occurred) -> str:
    """`last bought at least 30 days ago, and that one had category is Bikes`."""
    said = f"{'last' if leaf.last else 'first'} {past(leaf.what.event)}{_which(leaf.what)}"
    when = " and ".join(_test(test).removeprefix("is ") for test in leaf.tests)
    like = _wheres(leaf.having).strip(" ")
    return f"{said}{f' {when}' if when else ''}{f' with {like}' if like else ''}{_window(leaf.window)}"


def _step(step: Step) -> str:
    said = _undone(step.what.event) if step.missing else past(step.what.event)
    within = f"within {_length(step.within)} " if step.within else ""
    return f"{within}{said}{_which(step.what)}"


def _length(hours: int) -> str:
    return _n(hours // 24, "day") if hours % 24 == 0 else _n(hours, "hour")


def _times(did: Did) -> str:
    if did.at_most is None:
        return f" at least {did.times} times" if did.times > 1 else ""
    if did.times == did.at_most:
        return f" exactly {_n(did.times, 'time')}"
    if did.times == 0:
        return f" at most {_n(did.at_most, 'time')} (or never)"
    return f" {did.times} to {did.at_most} times"


def _window(window: Window) -> str:
    match window:
        case None:
            return ""
        case Rolling(hours):
            length = _length(hours)
            return f" in the last {length.removeprefix('1 ')}"
        case Calendar(Unit.DAY, back):
            return " yesterday" if back else " today"
        case Calendar(unit, back):
            return f" {'last' if back else 'this'} {unit}"
        case Between(since, None):
            return f" since {_value(since)}"  # type: ignore[arg-type]
        case Between(None, until):
            return f" until {_value(until)}"  # type: ignore[arg-type]
        case Between(since, until):
            return f" from {_value(since)} to {_value(until)}"  # type: ignore[arg-type]
        case FirstDays(None):
            return " since registering"
        case FirstDays(days):
            return f" in the first {_n(days or 0, 'day').removeprefix('1 ')} after registering"


def _order(orders: Orders, test: Comparison, names: Names) -> str:
    lines = _lines(orders, names)
    status = f"{orders.status} " if orders.status else ""
    window = _window(orders.window)
    amount = f"{_AMOUNTS.get(test.op, '')} {_value(test.value)}"
    match orders.measure:
        case Measure.COUNT:
            what = f"{status}{'order' if test.value == 1 else 'orders'}{f' with {lines}' if lines else ''}"
            none = test.value == 0 and test.op in (Op.IS, Op.AT_MOST)
            return f"has no {what}{window}" if none else f"has {amount} {what}{window}"
        case Measure.FIRST | Measure.LAST:
            what = f"{status}order{f' with {lines}' if lines else ''}"
            return f"{orders.measure} {what} {_test(test)}{window}"
        case Measure.SMALLEST | Measure.LARGEST:
            what = f"{status}order{f' with {lines}' if lines else ''}"
            return f"{orders.measure} {what} came to {amount}{window}"
    on = f" on {lines}" if lines else ""
    of = f" in {status}orders" if status else ""
    each = " per order" if orders.measure is Measure.AVERAGE else ""
    return f"spent {amount}{each}{on}{of}{window}"


def _lines(orders: Orders, names: Names) -> str:
    said = [_quoted(orders.category)] if orders.category else []
    said += [f"brand {_quoted(orders.brand)}"] if orders.brand else []
    said += [f"product {_quoted(orders.product)}"] if orders.product else []
    said += [f"products of {_segment(orders.products, names)}"] if orders.products else []
    return ", ".join(said)


def _keeps(leaf: Keeps) -> str:
    where = "in the cart" if leaf.basket is Basket.CART else "on the wish list"
    return " and ".join(
        f"has nothing{_wheres(leaf.where)} {where}"
        if test.value == 0 and test.op in (Op.IS, Op.AT_MOST)
        else f"has {_AMOUNTS[test.op]} {_value(test.value)} {'product' if test.value == 1 else 'products'}"
        f"{_wheres(leaf.where)} {where}"
        for test in leaf.tests
    )


_AMOUNTS = {
    Op.IS: "exactly",
    Op.AT_LEAST: "at least",
    Op.AT_MOST: "at most",
    Op.MORE_THAN: "more than",
    Op.LESS_THAN: "less than",
}


def _test(test: Comparison) -> str:
    return _TESTS[test.op](test.value)


def _n(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ago(bound: str) -> Callable[[Value], str]:
    return lambda value: f"is {bound} {_n(int(value), 'day')} ago"  # type: ignore[arg-type]


_TESTS: dict[Op, Callable[[Value], str]] = {
    Op.IS: lambda value: f"is {_value(value)}",
    Op.IS_NOT: lambda value: f"is not {_value(value)} (or unknown)",
    Op.ONE_OF: lambda value: f"is one of {_value(value)}",
    Op.CONTAINS: lambda value: f"contains {_value(value)}",
    Op.STARTS_WITH: lambda value: f"starts with {_value(value)}",
    Op.AT_LEAST: lambda value: f"is at least {_value(value)}",
    Op.AT_MOST: lambda value: f"is at most {_value(value)}",
    Op.MORE_THAN: lambda value: f"is more than {_value(value)}",
    Op.LESS_THAN: lambda value: f"is less than {_value(value)}",
    Op.BEFORE: lambda value: f"is before {_value(value)}",
    Op.AFTER: lambda value: f"is after {_value(value)}",
    Op.DAYS_AGO_AT_LEAST: _ago("at least"),
    Op.DAYS_AGO_AT_MOST: _ago("at most"),
    Op.ANNIVERSARY_WITHIN: lambda value: f"has its anniversary within {_n(int(value), 'day')}",  # type: ignore[arg-type]
    Op.CONTAINS_ANY: lambda value: f"contains any of {_value(value)}",
    Op.CONTAINS_ALL: lambda value: f"contains all of {_value(value)}",
    Op.IS_SET: lambda value: "is known" if value else "is not known",
}


def _value(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(_value(one) for one in value)
        case float() | Decimal():
            return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{int(value)}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M UTC")
        case date():
            return value.isoformat()
        case _:
            return _quoted(value)


def _quoted(text: str) -> str:
    """In quotes where the words could be taken for a part of the sentence."""
    return text if _PLAIN.fullmatch(text) else f"“{text}”"
