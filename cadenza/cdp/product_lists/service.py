"""Change and read product lists. A change is an event: the list follows from the events, whoever sent them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cadenza.base import clock, money, text
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.base.problem import BadInput
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.identity import service as identity
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import StoredEvent, Told
from cadenza.cdp.product_lists import models, store
from cadenza.cdp.product_lists.condense import condense
from cadenza.cdp.product_lists.fold import fold
from cadenza.cdp.product_lists.hear import LISTS, hear
from cadenza.cdp.product_lists.types import (
    CART,
    LONGEST_NAME,
    LONGEST_PRODUCT,
    MOST_PIECES,
    MOST_PRODUCTS,
    WISHLIST,
    Held,
    Item,
    Piece,
    ProductList,
    Telling,
)

SET = {CART: "Cart Updated"}
ADD = {CART: "Product Added", WISHLIST: "Product Added to Wishlist"}
REMOVE = {CART: "Product Removed", WISHLIST: "Product Removed from Wishlist"}
COUNT = {CART: "Product Quantity Changed"}


def set(
    workspace: WorkspaceId, profile: ProfileId, name: str, pieces: Sequence[Piece], *,
    at: datetime | None = None, message: str = "", source: str = "internal", home: ProfileId | None = None,
) -> ProductList:  # fmt: skip
    """Replace a list whole; gives the list as it stands then, which something told later may have changed again.

    `home`, here and below: the id under which it was told, where that is not `profile`.
    """
    if len(pieces) > MOST_PRODUCTS:
        raise BadInput(f"A list has at most {MOST_PRODUCTS} products.", at="products")
    told = {"products": [_product(one, f"products.{index}") for index, one in enumerate(pieces)]}
    return _tell(
        workspace, profile, name, SET.get(name, "Product List Updated"), told, at, message, source, home
    )


def add(
    workspace: WorkspaceId, profile: ProfileId, name: str, piece: Piece, *,
    at: datetime | None = None, message: str = "", source: str = "internal", home: ProfileId | None = None,
) -> ProductList:  # fmt: skip
    """So many more of a product."""
    event = ADD.get(name, "Product Added to List")
    return _tell(workspace, profile, name, event, _product(piece), at, message, source, home)


def remove(
    workspace: WorkspaceId, profile: ProfileId, name: str, product: str, quantity: Decimal | None = None, *,
    at: datetime | None = None, message: str = "", source: str = "internal", home: ProfileId | None = None,
) -> ProductList:  # fmt: skip
    """So many fewer of a product; without `quantity` none any more."""
    told = _product(Piece(product, Decimal(0) if quantity is None else quantity))
    if quantity is None:
        del told["quantity"]
    event = REMOVE.get(name, "Product Removed from List")
    return _tell(workspace, profile, name, event, told, at, message, source, home)


def set_count(
    workspace: WorkspaceId, profile: ProfileId, name: str, piece: Piece, *,
    at: datetime | None = None, message: str = "", source: str = "internal", home: ProfileId | None = None,
) -> ProductList:  # fmt: skip
    """Exactly so many of a product; 0 takes it out."""
    event = COUNT.get(name, "Product Quantity Changed in List")
    return _tell(workspace, profile, name, event, _product(piece), at, message, source, home)


def _product(piece: Piece, at: str = "product") -> dict[str, Any]:
    product = text.clean(piece.product.strip(), LONGEST_PRODUCT)
    if not product:
        raise BadInput("A product has an id.", at=f"{at}.product")
    quantity = money.amount(piece.quantity, at=f"{at}.quantity")
    if not 0 <= quantity <= MOST_PIECES:
        raise BadInput("This is not a number of pieces.", at=f"{at}.quantity", hint="Write 0 or more.")
    told: dict[str, Any] = {"product_id": product, "quantity": _plain(quantity)}
    if piece.price is not None:
        told["price"] = _plain(money.amount(piece.price, at=f"{at}.price"))
    return told


def _plain(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)


def _tell(
    workspace: WorkspaceId, profile: ProfileId, name: str, event: str, told: dict[str, Any],
    at: datetime | None, message: str, source: str, home: ProfileId | None,
) -> ProductList:  # fmt: skip
    """Tell the event; its own echo changes the list (`handlers.on_events_stored`), as it would for any other."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise BadInput(
            "This cannot be the name of a list.", at="list", hint=f"Use 1 to {LONGEST_NAME} letters."
        )
    who = identity.current(workspace, profile)
    named = told if LISTS[event] else {**told, "list": name}
    one = Told(who, event, named, message or str(new_id()), at or clock.now(), home or profile)
    ingest.accept_all_of(workspace, [one], source)
    return get(workspace, who, name)


