"""Carries out one call inside the transaction that its door has opened."""

from __future__ import annotations

from collections.abc import Callable

from cadenza.connect.operations import customers, purchases
from cadenza.connect.operations.customers import Outcome
from cadenza.connect.operations.types import Call, Kind

PERFORM: dict[Kind, Callable[[Call], Outcome]] = {
    "register": customers.register,
    "edit": customers.edit,
    "fill": customers.fill,
    "authorize": customers.authorize,
    "check": customers.check,
    "check_email": customers.check,
    "check_phone": customers.check,
    "check_card": customers.check,
    "merge": customers.merge,
    "subscribe": customers.subscribe,
    "confirm_email": customers.confirm,
    "confirm_phone": customers.confirm,
    "set_list": purchases.change_list,
    "add_to_list": purchases.change_list,
    "remove_from_list": purchases.change_list,
    "set_count": purchases.change_list,
    "create_order": purchases.place_order,
    "offline_order": purchases.place_order,
    "update_order": purchases.change_order,
    "cancel_order": purchases.change_order,
    "get_orders": purchases.list_orders,
    "action": purchases.act,
}


def perform(call: Call) -> Outcome:
    """The answer's nodes, and the person that it is about; raises Invalid where nothing may be changed."""
    return PERFORM[call.operation.kind](call)
