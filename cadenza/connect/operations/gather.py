"""From the product nodes of a request to pieces of a product list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cadenza.base import money, text
from cadenza.base.problem import BadInput
from cadenza.cdp.product_lists.types import LONGEST_PRODUCT, MOST_PIECES, MOST_PRODUCTS, Piece
from cadenza.connect.operations.types import Kind, Message

SECTION: dict[Kind, str] = {
    "set_list": "productList",
    "add_to_list": "addProductToList",
    "remove_from_list": "removeProductFromList",
    "set_count": "setProductCountInList",
}
COUNTS = ("count", "quantity")
PRICES = ("pricePerItem", "price", "basePricePerItem")


@dataclass(frozen=True)
class Gathered:
    """The pieces, and whether their number was told."""

    pieces: tuple[Piece, ...]
    counted: bool


def gather(kind: Kind, tree: Mapping[str, Any], faults: list[Message]) -> Gathered:
    """What a request tells of a list; what does not fit is told in `faults`."""
    section = SECTION[kind]
    told, at = tree.get(section), f"/{section}"
    if kind == "set_list":
        return Gathered(_whole(told, faults, at), True)
    if not isinstance(told, dict):
        faults.append(Message("This is an object with a product.", at))
        return Gathered((), False)
    counted = any(told.get(name) not in (None, "") for name in COUNTS)
    if kind == "set_count" and not counted:
        faults.append(Message("Tell how many there are then.", f"{at}/count"))
    piece = _piece(told, faults, at)
    return Gathered((piece,) if piece else (), counted)


def _whole(told: Any, faults: list[Message], at: str) -> tuple[Piece, ...]:
    if isinstance(told, dict):
        told, at = told.get("items"), f"{at}/items"
    if told == "":
        told = []
    if not isinstance(told, list) or len(told) > MOST_PRODUCTS:
        faults.append(Message(f"This is a list of at most {MOST_PRODUCTS} products.", at))
        return ()
    found = [_piece(one, faults, f"{at}/{index}") for index, one in enumerate(told)]
    return tuple(one for one in found if one)


def _piece(told: Any, faults: list[Message], at: str) -> Piece | None:
    if not isinstance(told, dict):
        faults.append(Message("This is an object with a product.", at))
        return None
    product = product_id(told.get("product"), faults, f"{at}/product")
    quantity = number(told, COUNTS, faults, at)
    if quantity is not None and not 0 <= quantity <= MOST_PIECES:
        faults.append(Message("This is not a number of pieces.", f"{at}/{COUNTS[0]}"))
    price = number(told, PRICES, faults, at)
    return Piece(product, Decimal(1) if quantity is None else quantity, price) if product else None


def product_id(told: Any, faults: list[Message], at: str) -> str:
    """The id of a product node: of the product, else of its variant, whatever system it is of."""
    for part, place in ((told, at), (told.get("sku") if isinstance(told, dict) else None, f"{at}/sku")):
        ids = part.get("ids") if isinstance(part, dict) else None
        if isinstance(ids, dict) and (
            found := next((one for one in ids.values() if one not in (None, "")), None)
        ):
            fits = not isinstance(found, bool) and isinstance(found, str | int)
            if fits and (known := text.clean(str(found), LONGEST_PRODUCT).strip()):
                return known
            faults.append(Message("An id is a text or a whole number.", f"{place}/ids"))
            return ""
    faults.append(Message("A product is told by an id.", f"{at}/ids"))
    return ""


def number(told: Mapping[str, Any], names: tuple[str, ...], faults: list[Message], at: str) -> Decimal | None:
    """The amount under the first of these names that is told."""
    for name in names:
        if (value := told.get(name)) not in (None, ""):
            try:
                if isinstance(value, bool | dict | list):
                    raise BadInput("This is not an amount.", hint="Write a number like 12.50.")
                return money.amount(value)
            except BadInput as refusal:
                faults.append(Message(f"{refusal.detail} {refusal.hint or ''}".strip(), f"{at}/{name}"))
    return None
