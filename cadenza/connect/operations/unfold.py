"""From XML to the neutral tree: elements are names, their text is the value, attributes say nothing.

No entities, no document types, no network: what a parser would fetch or multiply is refused before it can.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from cadenza.base import text
from cadenza.base.problem import Malformed
from cadenza.connect.operations.types import Tree

ROOT = "operation"
MOST_DEPTH, MOST_NODES, LONGEST_TEXT = 16, 50_000, 10_000
# What is a list although it may hold one thing, and what each thing is called there.
LISTS = {
    "subscriptions": "subscription", "productList": "productListItem", "items": "item", "lines": "line",
    "customersToMerge": "customer", "discounts": "discount", "payments": "payment", "orders": "order",
    "validationMessages": "validationMessage", "customers": "customer",
}  # fmt: skip
VALUE = "value"  # what the things of any other list are called


def unfold(body: bytes) -> Tree:
    """The tree below `<operation>`; raises Malformed."""
    root = _parsed(body)
    if _name(root) != ROOT:
        raise Malformed(f"The root of a request is <{ROOT}>.", at="body", hint=f"Send <{ROOT}>…</{ROOT}>.")
    found = _value(root, MOST_DEPTH, [MOST_NODES])
    return found if isinstance(found, dict) else {}


def _parsed(body: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Malformed(
            "The body cannot be read: it is not XML.", at="body", hint="Close every element."
        ) from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("A request has no document type.", at="body", hint="Leave <!DOCTYPE …> out.")
    return root


def _name(element: Any) -> str:
    return text.clean(etree.QName(element).localname, 200)


def _value(element: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth < 0 or left[0] < 0:
        raise Malformed(
            f"A request nests at most {MOST_DEPTH} deep and has at most {MOST_NODES} values.", at="body"
        )
    inner = [one for one in element if isinstance(one.tag, str)]
    name = _name(element)
    if not inner:
        return [] if name in LISTS else text.clean((element.text or "").strip(), LONGEST_TEXT)
    if name in LISTS or _is_list(inner):
        return [_value(one, depth - 1, left) for one in inner]
    found: Tree = {}
    for one in inner:
        if _name(one) in found:
            raise Malformed(
                "A name stands twice in one element.", at=f"body.{_name(one)[:80]}", hint="Send it once."
            )
        found[_name(one)] = _value(one, depth - 1, left)
    return found


def _is_list(inner: list[Any]) -> bool:
    return all(_name(one) == VALUE for one in inner)
