"""The nouns of the e-mail channel: where mail leaves, how it is signed, and what lies in the built-in mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cadenza.base.ids import WorkspaceId
from cadenza.outreach.delivery.types import Address


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server to hand mail to. `password` is never shown: `repr` leaves it out."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    parallel: int = 4
    per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A DKIM key: PEM of RSA-2048 or Ed25519, and where its public half stands in the DNS."""

    domain: str
    selector: str
    pem: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """How one workspace's mail goes out. `to_sink`: into the built-in mailbox, which wants headers of ours."""

    server: Server
    from_: Address
    keys: tuple[Key, ...] = ()
    return_path: str = ""
    unsubscribe_email: str = ""
    to_sink: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a workspace's owner sees and changes. Secrets are told only as present or not."""

    workspace: WorkspaceId
    use_sink: bool = True
    host: str = ""
    port: int = 587
    security: Security = Security.STARTTLS
    verify: bool = True
    username: str = ""
    has_password: bool = False
    from_name: str = ""
    from_email: str = ""
    return_path: str = ""
    unsubscribe_email: str = ""
    parallel: int = 4
    per_second: float | None = None
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_record: str = ""
    has_dkim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Everything one mail consists of, before it is bytes. `id` becomes `<id@domain>`; `at` the Date."""

    id: str
    at: datetime
    from_: Address
    to: Address
    subject: str
    html: str
    text: str
    unsubscribe_url: str = ""
    unsubscribe_email: str = ""
    list_id: str = ""
    list_name: str = ""
    feedback_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of trying the mail server: `connect`, `greet`, `secure`, `sign in`, `talk`."""

    name: str
    ok: bool
    said: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A mail in the built-in mailbox, as a list shows it."""

    id: UUID
    received_at: datetime
    to: str
    from_: str
    subject: str
    unread: bool
    size: int
    message: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail with all its parts."""

    mail: Received
    headers: tuple[tuple[str, str], ...]
    html: str
    safe_html: str
    text: str
    raw: str
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some mails, newest first; `after` is what to ask for next, None at the end."""

    mails: tuple[Received, ...]
    after: UUID | None
    total: int
    unread: int
