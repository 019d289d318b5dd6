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
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from cadenza.base.problem import BadInput
from cadenza.channels.email.mime import mailbox, mime, needs_utf8
from cadenza.channels.email.refuse import refuse
from cadenza.channels.email.sign import sign
from cadenza.channels.email.types import Key, Mail, Route, Server, Step
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
LOST = (aiosmtplib.SMTPException, OSError, EOFError, asyncio.TimeoutError)


@dataclass(slots=True)
class _Line:
    """One open connection, how often it was used and when last."""

    client: aiosmtplib.SMTP
    used: int = 0
    at: float = 0.0

    @property
    def protocol(self) -> SMTPProtocol:
        if self.client.protocol is None or not self.client.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        return self.client.protocol


class Post:
    """A pool of connections to one server. Belongs to the event loop in which it is first used."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._free: list[_Line] = []
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
            line, ready = await self._opened(parcel)
        except LOST as error:
            return refusal(error)
        if ready:
            self._give_back(line)
            return ready
        try:
            outcome = await self._hand_over(line, parcel, intent)
        except BaseException:
            line.client.close()  # without its dot the mail never was
            raise
        self._give_back(line)
        return outcome

    async def _opened(self, parcel: _Parcel) -> tuple[_Line, Refused | None]:
        """A connection that has taken the envelope. A kept one that turns out dead is replaced, once."""
        line = self._kept()
        if line:
            try:
                ready = await _envelope(line, parcel)
                if not (ready and ready.code == 421):
                    return line, ready
            except LOST:
                pass
            line.client.close()
        line = await self._connect()
        try:
            return line, await _envelope(line, parcel)
        except BaseException:
            line.client.close()
            raise

    async def _hand_over(self, line: _Line, parcel: _Parcel, intent: Intent) -> Outcome:
        protocol = line.protocol
        try:
            answer = await _command(protocol, b"DATA", START_DATA)
            if answer.code != 354:
                return _closed(line, refuse(answer.code, answer.message))
            await _write(protocol, parcel.data)
        except LOST as error:
            return _closed(line, refusal(error))
        await intent()
        try:
            early = _spoken(protocol)
            if early:
                return _closed(line, early)
            protocol.write(DOT)
        except LOST as error:
            return _closed(line, refusal(error))
        outcome = await _answer(protocol)
        return _closed(line, outcome) if isinstance(outcome, InDoubt) else outcome

    def _kept(self) -> _Line | None:
        while self._free:
            line = self._free.pop()
            fresh = _moment() - line.at < STALE
            if fresh and line.client.is_connected and line.used < MAILS_PER_CONNECTION:
                return line
            line.client.close()
        return None

    async def _connect(self) -> _Line:
        line = _Line(client(self.server))
        await line.client.connect()
        if self.server.username:
            await line.client.login(self.server.username, self.server.password)
        return line

    def _give_back(self, line: _Line) -> None:
        if line.client.is_connected:
            line.used, line.at = line.used + 1, _moment()
            self._free.append(line)

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
            line = self._free.pop()
            try:
                await line.client.quit(timeout=2)
            except LOST:
                line.client.close()


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What goes over the wire for one mail."""

    sender: str
    receiver: str
    data: bytes
    utf8: bool


def _moment() -> float:
    return asyncio.get_running_loop().time()


def _closed(line: _Line, outcome: Outcome) -> Outcome:
    line.client.close()
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


async def _envelope(line: _Line, parcel: _Parcel) -> Refused | None:
    protocol, options = line.protocol, b""
    if not line.client.is_ehlo_or_helo_needed and line.client.supports_extension("8bitmime"):
        options = b" BODY=8BITMIME"
    if line.client.is_ehlo_or_helo_needed:
        await line.client.ehlo()
        protocol = line.protocol
    if parcel.utf8:
        if not line.client.supports_extension("smtputf8"):
            return Refused("The server cannot take this address.", False, 553, "5.6.7", Fault.ADDRESS)
        options += b" SMTPUTF8"
    return await _spoken_for(protocol, parcel, options)


async def _spoken_for(protocol: SMTPProtocol, parcel: _Parcel, options: bytes) -> Refused | None:
    mail = f"MAIL FROM:<{parcel.sender}>".encode() + options
    for command in (mail, f"RCPT TO:<{parcel.receiver}>".encode()):
        answer = await _command(protocol, command, COMMAND)
        if answer.code not in (250, 251, 252):
            refused = refuse(answer.code, answer.message, to_receiver=command is not mail)
            if answer.code != 421:
                await _command(protocol, b"RSET", COMMAND)
            return refused
    return None


async def _command(protocol: SMTPProtocol, command: bytes, timeout: float) -> SMTPResponse:
    return await protocol.execute_command(command, timeout=timeout)


async def _write(protocol: SMTPProtocol, data: bytes) -> None:
    protocol._response_pending = True  # an answer before the dot must not be taken for the answer to it
    protocol.write(data)
    if protocol._paused:
        await asyncio.wait_for(protocol._drain_helper(), BLOCK)


def _spoken(protocol: SMTPProtocol) -> Refused | None:
    """A server that answers before the dot refuses, or is leaving."""
    waiter = protocol._response_waiter
    if waiter is None or not protocol.is_connected:
        return refusal(aiosmtplib.SMTPServerDisconnected("Connection lost"))
    if not waiter.done():
        return None
    error = waiter.exception()
    return refusal(error) if error else refuse(*waiter.result())


async def _answer(protocol: SMTPProtocol) -> Outcome:
    try:
        answer = await protocol.read_response(timeout=FINAL_DOT)
    except LOST as error:
        return InDoubt(f"No answer to the final dot: {type(error).__name__}.")
    if 200 <= answer.code < 300:
        return Accepted(answer.message[:500])
    if 400 <= answer.code < 600:
        return refuse(answer.code, answer.message)
    return InDoubt(f"An answer to the final dot that means nothing: {answer.code}.")


def refusal(error: BaseException) -> Refused:
    """What a failure before the final dot means: nothing was sent."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return Refused(
                "The mail server refused the user name or password.", True, error.code, "", Fault.SETTINGS
            )
        case aiosmtplib.SMTPResponseException():
            return refuse(error.code, error.message)
        case aiosmtplib.SMTPTimeoutError() | asyncio.TimeoutError():
            return Refused("The mail server did not answer in time.", True)
        case aiosmtplib.SMTPConnectError() | OSError():
            return Refused("The mail server could not be reached.", True)
        case aiosmtplib.SMTPServerDisconnected():
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
    if isinstance(error, aiosmtplib.SMTPTimeoutError | asyncio.TimeoutError):
        return f"Nothing answers at {server.host}:{server.port}: check the host, the port and the firewall."
    return "Check host, port and the kind of protection: 465 is TLS, 587 is STARTTLS."
