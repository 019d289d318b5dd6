"""What orders tell the others."""

from dataclasses import dataclass
from decimal import Decimal

from cadenza.base.fact import Fact
from cadenza.base.ids import ProfileId


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Fact):
    """An order was seen for the first time. `at` is when it was placed, which may be long ago."""

    number: str
    profile: ProfileId | None
    total: Decimal
    currency: str
    source: str


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Fact):
    """An order that stood was cancelled."""

    number: str
    profile: ProfileId | None


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(Fact):
    """More of an order's money was given back than before."""

    number: str
    profile: ProfileId | None
    refunded: Decimal


@dataclass(frozen=True, kw_only=True)
class OrdersChanged(Fact):
    """Orders of these people are otherwise than before, in whatever way, in one transaction."""

    profiles: frozenset[ProfileId]
