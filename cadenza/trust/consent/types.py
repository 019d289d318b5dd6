"""The nouns of consent: what a person said about one contact point and topic, when, and under which words.

Consent hangs on the contact point, not on the profile: who withdrew is who reads that mailbox.
Addresses enter as text and are kept only as keyed digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cadenza.base.ids import ProfileId

EMAIL = "email"
CHANNELS = frozenset({EMAIL, "sms", "viber", "mobile_push", "web_push"})
NEWSLETTER = "newsletter"
OPEN_TRACKING = "open_tracking"


class State(StrEnum):
    """What was said. No entry at all means the same to a sender as a refusal: do not write."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def strictness(self) -> int:
        """Two statements of one moment: the stricter one stands."""
        return _STRICTNESS[self]


_STRICTNESS = {State.GIVEN: 0, State.REFUSED: 1, State.WITHDRAWN: 2}


class TopicKind(StrEnum):
    """Marketing and measurement need consent; transactional mail (receipts, password resets) does not."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    MEASUREMENT = "measurement"


@dataclass(frozen=True, slots=True)
class Topic:
    """What one can agree to, in one workspace."""

    key: str
    title: str
    kind: TopicKind


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One statement on its way into the ledger.

    `at`: when it was said; None where the source does not know (then the moment of recording is used, and an
    import without a date is no proof against a withdrawal).  `source`: where it was said: `form:footer`,
    `unsubscribe`, `api`, `import:<id>`, `employee`.  `wording`: which text was shown: `key`, `key:language`
    or `key:language@version` of the registry of wordings, or free text.  `actor`: who told us, where it was
    not the person: `user:7`, `key:…`.
    """

    profile: ProfileId | None
    channel: str
    address: str
    topic: str
    state: State
    at: datetime | None
    source: str
    wording: str = ""
    actor: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger.

    `proven` is False for a "given" out of an import that names no date or no wording: such a line opens no
    door that the person has closed.
    """

    channel: str
    address_digest: bytes
    topic: str
    state: State
    at: datetime
    recorded_at: datetime
    source: str
    wording: str = ""
    wording_version: int = 0
    wording_hash: bytes | None = None
    profile: ProfileId | None = None
    actor: str | None = None
    ip: str | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one contact point stands on one topic: the fold of its lines in the ledger."""

    channel: str
    address_digest: bytes
    topic: str
    state: State
    since: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A text that people agree to, in one language and version. A changed text is a new version."""

    key: str
    language: str
    version: int
    text: str
    sha256: bytes
    at: datetime
