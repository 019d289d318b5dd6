"""From the tree of a request to a request that is understood, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cadenza.cdp.identity.types import Identifier
from cadenza.connect.operations.gather import SECTION, gather, product_id
from cadenza.connect.operations.identify import identify
from cadenza.connect.operations.order import order, plain_all
from cadenza.connect.operations.types import (
    LISTS,
    ORDERS,
    Comparable,
    Customer,
    Invalid,
    Kind,
    Message,
    Named,
    Operation,
    Page,
    Point,
    Request,
    Tree,
)
from cadenza.connect.operations.understand import moment, understand

MOST_MERGED = 100
MOST_ITEMS = 1000
AHEAD = timedelta(hours=24)
ALWAYS = frozenset({"executionDateTimeUtc", "customer"})
SECTIONS: dict[Kind, frozenset[str]] = {
    "merge": frozenset({"mergeCustomers"}), "get_orders": frozenset({"page"}),
    **{kind: frozenset({SECTION[kind]}) for kind in SECTION},
    **{kind: frozenset({"order"}) for kind in ("create_order", "update_order", "cancel_order", "offline_order")},
}  # fmt: skip
ONLY: dict[Kind, tuple[str, ...]] = {  # what this kind finds a customer by; any id, where it is not named
    "check_email": ("email",), "check_phone": ("phone",), "check_card": ("loyalty_card",),
}  # fmt: skip


def parse(
    operation: Operation, point: Point, tree: Tree, device: Identifier | None, now: datetime,
    asked: Mapping[str, str], comparable: Comparable,
) -> Request:  # fmt: skip
    """The request; raises Invalid with every fault found. `asked`: the parameters of its address."""
    faults: list[Message] = []
    _known_sections(operation.kind, tree, faults)
    at = _moment(tree, now, faults)
    node = _node(tree, faults)
    named = identify(node, point.external_system, device, comparable, faults, "/customer")
    customer = understand(node, operation.accepts, faults, "/customer")
    _same_brand(node, point.brand, faults)
    found: dict[str, Any] = {}
    if operation.kind in LISTS:
        gathered = gather(operation.kind, tree, faults)
        found = {"pieces": gathered.pieces, "counted": gathered.counted}
    elif operation.kind in ORDERS:
        found = {"sale": order(operation.kind, operation.target, tree.get("order"), at, faults)}
    elif operation.kind == "merge":
        found = _merge(tree.get("mergeCustomers"), point, comparable, faults)
    elif operation.kind == "get_orders":
        found = {"page": _page(tree.get("page"), asked, faults)}
        named = _by_address(named, asked)
    elif operation.kind == "action":
        found = {"properties": _properties(tree, faults)}
    ticket = str(node.get("authenticationTicket") or "")[:500]
    _somebody(operation.kind, named, ticket, faults)
    if faults:
        raise Invalid(*_once(faults))
    return Request(_narrowed(operation.kind, named), _dated(customer, at, now), ticket, at, **found)


def _once(faults: list[Message]) -> list[Message]:
    return list({(one.message, one.location): one for one in faults}.values())[:100]


def _known_sections(kind: Kind, tree: Tree, faults: list[Message]) -> None:
    if kind == "action":
        return  # a custom action carries what its shop wants
    for name in tree:
        if name not in ALWAYS | SECTIONS.get(kind, frozenset()):
            faults.append(Message("This is not accepted by this operation.", f"/{name[:80]}"))


def _moment(tree: Tree, now: datetime, faults: list[Message]) -> datetime:
    told = moment(tree.get("executionDateTimeUtc"), faults, "/executionDateTimeUtc") or now
    if told > now + AHEAD:
        faults.append(Message("This is more than 24 hours in the future.", "/executionDateTimeUtc"))
    return min(told, now)


def _node(tree: Tree, faults: list[Message]) -> Tree:
    inner = tree.get("order")
    node = tree.get("customer") or (inner.get("customer") if isinstance(inner, dict) else None) or {}
    if isinstance(node, dict):
        return node
    faults.append(Message("A customer is an object.", "/customer"))
    return {}


def _dated(customer: Customer, at: datetime, now: datetime) -> Customer:
    told = min(customer.at or at, now)
    return replace(customer, at=told)


def _same_brand(node: Tree, brand: str, faults: list[Message]) -> None:
    told = node.get("subscriptions")
    for index, one in enumerate(told if isinstance(told, list) else ()):
        said = str(one.get("brand") or "") if isinstance(one, dict) else ""
        if said and brand and said.lower() != brand.lower():
            faults.append(Message(f"The brand here is {brand}.", f"/customer/subscriptions/{index}/brand"))


def _somebody(kind: Kind, named: Named, ticket: str, faults: list[Message]) -> None:
    if kind == "merge" or (kind in ORDERS and kind not in ("create_order", "offline_order")):
        return  # a known order knows whose it is
    if not named and not ticket and not any(one.location.startswith("/customer/") for one in faults):
        faults.append(Message("Tell who it is: an id, an e-mail, a phone or a deviceUUID.", "/customer"))
    wanted = ONLY.get(kind)
    if wanted and not any(one.kind in wanted for one in named.identifiers) and not faults:
        faults.append(Message("Tell what to look for.", f"/customer/{PLACES[kind]}"))


PLACES: dict[Kind, str] = {
    "check_email": "email", "check_phone": "mobilePhone", "check_card": "discountCard",
}  # fmt: skip


def _narrowed(kind: Kind, named: Named) -> Named:
    wanted = ONLY.get(kind)
    if not wanted:
        return named
    return Named(None, tuple(one for one in named.identifiers if one.kind in wanted), None)


def _merge(told: Any, point: Point, comparable: Comparable, faults: list[Message]) -> dict[str, Any]:
    at = "/mergeCustomers"
    told = told if isinstance(told, dict) else {}
    winner, losers = told.get("resultingCustomer"), told.get("customersToMerge")
    if not isinstance(winner, dict):
        faults.append(Message("Tell who stays.", f"{at}/resultingCustomer"))
    if not isinstance(losers, list) or not 0 < len(losers) <= MOST_MERGED:
        faults.append(Message(f"This is a list of 1 to {MOST_MERGED} customers.", f"{at}/customersToMerge"))
        losers = []
    return {
        "winner": _one(winner, point, comparable, faults, f"{at}/resultingCustomer"),
        "losers": tuple(
            _one(one, point, comparable, faults, f"{at}/customersToMerge/{n}") for n, one in enumerate(losers)
        ),
    }


def _one(told: Any, point: Point, comparable: Comparable, faults: list[Message], at: str) -> Named:
    node = told if isinstance(told, dict) else {}
    named = identify(node, point.external_system, None, comparable, faults, at)
    if not named and not any(one.location.startswith(at) for one in faults):
        faults.append(Message("Tell who it is.", at))
    return named


def _by_address(named: Named, asked: Mapping[str, str]) -> Named:
    """The older SDK names the customer in the address: by our own number, which tells nobody who it is."""
    own = asked.get("mindbox", "")
    return Named(int(own), named.identifiers, named.device) if own.isdecimal() and len(own) < 19 else named  # type: ignore[arg-type]


def _page(told: Any, asked: Mapping[str, str], faults: list[Message]) -> Page:
    told = told if isinstance(told, dict) else {}
    size = _whole(
        told.get("itemsPerPage") or asked.get("countToReturn"), 100, MOST_ITEMS, "itemsPerPage", faults
    )
    number = _whole(told.get("pageNumber"), 1, 10_000, "pageNumber", faults)
    if start := asked.get("startingIndex"):
        number = (_whole(start, 1, 10_000_000, "startingIndex", faults) - 1) // size + 1
    since = moment(told.get("sinceDateTimeUtc"), faults, "/page/sinceDateTimeUtc")
    return Page(number, size, since, moment(told.get("tillDateTimeUtc"), faults, "/page/tillDateTimeUtc"))


def _whole(told: Any, otherwise: int, most: int, name: str, faults: list[Message]) -> int:
    if told in (None, ""):
        return otherwise
    said = str(told)
    if said.isascii() and said.isdecimal() and len(said) < 10 and 1 <= int(said) <= most:
        return int(said)
    faults.append(Message(f"This is a whole number from 1 to {most}.", f"/page/{name}"))
    return otherwise


def _properties(tree: Tree, faults: list[Message]) -> dict[str, Any]:
    """What an action carries, beside whose it is; a product viewed is told as every other event tells it."""
    found = {name: value for name, value in plain_all(tree).items() if name not in ALWAYS}
    if isinstance(viewed := found.pop("viewProduct", None), dict):
        product = viewed.get("product")
        found["product_id"] = product_id(product, faults, "/viewProduct/product")
        found |= {name: viewed[name] for name in ("price",) if name in viewed}
    if isinstance(viewed := found.pop("viewProductCategory", None), dict):
        found["category"] = product_id(
            viewed.get("productCategory"), faults, "/viewProductCategory/productCategory"
        )
    return found
