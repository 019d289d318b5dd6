"""The nouns of operations: integration points, operations, who calls, what is asked, and how an answer is worded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import Problem
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders.types import OrderChange
from cadenza.cdp.product_lists.types import Piece

Tree = dict[str, Any]  # what JSON and XML both say: objects, lists and scalars
Comparable = Callable[[str, str], Identifier]  # a kind and what was told: as it is kept; raises BadInput
Kind = Literal[
    "register", "edit", "fill", "authorize", "check", "check_email", "check_phone", "check_card", "merge",
    "subscribe", "confirm_email", "confirm_phone", "set_list", "add_to_list", "remove_from_list", "set_count",
    "create_order", "update_order", "cancel_order", "offline_order", "get_orders", "action",
]  # fmt: skip
Access = Literal["secret", "ticket", "open"]
ACCESSES: tuple[Access, ...] = ("secret", "ticket", "open")
KeyKind = Literal["production", "test"]
Mode = Literal["sync", "async", "bulk"]
BULK_IMPORT = "DirectCrm.Customers.Import"

CUSTOMER_FIELDS = (
    "ids", "email", "mobilePhone", "discountCard", "firstName", "lastName", "middleName", "fullName", "birthDate",
    "sex", "area", "timeZone", "ianaTimeZone", "timeZoneSource", "customFields", "subscriptions", "isEmailConfirmed",
    "isMobilePhoneConfirmed", "authenticationTicket", "changeDateTimeUtc",
)  # fmt: skip
RETURNED_FIELDS = (
    "ids", "email", "mobilePhone", "discountCard", "firstName", "lastName", "middleName", "fullName", "birthDate",
    "sex", "area", "ianaTimeZone", "customFields", "subscriptions", "isEmailConfirmed", "pendingEmail",
    "isEmailInvalid", "isMobilePhoneConfirmed", "pendingMobilePhone", "isMobilePhoneInvalid", "changeDateTimeUtc",
    "authenticationTicket",
)  # fmt: skip
READS = frozenset({"check", "check_email", "check_phone", "check_card", "get_orders"})
LISTS = frozenset({"set_list", "add_to_list", "remove_from_list", "set_count"})
ORDERS = frozenset({"create_order", "update_order", "cancel_order", "offline_order"})


@dataclass(frozen=True)
class Point:
    """An integration point: one external system, under the `endpointId` that its calls name."""

    id: UUID
    workspace: WorkspaceId
    endpoint: str
    name: str
    external_system: str
    brand: str
    touchpoint: str
    sites: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class PointKey:
    """What a program signs in with at an integration point. What is called with a test key leaves no trace."""

    id: UUID
    point: UUID
    workspace: WorkspaceId
    kind: KeyKind
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Operation:
    """A named operation of an integration point.

    `target`: the list, the order's status or the event that its kind asks for.  `accepts` and `returns`: fields of the
    customer.  `access`: `secret` needs a key; `ticket` also takes a browser with the customer's ticket; `open` any
    allowed site.
    """

    id: UUID
    point: UUID
    name: str
    kind: Kind
    target: str
    accepts: tuple[str, ...]
    returns: tuple[str, ...]
    access: Access
    enabled: bool


@dataclass(frozen=True)
class Draft:
    """An operation that a new integration point begins with."""

    name: str
    kind: Kind
    target: str = ""
    access: Access = "secret"


@dataclass(frozen=True)
class Message:
    """What is wrong with a request, and where: `location` is a path like `/customer/email`."""

    message: str
    location: str


class Invalid(Exception):
    """A request that is well formed and still cannot be carried out; nothing was changed."""

    def __init__(self, *messages: Message) -> None:
        super().__init__(f"{len(messages)} validation messages")
        self.messages = messages


class UnknownOperation(Problem):
    status, title = 400, "Unknown operation"


@dataclass(frozen=True)
class Named:
    """How a request names a customer: by our own number, and by identifiers, the strongest first."""

    own: ProfileId | None = None
    identifiers: tuple[Identifier, ...] = ()
    device: Identifier | None = None

    def __bool__(self) -> bool:
        return bool(self.own or self.identifiers or self.device)


@dataclass(frozen=True)
class Wish:
    """A subscription as asked for: on which channels (none told: all), about what. `by_default`: nobody chose it."""

    channels: tuple[str, ...]
    topic: str
    subscribed: bool
    by_default: bool
    location: str


@dataclass(frozen=True)
class Customer:
    """What a request tells of a customer. `confirmed`: contacts (`email`, `phone`) that are shown to be theirs."""

    traits: Mapping[str, Any] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()
    at: datetime | None = None
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sale:
    """What a request tells of an order, with the same as properties of an event."""

    change: OrderChange
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Which of many are asked for: `since` is in, `until` is out."""

    number: int = 1
    size: int = 100
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Request:
    """One request, understood: nothing of its form is left to check."""

    named: Named
    customer: Customer
    ticket: str = ""
    at: datetime | None = None
    pieces: tuple[Piece, ...] = ()
    counted: bool = True
    sale: Sale | None = None
    winner: Named | None = None
    losers: tuple[Named, ...] = ()
    page: Page = Page()
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call: of what, by whom, with what.

    `message` names it, so that what it causes is told once.  `trusted`: it came with a secret key; others may neither
    read a customer nor change one that is not theirs.
    """

    workspace: WorkspaceId
    point: Point
    operation: Operation
    request: Request
    message: str
    at: datetime
    trusted: bool = True
    ip: str | None = None


@dataclass(frozen=True)
class Logged:
    """A call that was made, without what it said."""

    at: datetime
    mode: str
    status: str
    took_ms: int
    message: str = ""


@dataclass(frozen=True)
class Bulk:
    """A bulk import and how far it is. `errors`: row, place and reason, without values."""

    id: UUID
    state: str
    rows: int
    created: int
    changed: int
    unchanged: int
    invalid: int
    errors: tuple[Mapping[str, Any], ...]
    created_at: datetime
    finished_at: datetime | None
