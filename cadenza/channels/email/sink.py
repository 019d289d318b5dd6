"""The built-in mail server: takes every mail that we send to it, keeps it in the mailbox, and sends nothing on.

It listens on this machine alone.  A mail is answered with 250 only after it is committed; many mails share a commit.
It reads strictly: a bare line break, which some servers take for the end of a mail, is refused here.
"""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections import defaultdict
from dataclasses import dataclass
from email.header import decode_header, make_header
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection

from cadenza.base import clock, database, log
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.channels.email import store

HOST = "127.0.0.1"
LARGEST = 10 << 20
END = b".\r\n"
BATCH = 500
PLAIN_PATH = re.compile(r"<([^<>@\s\"\\]+@[^<>@\s]+)>(.*)", re.DOTALL)
FIELD = re.compile(
    rb"^(Subject|X-Cadenza-Workspace|X-Cadenza-Message|X-Cadenza-Profile):[ \t]*((?:[^\r]|\r\n[ \t])*)",
    re.M | re.I,
)
_log = log.get(__name__)
_running: Sink | None = None


class Reader(SMTP):
    """aiosmtpd's server, reading the body in one go instead of line by line."""

    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        envelope = self.envelope
        if envelope is None or arg or not envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        data = await self._body()
        envelope.content = envelope.original_content = _unstuffed(data[: -len(END)])
        if not data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n"):
            status = "550 5.6.0 A line ends in a bare CR or LF"
        elif len(data) > LARGEST:
            status = "552 5.3.4 The mail is too large"
        else:
            status = await self._call_handler_hook("DATA")
        self._set_post_data_state()
        await self.push(status)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The plain form is read directly: the full grammar costs more than the rest of the conversation."""
        plain = PLAIN_PATH.fullmatch(arg.strip())
        return (plain[1], plain[2].strip()) if plain else super()._getaddr(arg)

    async def _body(self) -> bytes:
        self._reader._limit = LARGEST * 2  # type: ignore[attr-defined]
        data = b""
        while data != END and not data.endswith(b"\r\n" + END):
            data += await self._reader.readuntil(END)
        return data


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail that its sender waits for."""

    mail: store.Caught
    done: asyncio.Future[str]


class Sink(Controller):
    """The server in its thread, and the thread that writes what it takes."""

    def __init__(self, port: int) -> None:
        super().__init__(self, hostname=HOST, port=port, ready_timeout=10, server_hostname="cadenza-sink")
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="sink-writer", daemon=True)

    def factory(self) -> SMTP:
        return Reader(
            self, enable_SMTPUTF8=True, data_size_limit=LARGEST, hostname="cadenza-sink", ident="Cadenza sink"
        )

    def start(self) -> None:
        self._writer.start()
        super().start()

    def _trigger_server(self) -> None:
        """aiosmtpd knocks at its own port to wake itself; where 0 was asked for, the system chose one."""
        if self.port == 0 and isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def stop(self, no_assert: bool = False) -> None:
        super().stop(no_assert)
        self._waiting.put(None)
        self._writer.join(timeout=10)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """We read from a stream, so commands may come in one breath."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called for every mail; the answer waits for the commit."""
        caught = read(_bytes(envelope.content), envelope.mail_from or "", envelope.rcpt_tos)
        if not caught:
            return "550 5.7.1 This server takes mails made by Cadenza only"
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in caught]
        for mail, future in zip(caught, futures, strict=True):
            self._waiting.put(_Waiting(mail, future))
        answers = await asyncio.gather(*futures)
        return answers[0]

    def _write(self) -> None:
        while first := self._waiting.get():
            batch = [first]
            try:
                while len(batch) < BATCH and (more := self._waiting.get_nowait()):
                    batch.append(more)
            except queue.Empty:
                pass
            self._answer(batch, self._commit([waiting.mail for waiting in batch]))
        connection.close()

    def _commit(self, mails: list[store.Caught]) -> bool:
        groups: dict[WorkspaceId, list[store.Caught]] = defaultdict(list)
        for mail in mails:
            groups[mail.workspace].append(mail)
        try:
            for workspace, group in groups.items():
                with database.scope(workspace):
                    store.keep(workspace, group)
        except Exception as error:  # the sender hears of it and tries again; the sink lives on
            _log.error("sink.not_kept", n=len(mails), kind=type(error).__name__)
            connection.close()
            return False
        return True

    def _answer(self, batch: list[_Waiting], kept: bool) -> None:
        def tell() -> None:
            for waiting in batch:
                if not waiting.done.done():
                    kind = f"250 2.0.0 Ok: queued as {waiting.mail.id.hex}"
                    waiting.done.set_result(kind if kept else "451 4.3.0 The mailbox is not available")

        self.loop.call_soon_threadsafe(tell)


def _unstuffed(data: bytes) -> bytes:
    """RFC 5321 4.5.2, backwards: the first dot of a line that begins with one."""
    return (b"\r\n" + data).replace(b"\r\n.", b"\r\n")[2:]


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def read(content: bytes, sender: str, recipients: list[str]) -> list[store.Caught]:
    """One mail for each recipient; none where the mail does not say whose it is."""
    found = {name.lower(): value for name, value in FIELD.findall(content.partition(b"\r\n\r\n")[0])}
    workspace = _uuid(found.get(b"x-cadenza-workspace"))
    if not workspace:
        return []
    profile = found.get(b"x-cadenza-profile", b"").strip()
    return [
        store.Caught(
            id=new_id(),
            workspace=WorkspaceId(workspace),
            profile=ProfileId(int(profile)) if profile.isdigit() else None,
            message=_uuid(found.get(b"x-cadenza-message")),
            sender=sender[:320],
            recipient=recipient[:320],
            subject=_words(found.get(b"subject", b"")),
            raw=content,
            at=clock.now(),
        )
        for recipient in recipients
    ]


def _uuid(value: bytes | None) -> UUID | None:
    try:
        return UUID(value.decode().strip()) if value else None
    except ValueError:
        return None


def _words(value: bytes) -> str:
    text = re.sub(r"\r\n[ \t]+", " ", value.decode("utf-8", "replace")).strip()
    try:
        text = str(make_header(decode_header(text))) if "=?" in text else text
    except (ValueError, LookupError):
        pass
    return text.replace("\x00", "")[:1000]


def start(port: int) -> int:
    """Start the sink of this process; gives the port, chosen by the system where 0 is asked for."""
    global _running
    if _running is None:
        sink = Sink(port)
        sink.start()
        _running = sink
    return _running.port


def stop() -> None:
    """Take no more mails; what was taken is kept."""
    global _running
    if _running is not None:
        _running.stop()
        _running = None


def port() -> int | None:
    """Where the sink of this process listens."""
    return _running.port if _running else None
