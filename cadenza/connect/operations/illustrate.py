"""An example of each kind of operation, as a call that can be copied, in JSON and in XML."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lxml import etree

from cadenza.connect.operations.types import Kind, Operation, Point, Tree
from cadenza.connect.operations.write import write

ANN = {"email": "ann@example.com", "mobilePhone": "37120000000", "firstName": "Ann", "lastName": "Ozola"}
PRODUCT = {"ids": {"website": "bell-1"}}
PIECE = {"product": PRODUCT, "count": 2, "pricePerItem": 9.9}
LINE = {
    "lineNumber": 1,
    "product": PRODUCT,
    "quantity": 2,
    "basePricePerItem": 9.9,
    "discountedPricePerLine": 19.8,
}
ORDER: Tree = {"ids": {"website": "A-1001"}, "totalPrice": 19.8, "deliveryCost": 0, "lines": [LINE]}
SUBSCRIPTION = {"pointOfContact": "Email", "topic": "newsletter", "isSubscribed": True}


def illustrate(operation: Operation, point: Point, url: str) -> Mapping[str, str]:
    """The calls, by format: `json` and `xml`. `url` is the address of this installation."""
    tree = body(operation.kind, point.external_system)
    way = "async" if operation.kind == "action" else "sync"
    address = f"{url}/v3/operations/{way}?endpointId={point.endpoint}&operation={operation.name}"
    xml = (
        etree.tostring(etree.fromstring(write(tree, True, "operation")), pretty_print=True).decode().rstrip()
    )
    return {
        "json": _curl(address, "json", json.dumps(tree, indent=2)),
        "xml": _curl(address, "xml", xml),
    }


def _curl(address: str, form: str, told: str) -> str:
    return (
        f"curl '{address}&transactionId=1' \\\n  -H 'Authorization: SecretKey YOUR_SECRET_KEY' \\\n"
        f"  -H 'Content-Type: application/{form}' -H 'Accept: application/{form}' \\\n  -d '{told}'"
    )


def body(kind: Kind, system: str) -> Tree:
    """A request of this kind."""
    who: Tree = {"ids": {system: "42"}}
    match kind:
        case "register":
            return {"customer": {**who, **ANN, "subscriptions": [SUBSCRIPTION]}}
        case "edit" | "fill":
            return {
                "customer": {
                    **who,
                    "birthDate": "1990-05-01",
                    "sex": "female",
                    "customFields": {"tier": "gold"},
                }
            }
        case "check_email" | "confirm_email":
            return {"customer": {"email": ANN["email"]}}
        case "check_phone" | "confirm_phone":
            return {"customer": {"mobilePhone": ANN["mobilePhone"]}}
        case "check_card":
            return {"customer": {"discountCard": {"ids": {"number": "77001"}}}}
        case "merge":
            return {
                "mergeCustomers": {"resultingCustomer": who, "customersToMerge": [{"ids": {system: "43"}}]}
            }
        case "subscribe":
            return {"customer": {"email": ANN["email"], "subscriptions": [SUBSCRIPTION]}}
        case "action":
            return {"customer": who, "viewProduct": {"product": PRODUCT, "price": 9.9}}
        case _:
            return _of_products(kind, who)


def _of_products(kind: Kind, who: Tree) -> Tree:
    match kind:
        case "set_list":
            return {"customer": who, "productList": [PIECE]}
        case "add_to_list":
            return {"customer": who, "addProductToList": PIECE}
        case "remove_from_list":
            return {"customer": who, "removeProductFromList": {"product": PRODUCT}}
        case "set_count":
            return {"customer": who, "setProductCountInList": PIECE}
        case "create_order" | "offline_order":
            return {"customer": who, "order": ORDER}
        case "update_order":
            return {"order": {"ids": ORDER["ids"], "status": "Paid"}}
        case "cancel_order":
            return {"order": {"ids": ORDER["ids"]}}
        case "get_orders":
            return {"customer": who, "page": {"pageNumber": 1, "itemsPerPage": 10}}
        case _:
            return {"customer": who}
