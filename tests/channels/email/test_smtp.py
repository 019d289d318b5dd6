"""One try at sending: what counts as sent, as refused and as doubt, wherever the conversation breaks off."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from cadenza.base.ids import CampaignId, MessageId, ProfileId, WorkspaceId, new_id
from cadenza.channels.email import smtp
from cadenza.channels.email.smtp import EmailSender, Post, probe, stuffed
from cadenza.channels.email.types import Mail, Route, Security, Server
from cadenza.channels.email.write import write
from cadenza.outreach.delivery.types import Accepted, Address, Fault, InDoubt, Outgoing, Refused
from tests.channels.email.scripted import HANG_UP, SILENCE, Scripted, scripted
from tests.channels.email.test_mime import AT, PLAIN


class Intent:
    """Counts how often the intent was made durable."""

    def __init__(self, then: Callable[[], Awaitable[None]] | None = None) -> None:
        self.written, self.then = 0, then

    async def __call__(self) -> None:
        self.written += 1
        if self.then:
            await self.then()


def server(port: int, **more) -> Server:
    return Server("127.0.0.1", port, Security.NONE, **more)


def attempt(mails: int = 1, intent: Intent | None = None, **says):
    """Sends over a scripted server; gives the outcomes, the server and the intent."""
    intent = intent or Intent()

    async def run() -> tuple[list[object], Scripted]:
        async with scripted(**says) as there:
            post = Post(server(there.port))
            outcomes = [await post.send(replace(PLAIN, id=f"m{n}"), (), "", intent) for n in range(mails)]
            await post.close()
            return outcomes, there

    outcomes, there = asyncio.run(run())
    return outcomes, there, intent


def test_a_taken_mail_is_accepted_with_the_servers_words():
    (outcome,), there, intent = attempt()
    assert outcome == Accepted("2.0.0 queued as 7")
    assert intent.written == 1 and len(there.mails) == 1


def test_connections_are_kept_and_ended_politely():
    outcomes, there, _ = attempt(mails=5)
    assert outcomes == [Accepted("2.0.0 queued as 7")] * 5
    assert there.connections == 1 and there.heard[-1] == "QUIT"


@pytest.mark.parametrize(
    "says",
    [
        {"connect": HANG_UP},
        {"connect": "554 no"},
        {"EHLO": HANG_UP},
        {"MAIL": HANG_UP},
        {"MAIL": "451 later"},
        {"RCPT": HANG_UP},
        {"RCPT": "450 4.2.1 busy"},
        {"DATA": HANG_UP},
        {"DATA": "451 later"},
        {"MAIL": "421 4.7.0 too many"},
    ],
)
def test_a_failure_before_the_dot_may_be_tried_again_and_left_no_intent(says: dict[str, str]):
    (outcome,), there, intent = attempt(**says)
    assert isinstance(outcome, Refused) and (outcome.again or outcome.code == 554)
    assert intent.written == 0 and not there.mails


def test_a_server_that_hangs_up_in_the_body_surely_has_no_mail():
    async def wait() -> None:
        await asyncio.sleep(0.1)

    (outcome,), there, _ = attempt(intent=Intent(wait), body=HANG_UP)
    assert isinstance(outcome, Refused) and outcome.again and not there.mails


def test_an_answer_before_the_dot_is_not_taken_for_the_answer_to_it():
    async def wait() -> None:
        await asyncio.sleep(0.1)

    (outcome,), _, _ = attempt(intent=Intent(wait), body="552 5.3.4 too big")
    assert isinstance(outcome, Refused) and outcome.code == 552 and not outcome.again


def test_silence_after_the_dot_is_doubt(monkeypatch):
    monkeypatch.setattr(smtp, "FINAL_DOT", 0.2)
    (outcome,), there, intent = attempt(dot=SILENCE)
    assert isinstance(outcome, InDoubt)
    assert intent.written == 1 and len(there.mails) == 1


@pytest.mark.parametrize("dot", [HANG_UP, "nonsense", "354 again"])
def test_a_broken_answer_after_the_dot_is_doubt(dot: str):
    (outcome,), _, intent = attempt(dot=dot)
    assert isinstance(outcome, InDoubt) and intent.written == 1


@pytest.mark.parametrize(("dot", "again"), [("451 4.3.0 later", True), ("554 5.7.1 spam", False)])
def test_a_refusal_after_the_dot_is_sure(dot: str, again: bool):
    (outcome,), _, _ = attempt(dot=dot)
    assert isinstance(outcome, Refused) and outcome.again is again


def test_after_doubt_a_new_connection_is_used():
    outcomes, there, _ = attempt(mails=2, dot=[HANG_UP, "250 ok"])
    assert isinstance(outcomes[0], InDoubt) and isinstance(outcomes[1], Accepted)
    assert there.connections == 2


def test_a_kept_connection_that_died_is_replaced_without_telling():
    async def run() -> tuple[object, object, Scripted]:
        async with scripted(MAIL=["250 ok", "250 ok"]) as there:
            post = Post(server(there.port))
            first = await post.send(PLAIN, (), "", Intent())
            post._free[0]._transport.abort()  # the server went away meanwhile
            second = await post.send(PLAIN, (), "", Intent())
            await post.close()
            return first, second, there

    first, second, there = asyncio.run(run())
    assert isinstance(first, Accepted) and isinstance(second, Accepted)
    assert there.connections == 2 and len(there.mails) == 2


def test_a_server_that_has_enough_of_a_connection_gets_a_new_one():
    async def run() -> tuple[object, Scripted]:
        async with scripted() as there:
            post = Post(server(there.port))
            await post.send(PLAIN, (), "", Intent())
            there.says = {"MAIL": ["421 4.7.0 too many mails", "250 ok"]}
            outcome = await post.send(PLAIN, (), "", Intent())
            await post.close()
            return outcome, there

    outcome, there = asyncio.run(run())
    assert isinstance(outcome, Accepted) and there.connections == 2


def test_an_intent_that_fails_stops_the_mail():
    class Stop(Exception):
        pass

    async def stop() -> None:
        raise Stop

    async def run() -> Scripted:
        async with scripted() as there:
            with pytest.raises(Stop):
                await Post(server(there.port)).send(PLAIN, (), "", Intent(stop))
            await asyncio.sleep(0.05)
            return there

    assert asyncio.run(run()).mails == []


def test_the_intent_comes_after_the_body_and_before_the_dot():
    async def run() -> tuple[int, int]:
        async with scripted() as there:
            counts = []

            async def look() -> None:
                await asyncio.sleep(0.05)
                counts.append(len(there.mails))

            await Post(server(there.port)).send(PLAIN, (), "", Intent(look))
            return counts[0], len(there.mails)

    assert asyncio.run(run()) == (0, 1)


def test_nobody_answers():
    async def run() -> object:
        return await Post(server(1)).send(PLAIN, (), "", Intent())

    outcome = asyncio.run(run())
    assert isinstance(outcome, Refused) and outcome.again and outcome.fault is Fault.CONNECTION


def test_the_rate_is_kept():
    async def run() -> float:
        async with scripted() as there:
            post = Post(server(there.port, per_second=20, parallel=4))
            loop = asyncio.get_running_loop()
            start = loop.time()
            await asyncio.gather(*(post.send(replace(PLAIN, id=f"m{n}"), (), "", Intent()) for n in range(9)))
            return loop.time() - start

    assert 0.4 <= asyncio.run(run()) < 2


@pytest.mark.parametrize(
    ("data", "sent"),
    [(b".\r\na", b"..\r\na\r\n"), (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n"), (b"a.b\r\n", b"a.b\r\n")],
)
def test_dots_are_doubled(data: bytes, sent: bytes):
    assert stuffed(data) == sent


def outgoing(**more) -> Outgoing:
    told = {
        "workspace": WorkspaceId(new_id()),
        "message_id": MessageId(new_id()),
        "at": AT,
        "to": Address("ann@example.com"),
        "subject": "Hi",
        "html": "<p>Hi</p>",
        "text": "Hi",
        "unsubscribe_url": "https://shop.example/u/1",
        "campaign": CampaignId(new_id()),
        "profile": ProfileId(7),
    }
    return Outgoing(**(told | more))


def sender(to_sink: bool = False, port: int = 1) -> EmailSender:
    return EmailSender(Route(server(port), Address("hello@shop.example", "Shop"), to_sink=to_sink))


def written(to_sink: bool = False, **more) -> Mail:
    return write(outgoing(**more), sender(to_sink).route)


def test_our_own_headers_go_to_the_built_in_mailbox_alone():
    assert not [name for name in written().headers if name.startswith("X-Cadenza")]
    assert written(to_sink=True).headers["X-Cadenza-Profile"] == "7"


def test_only_a_mail_one_can_leave_belongs_to_a_list():
    assert written(unsubscribe_url=None).list_id == ""
    assert written().list_id.endswith(".shop.example")


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"to": Address("nobody")}, Fault.ADDRESS),
        ({"to": Address("a@b.example\r\nRCPT TO:<x@y.example>")}, Fault.ADDRESS),
        ({"from_": Address("x")}, Fault.SETTINGS),
        ({"headers": {"Bcc": "x@y.example"}}, Fault.CONTENT),
    ],
)
def test_a_mail_that_cannot_be_made_is_a_refusal_not_an_error(more: dict[str, object], fault: Fault):
    outcome = asyncio.run(sender().send(outgoing(**more), Intent()))
    assert isinstance(outcome, Refused) and not outcome.again and outcome.fault is fault


def test_an_address_beyond_ascii_needs_a_server_that_takes_it():
    async def run(ehlo: str) -> tuple[object, Scripted]:
        async with scripted(EHLO=ehlo) as there:
            mail = replace(PLAIN, to=Address("анна@example.com"))
            return await Post(server(there.port)).send(mail, (), "", Intent()), there

    refused, _ = asyncio.run(run("250 hi"))
    assert isinstance(refused, Refused) and refused.fault is Fault.ADDRESS
    accepted, there = asyncio.run(run("250-hi\r\n250 SMTPUTF8"))
    assert isinstance(accepted, Accepted) and any("SMTPUTF8" in line for line in there.heard)


def test_trying_a_server_says_each_step():
    async def run(**says: str) -> list[tuple[str, bool]]:
        async with scripted(**says) as there:
            return [(step.name, step.ok) for step in await probe(server(there.port))]

    assert asyncio.run(run()) == [("connect", True), ("talk", True)]
    assert asyncio.run(run(connect="554 no")) == [("connect", False)]
    assert asyncio.run(run(NOOP=HANG_UP)) == [("connect", True), ("talk", False)]


PIPELINING = "250-hi\r\n250-PIPELINING\r\n250 8BITMIME"


def test_envelope_and_data_go_out_in_one_breath_where_the_server_allows():
    outcomes, there, _ = attempt(mails=3, EHLO=PIPELINING)
    assert outcomes == [Accepted("2.0.0 queued as 7")] * 3 and there.connections == 1


@pytest.mark.parametrize(
    ("says", "code", "connections"),
    [
        ({"RCPT": "550 5.1.1 nobody", "DATA": "503 no valid recipients"}, 550, 1),
        ({"MAIL": "451 later", "RCPT": "503 need MAIL", "DATA": "503 need RCPT"}, 451, 1),
        ({"DATA": "451 later"}, 451, 1),
    ],
)
def test_a_refusal_in_one_breath_keeps_the_connection(says: dict[str, str], code: int, connections: int):
    outcomes, there, intent = attempt(mails=2, EHLO=PIPELINING, **says)
    assert [outcome.code for outcome in outcomes] == [code] * 2
    assert there.connections == connections and intent.written == 0 and not there.mails


def test_a_server_that_wants_a_body_for_nobody_gets_none():
    async def run() -> tuple[object, Scripted]:
        async with scripted(EHLO=PIPELINING, RCPT="550 5.1.1 nobody") as there:
            return await Post(server(there.port)).send(PLAIN, (), "", Intent()), there

    outcome, there = asyncio.run(run())
    assert isinstance(outcome, Refused) and outcome.fault is Fault.ADDRESS and not there.mails


@pytest.mark.parametrize("early", ["421 4.3.2 shutting down", "550 5.7.1 no"])
def test_a_kept_connection_whose_server_said_goodbye_is_not_used(early: str):
    async def run() -> tuple[object, Scripted]:
        async with scripted(EHLO=PIPELINING) as there:
            post = Post(server(there.port))
            await post.send(PLAIN, (), "", Intent())
            post._free[0].data_received(early.encode() + b"\r\n")
            return await post.send(PLAIN, (), "", Intent()), there

    outcome, there = asyncio.run(run())
    assert isinstance(outcome, Accepted) and there.connections == 2


def certificate(folder: Path) -> ssl.SSLContext:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 7, AT.replace(year=2020), AT.replace(year=2090)
    )
    pem = made.sign(key, None).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(secret + pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context


class Taking:
    """A handler that takes everything, and knows one user."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, there: object, session: object, envelope: object) -> str:
        self.mails.append(envelope.content)
        return "250 ok"

    def knows(self, there: object, session: object, envelope: object, how: str, who: object) -> AuthResult:
        return AuthResult(success=(who.login, who.password) == (b"shop", b"s3cret"), handled=False)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Taking]]:
    """A server that wants STARTTLS and a password."""
    taking = Taking()
    running = Controller(
        taking,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=certificate(tmp_path),
        require_starttls=True,
        auth_required=True,
        authenticator=taking.knows,
    )
    running.start()
    yield running.port, taking
    running.stop()


