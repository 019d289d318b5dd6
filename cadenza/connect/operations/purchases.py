"""Carries out what is asked about product lists and orders, and records what people did."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from cadenza.cdp.ingest.types import MOST_EVENT_BYTES
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import Order
from cadenza.cdp.product_lists import service as product_lists
from cadenza.cdp.product_lists.types import Item, ProductList
from cadenza.connect.operations.customers import Outcome, answered, learn, say
from cadenza.connect.operations.describe import describe_order
from cadenza.connect.operations.recognise import SOURCE, Who, find, meet
from cadenza.connect.operations.types import Call, Invalid, Message, Page, Sale, Tree
from cadenza.trust.accounts import service as accounts

EVENTS = {
    "create_order": "Order Completed",
    "offline_order": "Order Completed",
    "update_order": "Order Updated",
    "cancel_order": "Order Cancelled",
}


def change_list(call: Call) -> Outcome:
    """Set, add, remove or count products of a list."""
    who = _met(call)
    if not who or not who.may_change:
        return answered(call, who)
    before = product_lists.get(call.workspace, who.profile, call.operation.target)
    after = _change(call, who)
    told, person = answered(call, who)
    moved = [(one.product, one.quantity, one.price) for one in before.items] != [
        (one.product, one.quantity, one.price) for one in after.items
    ]
    status = "Changed" if moved else "NotChanged"
    told |= {"list": {"name": after.name, "processingStatus": status}}
    if who.may_read:
        told["productList"] = [_item(call, one) for one in after.items]
    return told, person


def _change(call: Call, who: Who) -> ProductList:
    name, pieces = call.operation.target, call.request.pieces
    more = {"at": call.request.at or call.at, "message": call.message, "source": SOURCE, "home": who.home}
    match call.operation.kind:
        case "set_list":
            return product_lists.set(call.workspace, who.profile, name, pieces, **more)  # type: ignore[arg-type]
        case "add_to_list":
            return product_lists.add(call.workspace, who.profile, name, pieces[0], **more)  # type: ignore[arg-type]
        case "set_count":
            return product_lists.set_count(call.workspace, who.profile, name, pieces[0], **more)  # type: ignore[arg-type]
        case _:
            fewer = pieces[0].quantity if call.request.counted else None
            return product_lists.remove(call.workspace, who.profile, name, pieces[0].product, fewer, **more)  # type: ignore[arg-type]


def _item(call: Call, one: Item) -> Tree:
    product: Tree = {"ids": {call.point.external_system: one.product}}
    if one.name:
        product["name"] = one.name
    return {"product": product, "count": one.quantity, "pricePerItem": one.price}


def _met(call: Call) -> Who:
    """Whoever it is, with what the call tells of them."""
    who = meet(call)
    told = call.request.customer
    if who and who.may_change and (who.status == "Created" or told.traits or told.confirmed):
        return learn(call, who, told.traits)
    return who


def place_order(call: Call) -> Outcome:
    """A new order; one whose number is known is left as it is."""
    sale = _sale(call)
    who = _met(call)
    if not who:
        return answered(call, who)
    told, person = answered(call, who)
    if orders.one(call.workspace, sale.change.number):
        return told | {"order": _order_node(call, sale, "AlreadyExists")}, person
    if not who.may_change:
        return told | {"order": {"processingStatus": "NotProcessed"}}, person
    _take_in(call, who, sale)
    return told | {"order": _order_node(call, sale, "Created")}, person


def change_order(call: Call) -> Outcome:
    """Change or cancel an order that is known; without a customer it stays with whose it is."""
    sale = _sale(call)
    known = orders.one(call.workspace, sale.change.number)
    if known is None:
        return {"order": _order_node(call, sale, "NotFound")}, None
    named = call.request.named or call.request.ticket
    who = (
        _met(call)
        if named
        else Who("Found", known.profile, known.home or known.profile)
        if known.profile
        else Who("NotFound")
    )
    if named and not who:
        return answered(call, who)
    _take_in(call, who, sale)
    after = orders.one(call.workspace, sale.change.number)
    status = "Changed" if after != known else "NotChanged"
    told, person = answered(call, who) if named else ({}, known.profile)
    return told | {"order": _order_node(call, sale, status)}, person


def _sale(call: Call) -> Sale:
    if call.request.sale is None:
        raise Invalid(Message("Tell the order.", "/order"))
    return call.request.sale


def _take_in(call: Call, who: Who, sale: Sale) -> None:
    """First the event, so that all who listen hear of it; then the order itself, with lines as exact as they came."""
    _fits(sale.properties, "/order")
    if who:
        say(call, who, EVENTS[call.operation.kind], sale.properties)
    standard = accounts.workspace(call.workspace).currency
    change = replace(
        sale.change, profile=who.profile or None, home=who.home or None, standard_currency=standard
    )
    orders.upsert(call.workspace, [change])


def _fits(properties: object, place: str) -> None:
    if len(msgspec.json.encode(properties)) > MOST_EVENT_BYTES * 4:
        raise Invalid(Message("This is too much for one event.", place))


def _order_node(call: Call, sale: Sale, status: str) -> Tree:
    return {"processingStatus": status, "ids": {call.point.external_system: sale.change.number}}


def list_orders(call: Call) -> Outcome:
    """The orders of a customer, newest first, page by page."""
    who = find(call, strict=True)
    told, person = answered(call, who)
    if not who:
        return told, person
    page = call.request.page
    mine = [one for one in orders.of_person(call.workspace, who.profile, MOST_ORDERS) if _within(one, page)]
    shown = mine[(page.number - 1) * page.size : page.number * page.size]
    return told | {
        "totalCount": len(mine),
        "orders": [describe_order(one, call.point) for one in shown],
    }, person


MOST_ORDERS = 10_000


def _within(one: Order, page: Page) -> bool:
    return (page.since is None or one.placed_at >= page.since) and (
        page.until is None or one.placed_at < page.until
    )


def act(call: Call) -> Outcome:
    """Somebody did something that the shop named itself."""
    _fits(call.request.properties, "/")
    who = _met(call)
    if who and who.may_change:
        say(call, who, call.operation.target or call.operation.name, call.request.properties)
    return answered(call, who)
