"""The nouns of product lists. Quantities may be fractions (metres, kilograms); prices are those told with the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from cadenza.base.ids import ProfileId

CART, WISHLIST = "cart", "wishlist"
MOST_PRODUCTS = 1000
LONGEST_NAME = 64
LONGEST_PRODUCT = 200
MOST_PIECES = Decimal(10) ** 9
MOST_DETAILS = 20  # kept of what is told of a product
LONGEST_DETAIL = 200
Kind = Literal["set", "add", "count"]
Detail = str | float | bool


@dataclass(frozen=True)
class Piece:
    """A product as a telling names it: how many, for how much each in this list, and what else was told of it."""

    product: str
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    told: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """One thing told of a list: `set` replaces it whole, `add` changes quantities by so many, `count` to so many.

    `home` is the person's id under which it was told, which a merge does not change; `message` names it.
    """

    name: str
    kind: Kind
    pieces: tuple[Piece, ...]
    at: datetime
    message: UUID
    home: ProfileId


@dataclass(frozen=True)
class Held:
    """A product that is in a list."""

    product: str
    quantity: Decimal
    price: Decimal | None
    added_at: datetime
    updated_at: datetime
    told: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A product in a list with what the catalogue says of it now; `name` is empty for one it does not know."""

    product: str
    quantity: Decimal
    price: Decimal | None
    added_at: datetime
    updated_at: datetime
    name: str = ""
    category: str = ""
    url: str = ""
    image_url: str = ""


@dataclass(frozen=True)
class ProductList:
    """A list as it stands. `updated_at` is when the newest thing was told of it; None for one nobody ever told."""

    name: str
    items: tuple[Item, ...] = ()
    updated_at: datetime | None = None