def take_in(workspace: WorkspaceId, events: Iterable[StoredEvent]) -> None:
    """Let the lists follow what these events tell."""
    told = [
        (event.profile, Telling(heard.name, heard.kind, heard.pieces, event.at, event.id, event.home))
        for event in events
        if event.name in LISTS and (heard := hear(event.name, event.properties))
    ]
    if told:
        _settle(workspace, store.add(workspace, told))


def _settle(workspace: WorkspaceId, keys: Collection[store.Key]) -> None:
    """Make these lists what follows from all that was told of them."""
    if not keys:
        return
    known = store.tellings(workspace, keys)
    store.put(workspace, {key: fold(known.get(key, ())) for key in keys})
    for told in known.values():
        gone, whole = condense(told)
        store.forget(workspace, gone)
        if whole:
            store.rewrite(workspace, whole)


def get(workspace: WorkspaceId, profile: ProfileId, name: str) -> ProductList:
    """A list as it stands; one that nobody told of is empty."""
    found = [one for one in lists_of(workspace, profile) if one.name == name]
    return found[0] if found else ProductList(name)


def lists_of(workspace: WorkspaceId, profile: ProfileId) -> list[ProductList]:
    """Every list of a person, the cart first, with what the catalogue says of each product."""
    who = identity.current(workspace, profile)
    lists = list(models.ProductList.objects.filter(workspace_id=workspace, profile_id=who))
    told = store.tellings(workspace, [(who, one.name) for one in lists])
    held = {one.name: fold(told.get((who, one.name), ())) for one in lists}
    known = catalog.many(workspace, {item.product for items in held.values() for item in items})
    found = [
        ProductList(
            one.name, tuple(_shown(item, known.get(item.product)) for item in held[one.name]), one.updated_at
        )
        for one in lists
    ]
    return sorted(found, key=lambda one: (one.name != CART, one.name != WISHLIST, one.name))


def _shown(held: Held, product: Product | None) -> Item:
    more = (
        {name: getattr(product, name) for name in ("name", "category", "url", "image_url")} if product else {}
    )
    return Item(held.product, held.quantity, held.price, held.added_at, held.updated_at, **more)


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """Winner and loser of each merge, in their order, are one: so is what was told of their lists."""
    into: dict[int, int] = {}
    for winner, loser in reversed(merges):  # the last first: where it leads, those before it lead too
        into[loser] = into.get(winner, winner)
    keys = store.follow(workspace, into)
    if keys:
        store.renew(workspace, keys)
        _settle(workspace, keys)


def follow_unmerge(
    workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, ids: Sequence[ProfileId]
) -> None:
    """They are two again: each has what was told under its own ids."""
    keys = store.give_back(workspace, winner, loser, ids)
    store.renew(workspace, keys)
    _settle(workspace, keys)


def mirror(workspace: WorkspaceId, after: int = 0, limit: int = 1000) -> int | None:
    """Copy the lists of some people to the event store, for shops that had lists before these were copied.

    Gives after whom it goes on; None at the end.
    """
    return store.mirror(workspace, after, limit)


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Every list of a person; how it came about stands among the events."""
    return {
        "product_lists": [
            {
                "list": one.name,
                "updated_at": one.updated_at.isoformat() if one.updated_at else None,
                "items": [
                    {"product": item.product, "name": item.name, "quantity": str(item.quantity),
                     "price": None if item.price is None else str(item.price), "since": item.added_at.isoformat()}
                    for item in one.items
                ],
            }
            for one in lists_of(workspace, profile)
        ]
    }  # fmt: skip


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget the lists of a person, under every id it ever had."""
    return store.erase(workspace, identity.all_ids(workspace, profile))