def free_port() -> int:
    with socket.socket() as probe_:
        probe_.bind(("127.0.0.1", 0))
        return int(probe_.getsockname()[1])


def secured(port: int, **more) -> object:
    told = {"security": Security.STARTTLS, "username": "shop", "password": "s3cret", "verify": False}
    there = Server("127.0.0.1", port, **(told | more))

    async def run() -> object:
        post = Post(there)
        outcomes = [await post.send(replace(PLAIN, id=f"m{n}"), (), "", Intent()) for n in range(3)]
        await post.close()
        return outcomes[-1]

    return asyncio.run(run())


def test_a_connection_is_secured_and_signed_in(secure):
    port, taking = secure
    assert secured(port) == Accepted("ok") and len(taking.mails) == 3


def test_a_wrong_password_is_the_settings_fault(secure):
    outcome = secured(secure[0], password="wrong")
    assert isinstance(outcome, Refused) and outcome.fault is Fault.SETTINGS and outcome.again


def test_a_certificate_that_nobody_vouches_for_is_refused(secure):
    outcome = secured(secure[0], verify=True)
    assert isinstance(outcome, Refused) and outcome.again and not secure[1].mails
    steps = asyncio.run(probe(Server("127.0.0.1", secure[0])))
    assert not steps[-1].ok and "TLS" in steps[-1].hint
