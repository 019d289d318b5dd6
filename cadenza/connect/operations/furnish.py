"""The operations that a new integration point begins with, by the names that SDKs of the reference product use."""

from __future__ import annotations

from cadenza.connect.operations.types import CUSTOMER_FIELDS, READS, RETURNED_FIELDS, Access, Draft, Kind

STANDARD = (
    Draft("RegisterCustomer", "register"),
    Draft("AuthorizeCustomer", "authorize"),
    Draft("EditCustomer", "edit"),
    Draft("FillCustomerProfile", "fill"),
    Draft("CheckCustomer", "check"),
    Draft("CheckCustomerByEmail", "check_email"),
    Draft("CheckCustomerByMobilePhone", "check_phone"),
    Draft("GetCustomerDataByDiscountCard", "check_card"),
    Draft("MergeCustomers", "merge"),
    Draft("SubscribeCustomer", "subscribe"),
    Draft("SubscriptionInFooter", "subscribe", access="open"),
    Draft("AutoConfirmMobilePhone", "confirm_phone"),
    Draft("AutoConfirmEmail", "confirm_email"),
    Draft("SetCart", "set_list", "cart", "open"),
    Draft("SetProductList", "set_list", "cart", "open"),
    Draft("SetWishList", "set_list", "wishlist", "open"),
    Draft("AddToCart", "add_to_list", "cart", "open"),
    Draft("RemoveFromCart", "remove_from_list", "cart", "open"),
    Draft("SetProductCount", "set_count", "cart", "open"),
    Draft("CreateOrder", "create_order"),
    Draft("CreateAuthorizedOrder", "create_order"),
    Draft("CreateUnauthorizedOrder", "create_order"),
    Draft("ConfirmOrder", "update_order", "paid"),
    Draft("UpdateOrder", "update_order"),
    Draft("CancelOrder", "cancel_order"),
    Draft("SaveOfflineOrder", "create_order"),
    Draft("OfflineOrder", "offline_order"),
    Draft("GetCustomerOrders", "get_orders"),
    Draft("ViewProduct", "action", "Product Viewed", "open"),
    Draft("ViewCategory", "action", "Product List Viewed", "open"),
)
DOES: dict[Kind, str] = {
    "register": "Registers a customer; one who is registered already is left as they are.",
    "authorize": "Ties the browser or app to a customer who signed in.",
    "edit": "Changes what is known of a customer.",
    "fill": "Adds what was not known yet, and overwrites nothing.",
    "check": "Finds a customer by any id and says what is known.",
    "check_email": "Finds a customer by e-mail.",
    "check_phone": "Finds a customer by mobile phone.",
    "check_card": "Finds a customer by loyalty card.",
    "merge": "Makes customers one.",
    "subscribe": "Records what a customer agreed to or objected to.",
    "confirm_email": "Records that the e-mail address was confirmed.",
    "confirm_phone": "Records that the phone was confirmed.",
    "set_list": "Replaces a product list whole.",
    "add_to_list": "Puts a product into a list.",
    "remove_from_list": "Takes a product out of a list.",
    "set_count": "Sets how many of a product are in a list.",
    "create_order": "Takes in a new order.",
    "update_order": "Changes an order, its lines or its status.",
    "cancel_order": "Cancels an order.",
    "offline_order": "Takes in an order from a till; the cart of the site stays.",
    "get_orders": "Lists the orders of a customer.",
    "action": "Records that a customer did something.",
}
TARGETED: dict[Kind, str] = {
    "set_list": "list", "add_to_list": "list", "remove_from_list": "list", "set_count": "list",
    "update_order": "status", "action": "event",
}  # fmt: skip
SECRET = ("merge", "confirm_email", "confirm_phone", "update_order", "cancel_order", "offline_order")
BRIEF = ("ids",)
WITH_TICKET = ("ids", "authenticationTicket")


def furnish(prefix: str = "Website") -> tuple[Draft, ...]:
    """The standard set, named for one system: `Website.RegisterCustomer` …"""
    return tuple(Draft(f"{prefix}.{one.name}", one.kind, one.target, one.access) for one in STANDARD)


def accepted(kind: Kind) -> tuple[str, ...]:
    """The fields of a customer that an operation of this kind accepts, unless it is told otherwise."""
    return CUSTOMER_FIELDS if kind != "merge" else ()


def returned(kind: Kind) -> tuple[str, ...]:
    """The fields of a customer that it gives back, unless it is told otherwise."""
    if kind in READS and kind != "get_orders":
        return RETURNED_FIELDS
    return WITH_TICKET if kind in ("register", "authorize") else BRIEF


def widest(kind: Kind) -> Access:
    """How far an operation of this kind may be opened: what reads a customer never without the customer's ticket."""
    if kind in READS or kind in ("edit", "fill", "authorize"):
        return "ticket"
    return "secret" if kind in SECRET else "open"
