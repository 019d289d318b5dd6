"""Hands mails to a mail server over kept connections, so that a crash at any moment mails nobody twice.

The dangerous moment is the final dot: once it has left, the server may have the mail, whatever happens then.  So the
body goes first, then the intent is made durable, then the dot goes.  Before the dot, a failure is a refusal that may
be tried again; after it, silence is doubt.  Which failure is which is said in RFC 1047 and RFC 5321 4.5.3.2.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aiosmtplib

from cadenza.base.problem import BadInput
from cadenza.channels.email.mime import mailbox, mime, needs_utf8
from cadenza.channels.email.refuse import refuse
from cadenza.channels.email.sign import sign
from cadenza.channels.email.types import Key, Mail, Route, Server, Step
from cadenza.channels.email.wire import Answer, Lost, Wire
from cadenza.channels.email.write import write
from cadenza.outreach.delivery.port import Intent
from cadenza.outreach.delivery.types import Accepted, Fault, InDoubt, Outcome, Outgoing, Refused

MINUTE = 60.0
GREETING, COMMAND, START_DATA, BLOCK, FINAL_DOT = 5 * MINUTE, 5 * MINUTE, 2 * MINUTE, 3 * MINUTE, 10 * MINUTE
PROBE = 15.0  # seconds that somebody waits before a screen
STALE = 20.0  # seconds without use after which a server may have hung up without our noticing
MAILS_PER_CONNECTION = 500
DOT = b".\r\n"
FAULTS = {"to": Fault.ADDRESS, "from": Fault.SETTINGS}
LOST = (Lost, aiosmtplib.SMTPException, OSError, EOFError, TimeoutError)


class Post:
    """A pool of connections to one server. Belongs to the event loop in which it is first used."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._free: list[Wire] = []
        self._turns = asyncio.Semaphore(max(1, server.parallel))
        self._next = 0.0

    async def send(self, mail: Mail, keys: Sequence[Key], return_path: str, intent: Intent) -> Outcome:
        """One try; see `outreach.delivery.port.Sender.send`."""
        data = stuffed(sign(mime(mail), keys))
        sender, receiver = mailbox(return_path or mail.from_.email, "from"), mailbox(mail.to.email, "to")
        async with self._turns:
            await self._pace()
            return await self._try(_Parcel(sender, receiver, data, needs_utf8(mail)), intent)

    async def _try(self, parcel: _Parcel, intent: Intent) -> Outcome:
        try:
            wire, refused = await self._opened(parcel)
        except LOST as error:
            return refusal(error)
        try:
            outcome = refused or await _hand_over(wire, parcel, intent)
        except BaseException:
            wire.abort()  # without its dot the mail never was
            raise
        self._give_back(wire)
        return outcome

    async def _opened(self, parcel: _Parcel) -> tuple[Wire, Refused | None]:
        """A connection that waits for the body. A kept one that turns out dead is replaced, once."""
        if wire := self._kept():
            try:
                refused = await _envelope(wire, parcel)
                if not refused or refused.code != 421:
                    return wire, refused
            except LOST:
                pass
            except BaseException:
                wire.abort()
                raise
            wire.abort()
        wire = await self._connect()
        try:
            return wire, await _envelope(wire, parcel)
        except BaseException:
            wire.abort()
            raise

    def _kept(self) -> Wire | None:
        while self._free:
            wire = self._free.pop()
            unasked = wire.unasked()  # such as 421: the server is leaving
            if (
                not unasked
                and not wire.is_lost
                and _moment() - wire.at < STALE
                and wire.used < MAILS_PER_CONNECTION
            ):
                return wire
            wire.abort()
        return None

    async def _connect(self) -> Wire:
        opened = client(self.server)
        await opened.connect()
        try:
            if self.server.username:
                await opened.login(self.server.username, self.server.password)
            if opened.is_ehlo_or_helo_needed:
                await opened.ehlo()
            return Wire(opened)
        except BaseException:
            opened.close()
            raise

    def _give_back(self, wire: Wire) -> None:
        if not wire.is_lost:
            wire.used, wire.at = wire.used + 1, _moment()
            self._free.append(wire)

    async def _pace(self) -> None:
        """Keeps the rate by giving each mail its moment; no burst after a pause."""
        if not self.server.per_second:
            return
        now = _moment()
        self._next = max(self._next, now)
        wait, self._next = self._next - now, self._next + 1 / self.server.per_second
        if wait > 0:
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Say goodbye on every connection."""
        while self._free:
            wire = self._free.pop()
            try:
                await wire.say(b"QUIT", 2)
            except LOST:
                pass
            wire.abort()


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What goes over the wire for one mail."""

    sender: str
    receiver: str
    data: bytes
    utf8: bool


