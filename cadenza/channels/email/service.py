"""How a workspace sends e-mail: its settings, its keys, its sender, and the mailbox of the built-in sink."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from cadenza.base import clock, crypto
from cadenza.base.config import config
from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.channels.email import models, sink, smtp, store
from cadenza.channels.email.dissect import dissect
from cadenza.channels.email.guard import UNSAFE, ascii_domain
from cadenza.channels.email.guard import mailbox as checked_address
from cadenza.channels.email.sign import new_key, record
from cadenza.channels.email.types import Key, MailPage, Opened, Route, Security, Server, Settings, Step
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery.port import Sender
from cadenza.outreach.delivery.types import Address
from cadenza.trust.accounts import service as accounts

T = TypeVar("T")
PLAIN = (
    "use_sink",
    "host",
    "port",
    "security",
    "verify",
    "account",
    "from_name",
    "from_email",
    "return_path",
)
EDITABLE = (*PLAIN, "unsubscribe_email", "parallel", "per_second")
SINK_PARALLEL = 16


class EmailChannel:
    """What delivery plugs in."""

    name = "email"

    def sender(self, workspace: WorkspaceId) -> Sender:
        return sender_for(workspace)


def settings(workspace: WorkspaceId) -> Settings:
    """The settings as they may be shown: secrets only as present or not."""
    row = _row(workspace)
    key = _key(row)
    shown = {name: getattr(row, name) for name in EDITABLE if name not in ("account", "security")}
    return Settings(
        workspace,
        **shown,
        security=Security(row.security),
        username=row.account,
        has_password=bool(row.sealed_password),
        dkim_domain=row.dkim_domain,
        dkim_selector=row.dkim_selector,
        dkim_record=record(key) if key else "",
        has_dkim=key is not None,
    )


def update(workspace: WorkspaceId, password: str | None = None, **values: Any) -> Settings:
    """Change some settings; `username` and the others by their names in `Settings`. An empty password removes it.

    Raises BadInput naming the field.
    """
    row = _row(workspace)
    for name, value in values.items():
        column = "account" if name == "username" else name
        if column not in EDITABLE:
            raise BadInput(
                f"There is no setting {name!r}.", at=name, hint=f"Known are: {', '.join(EDITABLE)}."
            )
        setattr(row, column, value.strip() if isinstance(value, str) else value)
    if password is not None:
        row.sealed_password = crypto.seal(password) if password else b""
    _check(row)
    row.updated_at = clock.now()
    row.save()
    return settings(workspace)


def _row(workspace: WorkspaceId) -> models.EmailSender:
    found = models.EmailSender.objects.filter(workspace_id=workspace).first()
    return found or _first(workspace)


def _first(workspace: WorkspaceId) -> models.EmailSender:
    """Before anybody set anything: to the built-in mailbox, from an address of the shop."""
    shop = accounts.workspace(workspace)
    host = urlsplit(shop.website).hostname or "shop.example"
    domain = host.removeprefix("www.") if "." in host else "shop.example"
    return models.EmailSender(
        workspace_id=workspace, from_name=shop.name, from_email=f"hello@{domain}", use_sink=True
    )


def _check(row: models.EmailSender) -> None:
    for name in ("host", "account", "from_name", "from_email", "return_path", "unsubscribe_email"):
        if UNSAFE.search(getattr(row, name)):
            raise BadInput(
                "This holds a line break or a control character.", at=name, hint="Write one plain line."
            )
    for name in ("from_email", "return_path", "unsubscribe_email"):
        if getattr(row, name):
            checked_address(getattr(row, name), name)
    if row.security not in set(Security):
        raise BadInput("This is no kind of protection.", at="security", hint="Choose none, starttls or tls.")
    if not row.use_sink:
        _check_server(row)
    if not 1 <= row.parallel <= 50:
        raise BadInput(
            "The number of connections must be from 1 to 50.", at="parallel", hint="4 suits most servers."
        )
    if row.per_second is not None and not 0 < row.per_second <= 10_000:
        raise BadInput("The rate must be above 0.", at="per_second", hint="Leave it empty for no limit.")


def _check_server(row: models.EmailSender) -> None:
    if not row.host:
        raise BadInput("The mail server is missing.", at="host", hint="Write it like smtp.example.com.")
    if not re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]+", row.host):
        ascii_domain(row.host, "host")
    if not 1 <= row.port <= 65535:
        raise BadInput("This is no port.", at="port", hint="Usually 587 (STARTTLS) or 465 (TLS).")
    if not row.from_email:
        raise BadInput(
            "The sender's address is missing.", at="from_email", hint="Write it like shop@example.com."
        )
    local = row.host in ("localhost", "127.0.0.1", "::1")
    if row.security == "none" and row.sealed_password and not local:
        hint = "Choose STARTTLS or TLS."
        raise BadInput("The password would cross the network unprotected.", at="security", hint=hint)


def set_dkim(
    workspace: WorkspaceId, domain: str, selector: str, pem: str | None = None, kind: str = "rsa"
) -> Settings:
    """Sign from now on, with a given key or a fresh one; `dkim_record` is what to put into the DNS."""
    domain = ascii_domain(domain.strip(), "dkim_domain")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", selector):
        raise BadInput(
            "This is not a selector.", at="dkim_selector", hint="Use letters and digits, like cadenza1."
        )
    key = Key(domain, selector, pem) if pem else new_key(domain, selector, kind)
    record(key)
    row = _row(workspace)
    row.dkim_domain, row.dkim_selector, row.sealed_dkim = domain, selector, crypto.seal(key.pem)
    row.updated_at = clock.now()
    row.save()
    return settings(workspace)


def remove_dkim(workspace: WorkspaceId) -> Settings:
    """Sign no more, and forget the key."""
    row = _row(workspace)
    row.dkim_domain = row.dkim_selector = ""
    row.sealed_dkim, row.updated_at = b"", clock.now()
    row.save()
    return settings(workspace)


def _key(row: models.EmailSender) -> Key | None:
    sealed = bytes(row.sealed_dkim)
    return Key(row.dkim_domain, row.dkim_selector, crypto.unseal(sealed)) if sealed else None


def sender_for(workspace: WorkspaceId) -> smtp.EmailSender:
    """The sender with the settings of now. Raises BadInput where mail could not leave."""
    row = _row(workspace)
    if row.use_sink and not _sink_port():
        hint = "Set CADENZA_SINK_PORT, or a mail server in the settings."
        raise BadInput("The built-in mailbox is switched off.", at="use_sink", hint=hint)
    key = _key(row)
    server = _sink() if row.use_sink else _server(row)
    return smtp.EmailSender(
        Route(
            server=server,
            from_=Address(row.from_email, row.from_name),
            keys=(key,) if key else (),
            return_path=row.return_path,
            unsubscribe_email=row.unsubscribe_email,
            to_sink=row.use_sink,
        )
    )


def _server(row: models.EmailSender) -> Server:
    _check(row)
    sealed = bytes(row.sealed_password)
    return Server(
        host=row.host,
        port=row.port,
        security=Security(row.security),
        username=row.account,
        password=crypto.unseal(sealed) if sealed else "",
        verify=row.verify,
        parallel=row.parallel,
        per_second=row.per_second,
    )


def _sink() -> Server:
    return Server(sink.HOST, _sink_port(), Security.NONE, parallel=SINK_PARALLEL)


def _sink_port() -> int:
    return sink.port() or config().sink_port


def check(workspace: WorkspaceId) -> tuple[Step, ...]:
    """Try the mail server without sending anything; the steps, the last one failed or all well."""
    return _run(smtp.probe(sender_for(workspace).route.server))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Services are called from threads and from event loops alike; a thread of its own suits both."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


# no workspace: the sink serves the whole installation
def start_sink(port: int | None = None) -> int:
    """Start the built-in mail server in this process; gives its port."""
    return sink.start(config().sink_port if port is None else port)


# no workspace: the sink serves the whole installation
def stop_sink() -> None:
    """Stop the built-in mail server."""
    sink.stop()


def mails(
    workspace: WorkspaceId, search: str = "", after: UUID | None = None, limit: int = 50, unread: bool = False
) -> MailPage:
    """The mailbox, newest first; `search` looks into addresses and subjects."""
    return store.page(workspace, search, after, limit, unread)


def mail(workspace: WorkspaceId, id: UUID, read: bool = True) -> Opened:
    """One mail with its parts; `read`: it counts as read from now on. NotFound where there is none."""
    received, raw = store.raw(workspace, id, clock.now() if read else None)
    parts = dissect(raw)
    return Opened(
        received,
        parts.headers,
        parts.html,
        content.safe(parts.html),
        parts.text,
        raw.decode("utf-8", "replace"),
        parts.unsubscribe_url,
    )


def unread(workspace: WorkspaceId) -> int:
    """How many mails nobody has opened in the mailbox."""
    return store.unseen(workspace)


def empty_mailbox(workspace: WorkspaceId) -> int:
    """Remove all mails of the mailbox; gives how many there were."""
    gone, _ = models.SinkMail.objects.filter(workspace_id=workspace).delete()
    return gone


def peek(workspace: WorkspaceId, id: UUID) -> bytes:
    """A mail of the mailbox as it was received, without marking it as read."""
    return store.raw(workspace, id, None)[1]


def describe(workspace: WorkspaceId) -> str:
    """In a few words, where this workspace's mail goes."""
    told = settings(workspace)
    return "the built-in mailbox (nobody outside is mailed)" if told.use_sink else f"{told.host}:{told.port}"
