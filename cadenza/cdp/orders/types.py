"""The nouns of orders. Amounts are Decimal in the order's currency; `total` is what the person pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from cadenza.base.ids import ProfileId
from cadenza.cdp.fields.types import Refused

Status = Literal["placed", "paid", "delivered", "cancelled", "returned"]
STATUSES: tuple[Status, ...] = ("placed", "paid", "delivered", "cancelled", "returned")
ZERO = Decimal(0)


@dataclass(frozen=True)
class OrderLine:
    """One product in an order. `total` is the line's revenue, all pieces together; `custom`: the shop's own fields."""

    line_number: int
    product: str
    quantity: Decimal
    total: Decimal
    name: str = ""
    category: str = ""
    brand: str = ""
    price: Decimal | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderChange:
    """What was told of an order at a moment. None leaves a value as it is; `lines` replace all lines.

    `standard_currency` is that of an order whose currency nobody tells; `all_refunded`: its whole total.  `home`: the
    id under which the buyer was told (see `identity.types.Resolution`), where that is not `profile`.  Of `custom` the
    declared fields are taken, each by itself; None takes a value away.
    """

    number: str
    at: datetime
    profile: ProfileId | None = None
    placed_at: datetime | None = None
    status: Status | None = None
    currency: str | None = None
    total: Decimal | None = None
    refunded: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    discount: Decimal | None = None
    coupon: str | None = None
    country: str | None = None
    region: str | None = None
    lines: tuple[OrderLine, ...] | None = None
    source: str = "api"
    standard_currency: str = ""
    all_refunded: bool = False
    home: ProfileId | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LineChange:
    """One line told by itself (a file of lines): the order is made by its first line and is the sum of its lines."""

    order_number: str
    placed_at: datetime
    line: OrderLine
    profile: ProfileId | None = None
    currency: str = ""
    country: str = ""
    region: str = ""
    source: str = "import"
    home: ProfileId | None = None


@dataclass(frozen=True)
class ReturnChange:
    """Pieces that came back. `key` tells one return from another, so that telling it twice changes nothing."""

    key: str
    returned_at: datetime
    product: str
    quantity: Decimal
    order_number: str = ""
    profile: ProfileId | None = None
    amount: Decimal | None = None
    home: ProfileId | None = None


@dataclass(frozen=True)
class Order:
    """An order as it stands. `home`: the id under which its buyer was told."""

    number: str
    profile: ProfileId | None
    placed_at: datetime
    status: Status
    currency: str
    total: Decimal
    refunded: Decimal
    coupon: str
    country: str
    region: str
    source: str
    lines: tuple[OrderLine, ...]
    custom: Mapping[str, Any] = field(default_factory=dict)
    home: ProfileId | None = None


@dataclass(frozen=True)
class Sum:
    """What one person bought in one currency: `spent` is what was paid less what was given back."""

    currency: str
    orders: int
    spent: Decimal
    last_at: datetime


@dataclass(frozen=True)
class Totals:
    """Sums over all orders of a workspace; cancelled orders are counted apart."""

    orders: int = 0
    cancelled: int = 0
    lines: int = 0
    pieces: Decimal = ZERO
    revenue: Decimal = ZERO
    refunded: Decimal = ZERO
    returns: int = 0
    returned_pieces: Decimal = ZERO


@dataclass(frozen=True)
class Upserted:
    """How many were new, and how many known; and the values of custom fields that do not fit, by order number."""

    created: int
    updated: int
    refused: tuple[tuple[str, Refused], ...] = ()