def _moment() -> float:
    return asyncio.get_running_loop().time()


def _aborted(wire: Wire, outcome: Outcome) -> Outcome:
    wire.abort()
    return outcome


def client(server: Server) -> aiosmtplib.SMTP:
    """A connection not yet opened, with the server's settings."""
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=tls(server) if server.security != "none" else None,
        local_hostname=socket.gethostname() or "localhost",
        timeout=GREETING if not _is_local(server.host) else 30.0,
    )


def _is_local(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


def tls(server: Server) -> ssl.SSLContext:
    """TLS 1.2 or newer; the certificate is verified unless the owner said otherwise."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not server.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def stuffed(data: bytes) -> bytes:
    """Dots at the start of a line doubled (RFC 5321 4.5.2), the last line ended."""
    data = (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
    return data if data.endswith(b"\r\n") else data + b"\r\n"


async def _envelope(wire: Wire, parcel: _Parcel) -> Refused | None:
    """Sender, receiver and DATA; None where the server waits for the body."""
    if parcel.utf8 and "smtputf8" not in wire.offers:
        return Refused("The server cannot take this address.", False, 553, "5.6.7", Fault.ADDRESS)
    options = (b" BODY=8BITMIME" if "8bitmime" in wire.offers else b"") + (
        b" SMTPUTF8" if parcel.utf8 else b""
    )
    mail = f"MAIL FROM:<{parcel.sender}>".encode() + options
    commands = (mail, f"RCPT TO:<{parcel.receiver}>".encode(), b"DATA")
    if "pipelining" not in wire.offers:
        return await _step_by_step(wire, commands)
    wire.write(b"\r\n".join((*commands, b"")))
    answers = [await wire.answer(COMMAND), await wire.answer(COMMAND), await wire.answer(START_DATA)]
    refused = next(
        (_meant(answer, step) for step, answer in enumerate(answers) if _meant(answer, step)), None
    )
    if refused and answers[-1].code == 354:
        wire.abort()  # it waits for a body that must not come
    elif refused:
        await _reset(wire, refused)
    return refused


async def _step_by_step(wire: Wire, commands: tuple[bytes, ...]) -> Refused | None:
    for step, command in enumerate(commands):
        refused = _meant(await wire.say(command, START_DATA if step == 2 else COMMAND), step)
        if refused:
            await _reset(wire, refused)
            return refused
    return None


def _meant(answer: Answer, step: int) -> Refused | None:
    """Whether the answer to MAIL (0), RCPT (1) or DATA (2) refuses."""
    if answer.code in ((250, 251, 252) if step < 2 else (354,)):
        return None
    return refuse(answer.code, answer.words, to_receiver=step == 1)


async def _reset(wire: Wire, refused: Refused) -> None:
    if refused.code == 421 or (await wire.say(b"RSET", COMMAND)).code != 250:
        wire.abort()


async def _hand_over(wire: Wire, parcel: _Parcel, intent: Intent) -> Outcome:
    try:
        wire.write(parcel.data)
        await wire.drained(BLOCK)
    except LOST as error:
        return _aborted(wire, refusal(error))
    await intent()
    if early := wire.unasked():  # a server that answers before the dot refuses, or is leaving
        return _aborted(wire, refuse(early.code, early.words))
    try:
        wire.write(DOT)
    except LOST as error:
        return _aborted(wire, refusal(error))
    return await _last_word(wire)


async def _last_word(wire: Wire) -> Outcome:
    try:
        answer = await wire.answer(FINAL_DOT)
    except LOST as error:
        return _aborted(wire, InDoubt(f"No answer to the final dot: {type(error).__name__}."))
    if 200 <= answer.code < 300:
        return Accepted(answer.words[:500])
    if 400 <= answer.code < 600:
        return refuse(answer.code, answer.words)
    return _aborted(wire, InDoubt(f"An answer to the final dot that means nothing: {answer.code}."))


def refusal(error: BaseException) -> Refused:
    """What a failure before the final dot means: nothing was sent."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return Refused(
                "The mail server refused the user name or password.", True, error.code, "", Fault.SETTINGS
            )
        case aiosmtplib.SMTPResponseException():
            return refuse(error.code, error.message)
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return Refused("The mail server did not answer in time.", True)
        case aiosmtplib.SMTPConnectError() | OSError():
            return Refused("The mail server could not be reached.", True)
        case aiosmtplib.SMTPServerDisconnected() | Lost():
            return Refused("The mail server hung up.", True)
        case aiosmtplib.SMTPException():
            return Refused(
                f"The mail server cannot do what the settings ask: {error.message[:200]}",
                True,
                0,
                "",
                Fault.SETTINGS,
            )
        case _:
            return Refused(f"The connection failed: {type(error).__name__}.", True)


