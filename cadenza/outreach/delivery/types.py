"""The nouns of delivery: a message on its way out, the states it passes, and how one attempt ended.

Kept free of any channel: what is said here holds for e-mail, SMS and push alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cadenza.base.ids import CampaignId, MessageId, ProfileId, TemplateId, WorkspaceId


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


class Fate(StrEnum):
    """What became of a message, in the words of its event: `Email Left Out`."""

    SENT = "Sent"
    DELIVERED = "Delivered"
    BOUNCED = "Bounced"
    COMPLAINED = "Complained"
    LEFT_OUT = "Left Out"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiving side says afterwards of a message that left: delivered, bounced or complained."""

    message: MessageId
    fate: Fate
    at: datetime


class MailingState(StrEnum):
    """Whether the messages of a campaign may leave."""

    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One template version to one audience. `subject` overrides the template's; `complete`: everyone is queued."""

    campaign: CampaignId
    name: str
    channel: str
    topic: str
    template: TemplateId
    version: int
    subject: str = ""
    state: MailingState = MailingState.OPEN
    reason: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one person, as it stands. `reason`: why it was left out or failed; `detail`: in words."""

    id: MessageId
    campaign: CampaignId
    profile: ProfileId | None
    channel: str
    topic: str
    state: MessageState
    reason: str
    detail: str
    queued_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    unsubscribed_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    code: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: how it ended, with the server's code and words."""

    at: datetime
    outcome: str
    code: int
    detail: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of an audience. The states add up to it, always; opens and clicks are people's, not machines'."""

    audience: int
    states: Mapping[MessageState, int]
    left_out: Mapping[str, int]
    failed: Mapping[str, int]
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0

    def of(self, state: MessageState) -> int:
        """How many messages stand there."""
        return self.states.get(state, 0)

    @property
    def sent(self) -> int:
        """Taken by a server, whatever came of it later."""
        return self.of(MessageState.SENT) + self.of(MessageState.DELIVERED)

    @property
    def waiting(self) -> int:
        """Not ended yet: queued, or on the wire."""
        return self.of(MessageState.QUEUED) + self.of(MessageState.SENDING)


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some of many; `next` is the cursor of what follows."""

    items: tuple[Message, ...]
    next: MessageId | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whom a campaign would reach now, and whom it would leave out, by reason."""

    audience: int
    reachable: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A message claimed, allowed and rendered, on its way to a sender."""

    outgoing: Outgoing
    campaign: CampaignId
    attempts: int


@dataclass(frozen=True, slots=True)
class Done:
    """How one attempt of a claimed message ended; `pause`: stop the whole mailing, for this reason."""

    ready: Ready
    outcome: Outcome
    at: datetime
    pause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of a message after an attempt. `again_at`: when it is tried again; `dead`: suppress the address."""

    state: MessageState
    outcome: str
    reason: str = ""
    detail: str = ""
    code: int = 0
    again_at: datetime | None = None
    dead: bool = False
