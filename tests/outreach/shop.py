"""A small shop for the tests of outreach: people with and without consent, a template, a segment, a campaign."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cadenza.base import database, projection
from cadenza.base.ids import CampaignId, ProfileId, WorkspaceId
from cadenza.base.inbox import service as inbox
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import pipeline
from cadenza.cdp.segments import service as segments
from cadenza.outreach.campaigns import jobs
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.campaigns.types import CampaignDraft
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import models, port, sending
from cadenza.outreach.delivery.types import Accepted, Outcome, Outgoing
from cadenza.outreach.tracking.hot import Tracker
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from tests.outreach.content.drafts import draft

BODY = (
    '<mj-text>Hi {{ person.first_name | default: "you" }} <a href="https://shop.example/sale?a=1&amp;b=2">Sale</a>'
    ' <a href="https://shop.example/for/{{ person.first_name | default: "you" }}">Yours</a></mj-text>'
)
WAIT_SECONDS = 30


def people(workspace: WorkspaceId, *names: str, domain: str = "example.com") -> list[ProfileId]:
    """People with a first name, an address of it, and nothing else."""
    items = [
        {"type": "identify", "userId": name, "messageId": f"{workspace}:{name}",
         "traits": {"email": f"{name}@{domain}", "firstName": name.title()}}
        for name in names
    ]  # fmt: skip
    for start in range(0, len(items), 500):
        with database.scope(workspace):
            inbox.append(workspace, "batch", msgspec.json.encode({"batch": items[start : start + 500]}))
    while pipeline.step():
        pass
    projection.drain()
    with database.scope(workspace):
        return [identity.find(workspace, Identifier("external_id", name)) for name in names]


def say(
    workspace: WorkspaceId,
    state: State,
    *addresses: str,
    topic: str = "newsletter",
    at: datetime | None = None,
) -> None:
    """What these addresses said about a topic."""
    with database.scope(workspace):
        consent.record(
            workspace,
            [ConsentChange(None, "email", address, topic, state, at, "form") for address in addresses],
        )


def segment(workspace: WorkspaceId, tree: Any = None) -> Any:
    """A segment, by default of everyone."""
    with database.scope(workspace):
        return segments.save(workspace, "Everyone", tree or {"all": []}).id


def campaign(workspace: WorkspaceId, name: str = "Spring", body: str = BODY, **more: Any) -> CampaignId:
    """A campaign to everyone, ready to be sent."""
    chosen = more.pop("include", None) or (segment(workspace),)
    with database.scope(workspace):
        template = content.save(workspace, draft(body)).id
        told = {"name": name, "template": template, "include": tuple(chosen)} | more
        return campaigns.create(workspace, CampaignDraft(**told)).id


def start(workspace: WorkspaceId, which: CampaignId) -> None:
    """Send it now, and queue its audience as the job would."""
    with database.scope(workspace):
        campaigns.send_now(workspace, which)
    jobs.build(str(workspace), str(which))


@contextmanager
def senders() -> Iterator[None]:
    """The sending loop at work."""
    stopping = threading.Event()
    loop = threading.Thread(target=sending.run, args=(stopping,))
    loop.start()
    try:
        yield
    finally:
        stopping.set()
        loop.join(WAIT_SECONDS)
        assert not loop.is_alive()


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so, or fail."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.05)


def finish(workspace: WorkspaceId, which: CampaignId) -> None:
    """Wait until a campaign is finished, with the clock's job at work."""

    def is_finished() -> bool:
        with database.scope(workspace):
            campaigns.advance(workspace, which)
            return campaigns.one(workspace, which).state == "finished"

    until(is_finished)


class Post:
    """A channel that keeps what it is given, or answers what it is told to."""

    name, channel, parallel = "email", "email", 4

    def __init__(self, answer: Callable[[Outgoing], Outcome | Awaitable[Outcome]] | None = None) -> None:
        self.sent: list[Outgoing] = []
        self._answer = answer or (lambda _: Accepted("250 taken"))

    def sender(self, workspace: WorkspaceId) -> Post:
        return self

    async def send(self, outgoing: Outgoing, intent: Callable[[], Awaitable[None]]) -> Outcome:
        outcome = self._answer(outgoing)
        if not isinstance(outcome, Accepted):
            return outcome if not asyncio.iscoroutine(outcome) else await outcome
        await intent()
        self.sent.append(outgoing)
        return outcome

    async def close(self) -> None:
        pass


@contextmanager
def channel(post: Any) -> Iterator[Any]:
    """Let delivery send through this instead of real e-mail."""
    _cancel_all()
    before = port.plugged("email")
    port.plug(post)
    try:
        yield post
    finally:
        port.plug(before)
        _cancel_all()


def _cancel_all() -> None:
    """The loop serves all workspaces: nothing of an earlier test is sent in this one."""
    with database.system_scope():
        models.Mailing.objects.filter(state="open").update(state="cancelled")


Answer = tuple[int, dict[str, str], bytes]


async def asked(tracker: Tracker, method: str, url: str, body: bytes = b"", **headers: str) -> Answer:
    """One request to the tracker, as a server would hand it over."""
    told = {"user_agent": "Mozilla/5.0", **headers}
    scope: MutableMapping[str, Any] = {
        "type": "http", "method": method, "path": urlsplit(url).path, "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in told.items()],
    }  # fmt: skip
    answer: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        answer.append(message)

    await tracker(scope, receive, send)
    shown = {name.decode(): value.decode() for name, value in answer[0]["headers"]}
    return answer[0]["status"], shown, answer[1]["body"]


def visit(*requests: tuple[Any, ...], **headers: str) -> list[Answer]:
    """Requests to a tracker of their own, one after the other; what they cause is written when this returns."""

    async def all_of_them() -> list[Answer]:
        tracker = Tracker()
        done = [await asked(tracker, *request, **headers) for request in requests]
        await tracker.close()
        return done

    return asyncio.run(all_of_them())
