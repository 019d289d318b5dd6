"""The nouns of delivery: a message on its way out, the states it passes, and how one attempt ended.

Kept free of any channel: what is said here holds for e-mail, SMS and push alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cadenza.base.ids import CampaignId, MessageId, ProfileId, WorkspaceId


class MessageState(StrEnum):
    """Where a message stands. The order below is the order in which it may move."""

    QUEUED = "queued"  # waits for its attempt
    LEFT_OUT = "left_out"  # never to be sent; the reason is beside it
    SENDING = "sending"  # the intent is durable; the server may have it already
    SENT = "sent"  # the server took responsibility
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"  # refused for good, or given up
    IN_DOUBT = "in_doubt"  # the connection died after the intent: never resent by itself
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox with the name shown beside it."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One rendered message to one person.

    `at` is the moment it was queued: it becomes the Date of the mail and must be the same at every retry, as
    `message_id` must, so that a mail delivered twice by a server is recognised as one.
    `from_` left out means the channel's own sender. `unsubscribe_url` makes the mail unsubscribable by one click.
    `headers` are added as they are, after the guard has seen them.
    """

    workspace: WorkspaceId
    message_id: MessageId
    at: datetime
    to: Address
    subject: str
    html: str
    text: str
    from_: Address | None = None
    profile: ProfileId | None = None
    campaign: CampaignId | None = None
    unsubscribe_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Fault(StrEnum):
    """Whose fault a refusal is; decides who has to act."""

    ADDRESS = "address"  # dead: suppress it at once
    MAILBOX = "mailbox"  # full or resting: a soft bounce, suppress after several
    POLICY = "policy"  # the receiver distrusts us: pause, it is not the person's fault
    CONTENT = "content"  # our message is malformed or forbidden
    SETTINGS = "settings"  # our server settings are wrong: every message would fail alike
    CONNECTION = "connection"  # nobody answered


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took responsibility; `response` is its last word, with its queue id."""

    response: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not sent. `again` is False where a second attempt cannot help.

    `code` is the SMTP reply (0 where none came), `enhanced` its RFC 3463 code such as "5.1.1".
    """

    why: str
    again: bool
    code: int = 0
    enhanced: str = ""
    fault: Fault = Fault.CONNECTION


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The connection ended between the intent and the answer: nobody can know. Never resend by yourself."""

    why: str


Outcome = Accepted | Refused | InDoubt
