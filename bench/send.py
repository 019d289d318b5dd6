"""How many messages a second are rendered, written, signed and handed over in a real SMTP conversation.

The ceiling, in the same run, is a bare SMTP client that hands the same prebuilt message to the same sink over as many
connections: what no sender of ours can avoid.  Sender and sink are processes of their own, as they are in life.
Not in it: the database rows of delivery and the mailbox's commits (the sink answers from memory).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from cadenza.channels.email.mime import mime
from cadenza.channels.email.sign import new_key
from cadenza.channels.email.smtp import Post, stuffed
from cadenza.channels.email.types import Key, Mail, Security, Server
from cadenza.outreach.content.compile import compile
from cadenza.outreach.content.render import render
from cadenza.outreach.content.types import Compiled, Draft, Rendered, Ways
from cadenza.outreach.delivery.types import Accepted, Address

MESSAGES = 5_000
ROUNDS = 5
CONNECTIONS = 4
WARM = 50
AT = datetime(2030, 3, 1, tzinfo=UTC)
DOMAIN = "shop.example"
SHOP = {
    "shop": {"name": "Shop", "url": "https://shop.example", "address": "1 Main Street"},
    "campaign": {"name": "Spring"},
    "now": AT,
}


def run(scale: float) -> Iterator[dict[str, Any]]:
    """One line without a signature, one for each kind of key."""
    many = max(200, int(MESSAGES * scale) // ROUNDS)
    with _Sink() as port:
        kinds: tuple[tuple[str, tuple[Key, ...]], ...] = (
            ("send", ()),
            ("send.ed25519", (new_key(DOMAIN, "s2", "ed25519"),)),
            ("send.rsa2048", (new_key(DOMAIN, "s1"),)),
        )
        asyncio.run(_bare(port, WARM))
        for name, keys in kinds:
            asyncio.run(_ours(port, WARM, keys))
            rounds = [
                (asyncio.run(_bare(port, many)), *asyncio.run(_ours(port, many, keys))) for _ in range(ROUNDS)
            ]
            yield _line(name, many, rounds)


def _line(name: str, many: int, rounds: list[tuple[float, float, list[float]]]) -> dict[str, Any]:
    """Ceiling and product take turns, so that both meet the same neighbours; the middle round of each counts."""
    value, ceiling = (
        many / median(ours for _, ours, _ in rounds),
        many / median(bare for bare, _, _ in rounds),
    )
    latencies = sorted(one for _, _, told in rounds for one in told)
    at = {f"p{share}_ms": round(1000 * latencies[len(latencies) * share // 100], 2) for share in (50, 95, 99)}
    told = {
        "value": round(value, 1),
        "unit": "messages/s",
        "ceiling": round(ceiling, 1),
        "ratio": round(value / ceiling, 3),
    }
    sizes = {"messages": many * ROUNDS, "connections": CONNECTIONS, "bytes": len(mime(_mail(_compiled(), 0)))}
    return {"name": name, **told, **sizes, **at}


def _compiled() -> Compiled:
    mjml = (resources.files("cadenza.outreach.content") / "starters" / "announcement.mjml").read_text("utf-8")
    return compile(
        Draft(
            "News", "{{ person.first_name | default: 'Hello' }}, here is what is new", mjml, "A short note."
        )
    )


def _mail(compiled: Compiled, number: int) -> Mail:
    """One person's mail, rendered as in life: every link and the pixel are theirs."""
    to = f"https://t.shop.example/{{}}/{number:032x}"
    ways = Ways(
        to.format("u"), to.format("v"), to.format("o") + ".gif", lambda link, url: f"{to.format('c')}.{link}"
    )
    made = render(compiled, SHOP | {"person": {"first_name": f"Ann{number}"}}, ways)
    assert isinstance(made, Rendered)
    return Mail(
        id=f"{number:032x}",
        at=AT,
        from_=Address(f"hello@{DOMAIN}", "Shop"),
        to=Address(f"ann{number}@example.com", f"Ann{number} Ozola"),
        subject=made.subject,
        html=made.html,
        text=made.text,
        unsubscribe_url=ways.unsubscribe_url,
        list_id=DOMAIN,
        headers={"X-Cadenza-Workspace": "018f0000-0000-7000-8000-00000000be4c"},
    )


async def _ours(port: int, many: int, keys: tuple[Key, ...]) -> tuple[float, list[float]]:
    post, compiled = Post(Server("127.0.0.1", port, Security.NONE, parallel=CONNECTIONS)), _compiled()
    numbers, latencies = iter(range(many)), []

    async def intent() -> None:
        return None

    async def worker() -> None:
        for number in numbers:
            began = time.perf_counter()
            outcome = await post.send(_mail(compiled, number), keys, "", intent)
            assert isinstance(outcome, Accepted), outcome
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - began
    await post.close()
    return seconds, latencies


async def _bare(port: int, many: int) -> float:
    data = stuffed(mime(replace(_mail(_compiled(), 0)))) + b".\r\n"
    began = time.perf_counter()
    await asyncio.gather(*(_bare_client(port, data, many // CONNECTIONS) for _ in range(CONNECTIONS)))
    return time.perf_counter() - began


async def _bare_client(port: int, data: bytes, many: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def heard(answers: int) -> None:
        while answers:
            answers -= (await reader.readline())[3:4] != b"-"

    await heard(1)
    writer.write(b"EHLO bench\r\n")
    await heard(1)
    for _ in range(many):
        writer.write(b"MAIL FROM:<hello@shop.example>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n")
        await heard(3)
        writer.write(data)
        await heard(1)
    writer.close()


class _Sink:
    """The built-in sink in a process of its own, forgetting what it takes."""

    def __enter__(self) -> int:
        ours, theirs = multiprocessing.Pipe()
        self.talk = ours
        self.process = multiprocessing.get_context("spawn").Process(
            target=_forgetful, args=(theirs,), daemon=True
        )
        self.process.start()
        return int(ours.recv())

    def __exit__(self, *_: object) -> None:
        self.talk.send("stop")
        self.process.join(timeout=10)


def _forgetful(talk: Connection) -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cadenza.settings")
    django.setup()
    from cadenza.channels.email import sink

    class Forgetful(sink.Sink):
        def _commit(self, mails: list[Any]) -> bool:
            return True

    running = Forgetful(0)
    running.start()
    talk.send(running.port)
    talk.recv()
    running.stop()
