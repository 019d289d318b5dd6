"""From a condition tree to a sentence in plain words, for those who read it and never see the tree.

`bought at least 2 times in the last 30 days and country is US`.  Brackets only where the sentence would
otherwise be ambiguous: around "or" inside "and" (and the reverse), and after "not".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from cadenza.cdp.segments.types import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Condition,
    Did,
    Measure,
    Not,
    Op,
    Orders,
    Value,
    Where,
)

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

_PLAIN = re.compile(r"[^\W_]([\w.@+-]| (?!and |or |not |is ))*")
_FLIPPED = {Op.IS: Op.IS_NOT, Op.IS_NOT: Op.IS}


def past(event: str) -> str:
    """What one did who did this event: `bought`."""
    return _EVENTS.get(event, (f"did {_quoted(event)}", ""))[0]


def explain(condition: Condition, labels: Mapping[str, str] | None = None) -> str:
    """The sentence. `labels` name the fields as people call them."""
    return _said(_bare(condition), labels or {})


def _said(condition: Condition, labels: Mapping[str, str]) -> str:
    match condition:
        case AllOf(of=()):
            return "everyone"
        case AllOf(of):
            return _joined(of, " and ", labels)
        case AnyOf(of):
            return _joined(of, " or ", labels)
        case Not(of=part):
            return _not(part, labels)
        case Attribute():
            return _attribute(condition, labels)
        case Did():
            return _did(condition)
        case Orders():
            return _orders(condition)


def _joined(parts: tuple[Condition, ...], word: str, labels: Mapping[str, str]) -> str:
    return word.join(_bracketed(part, word, labels) for part in parts)


def _bracketed(part: Condition, word: str, labels: Mapping[str, str]) -> str:
    inner = _bare(part)
    said = _said(inner, labels)
    other = AnyOf if word == " and " else AllOf
    many_tests = word == " or " and isinstance(inner, Attribute | Orders) and " and " in said
    return f"({said})" if (isinstance(inner, other) and inner.of) or many_tests else said


def _bare(condition: Condition) -> Condition:
    """Without what the sentence does not show: groups of one, and not of not."""
    match condition:
        case AllOf(of=(only,)) | AnyOf(of=(only,)):
            return _bare(only)
        case Not(of=part) if isinstance(inner := _bare(part), Not):
            return _bare(inner.of)
        case _:
            return condition


def _not(part: Condition, labels: Mapping[str, str]) -> str:
    match _bare(part):
        case AllOf(of=()):
            return "nobody"
        case Did(times=1, at_most=None) as did:
            return _did(did, not_done=True)
        case Attribute(tests=(Comparison(op=Op.IS_SET, value=bool(known)),)) as attribute:
            return _attribute(_with(attribute, Comparison(Op.IS_SET, not known)), labels)
        case Attribute(tests=(Comparison(op=Op.IS | Op.IS_NOT as op, value=str(value)),)) as attribute:
            return _attribute(_with(attribute, Comparison(_FLIPPED[op], value)), labels)
        case other:
            return f"not ({_said(other, labels)})"


def _with(attribute: Attribute, test: Comparison) -> Attribute:
    return Attribute(attribute.name, attribute.kind, (test,), attribute.at)


def _attribute(condition: Attribute, labels: Mapping[str, str]) -> str:
    name = labels.get(condition.name, condition.name.replace("_", " "))
    return " and ".join(_state(condition.name, test) or f"{name} {_test(test)}" for test in condition.tests)


def _state(name: str, test: Comparison) -> str | None:
    """Yes-or-no fields that have words of their own."""
    if name in _STATES and isinstance(test.value, bool) and test.op in (Op.IS, Op.IS_NOT, Op.IS_SET):
        yes, no = _STATES[name]
        return yes if test.value is (test.op is not Op.IS_NOT) else no
    return None


def _did(did: Did, not_done: bool = False) -> str:
    past, base = _EVENTS.get(did.event, (f"did {_quoted(did.event)}", f"do {_quoted(did.event)}"))
    if did.at_most == 0:
        return f"never {past}{_wheres(did.where)}{_window(did.days)}"
    said = f"did not {base}" if not_done else past
    return f"{said}{_wheres(did.where)}{_times(did)}{_window(did.days)}"


def _wheres(where: tuple[Where, ...]) -> str:
    parts = [f"{part.property.replace('_', ' ')} {_test(test)}" for part in where for test in part.tests]
    return f" ({' and '.join(parts)})" if parts else ""


def _times(did: Did) -> str:
    if did.at_most is None:
        return f" at least {did.times} times" if did.times > 1 else ""
    if did.times == did.at_most:
        return f" exactly {_n(did.times, 'time')}"
    if did.times == 0:
        return f" at most {_n(did.at_most, 'time')} (or never)"
    return f" {did.times} to {did.at_most} times"


def _window(days: int | None) -> str:
    if days is None:
        return ""
    return f" in the last {days} days" if days > 1 else " in the last day"


def _orders(orders: Orders) -> str:
    return " and ".join(_order(orders, test) for test in orders.tests)


def _order(orders: Orders, test: Comparison) -> str:
    status = f"{orders.status} " if orders.status else ""
    window = _window(orders.days)
    category = _quoted(orders.category) if orders.category else ""
    amount = f"{_AMOUNTS[test.op]} {_value(test.value)}"
    if orders.measure is Measure.COUNT:
        what = f"{status}{'order' if test.value == 1 else 'orders'}" + (
            f" with {category}" if category else ""
        )
        none = test.value == 0 and test.op in (Op.IS, Op.AT_MOST)
        return f"has no {what}{window}" if none else f"has {amount} {what}{window}"
    on = f" on {category}" if category else ""
    of = f" in {status}orders" if status else ""
    each = " per order" if orders.measure is Measure.AVERAGE else ""
    return f"spent {amount}{each}{on}{of}{window}"


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
