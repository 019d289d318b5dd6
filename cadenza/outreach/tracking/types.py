"""The nouns of tracking: where a token leads, what was done, and what a page has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cadenza.base.ids import CampaignId, MessageId, ProfileId, TemplateId, WorkspaceId

OPENED, CLICKED, UNSUBSCRIBED, SUBSCRIBED = (
    "Email Opened",
    "Email Link Clicked",
    "Email Unsubscribed",
    "Email Subscribed",
)
TEST = MessageId(UUID(int=0))  # stands for a test message, which is nobody's


@dataclass(frozen=True, slots=True)
class Place:
    """What a token says: a message of a workspace, and for a click the number of the link."""

    workspace: WorkspaceId
    message: MessageId
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What tracking needs to know of a message. `profile` None: the person was erased. `home`: the id of then."""

    message: MessageId
    campaign: CampaignId
    profile: ProfileId | None
    channel: str
    topic: str
    address_digest: bytes | None
    template: TemplateId
    version: int
    home: ProfileId | None = None


class Kind(StrEnum):
    """What the reader did."""

    OPEN = "open"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Deed:
    """An open or a click, before it is written down. `bot`: no person did this; `proxy`: a picture cache asked."""

    kind: Kind
    place: Place
    at: datetime
    bot: bool = False
    proxy: bool = False


class Standing(StrEnum):
    """Where the reader of an unsubscribe page stands."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    GONE = "gone"  # erased: nothing is left to unsubscribe
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an unsubscribe page has to say."""

    shop: str
    topic: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Written:
    """A rendered message's links, as this person got them, by number."""

    message: MessageId
    profile: ProfileId
    links: Sequence[tuple[int, str]]
