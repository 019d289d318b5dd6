"""From what was told of a list to what is in it: in the order of time, whatever the order of arrival.

What was told of a person under several ids (before and after a merge) is one story: the result is the same as if
it had been told of one person from the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from cadenza.cdp.product_lists.types import Held, Piece, Telling


def fold(tellings: Iterable[Telling]) -> list[Held]:
    """What the list holds after all of these, the longest held first."""
    held: dict[str, Held] = {}
    for one in in_order(tellings):
        match one.kind:
            case "set":
                held = _replaced(held, one)
            case "add":
                for piece in one.pieces:
                    before = held.get(piece.product)
                    _put(held, piece, (before.quantity if before else Decimal(0)) + piece.quantity, one)
            case "count":
                for piece in one.pieces:
                    _put(held, piece, piece.quantity, one)
    return sorted(held.values(), key=lambda item: (item.added_at, item.product))


def in_order(tellings: Iterable[Telling]) -> list[Telling]:
    """By time; of one moment by name, so that the order of arrival never matters."""
    return sorted(tellings, key=lambda one: (one.at, one.message))


def _replaced(held: dict[str, Held], one: Telling) -> dict[str, Held]:
    fresh: dict[str, Held] = {}
    for piece in one.pieces:
        known = fresh.get(piece.product)
        if known is None and piece.product in held:  # it stays in: since when, is remembered
            fresh[piece.product] = replace(held[piece.product], quantity=Decimal(0))
            known = fresh[piece.product]
        _put(fresh, piece, piece.quantity + (known.quantity if known else 0), one)
    return fresh


def _put(held: dict[str, Held], piece: Piece, quantity: Decimal, one: Telling) -> None:
    known = held.get(piece.product)
    if quantity <= 0:
        held.pop(piece.product, None)
        return
    price = piece.price if piece.price is not None else (known.price if known else None)
    details = {**known.told, **piece.told} if known else piece.told
    since = known.added_at if known else one.at
    held[piece.product] = Held(piece.product, quantity, price, since, one.at, details)