_posts: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Server, Post]] = WeakKeyDictionary()


def post(server: Server) -> Post:
    """The pool of this server in the running event loop: workspaces that share a server share its connections."""
    pools = _posts.setdefault(asyncio.get_running_loop(), {})
    return pools.setdefault(server, Post(server))


class EmailSender:
    """Delivery's way into this channel: an outgoing message becomes a mail and leaves."""

    channel = "email"

    def __init__(self, route: Route) -> None:
        self.route = route
        self.parallel = max(1, route.server.parallel)

    async def send(self, outgoing: Outgoing, intent: Intent) -> Outcome:
        """See `outreach.delivery.port.Sender.send`."""
        try:
            mail = write(outgoing, self.route)
            return await post(self.route.server).send(mail, self.route.keys, self.route.return_path, intent)
        except BadInput as problem:
            return Refused(problem.detail, False, 0, "", FAULTS.get(problem.at or "", Fault.CONTENT))

    async def close(self) -> None:
        """Hang up."""
        await post(self.route.server).close()


async def probe(server: Server) -> tuple[Step, ...]:
    """Try the server without sending: connect, greet, secure, sign in, say NOOP and goodbye."""
    steps: list[Step] = []
    connection = client(server)
    connection.timeout = PROBE
    where = f"{server.host}:{server.port}"
    try:
        await connection.connect(timeout=PROBE)
        steps.append(Step("connect", True, f"{where} answers, {server.security.value} protection."))
        if server.username:
            await connection.login(server.username, server.password, timeout=PROBE)
            steps.append(Step("sign in", True, "The server knows us."))
        answer = await connection.noop(timeout=PROBE)
        steps.append(Step("talk", True, f"The server says {answer.code}."))
        await connection.quit(timeout=PROBE)
    except LOST as error:
        failed = (
            "sign in"
            if isinstance(error, aiosmtplib.SMTPAuthenticationError)
            else "talk"
            if steps
            else "connect"
        )
        steps.append(Step(failed, False, refusal(error).why, _way_out(error, server)))
    finally:
        connection.close()
    return tuple(steps)


def _way_out(error: BaseException, server: Server) -> str:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return "Check the user name and write the password anew."
    if isinstance(error.__cause__, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return "The certificate or the kind of protection does not fit: 465 is TLS, 587 is STARTTLS."
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return f"Nothing answers at {server.host}:{server.port}: check the host, the port and the firewall."
    return "Check host, port and the kind of protection: 465 is TLS, 587 is STARTTLS."
