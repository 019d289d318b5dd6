"""Before a campaign is sent: whom it would reach, what must be mended first, and a test message to a colleague."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from pyroaring import BitMap64

from cadenza.base import clock, text
from cadenza.base.ids import MessageId, ProfileId, TemplateId, WorkspaceId, new_id
from cadenza.base.problem import BadInput
from cadenza.outreach.campaigns import models
from cadenza.outreach.campaigns.types import Flaw, Preflight
from cadenza.outreach.content import service as content
from cadenza.outreach.content.types import Advice, Rendered, Skipped
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Accepted, Address, Foreseen, Outgoing
from cadenza.outreach.tracking import service as tracking
from cadenza.outreach.tracking.types import TEST
from cadenza.trust.accounts import service as accounts

SAMPLE = 20_000  # people looked at for a forecast; more are scaled up


def preflight(workspace: WorkspaceId, row: models.Campaign, everyone: BitMap64) -> Preflight:
    """See `service.preflight`."""
    looked_at = [ProfileId(who) for who, _ in zip(everyone, range(SAMPLE), strict=False)]
    seen = delivery.foresee(workspace, row.channel, row.topic, looked_at)
    sampled = len(everyone) > len(looked_at)
    forecast = _scaled(seen, len(everyone)) if sampled else seen
    return Preflight(
        forecast, tuple(flaws(workspace, row, len(everyone))), tuple(_advice(workspace, row)), sampled
    )


def _scaled(seen: Foreseen, audience: int) -> Foreseen:
    factor = audience / max(1, seen.audience)
    left = {reason: round(count * factor) for reason, count in seen.left_out.items()}
    return Foreseen(audience, audience - sum(left.values()), left)


def flaws(workspace: WorkspaceId, row: models.Campaign, audience: int | None = None) -> list[Flaw]:
    """What must be mended before it can be sent, the first thing first."""
    found = []
    if not row.template:
        found.append(Flaw("There is nothing to send yet.", "template", "Choose a template."))
    if not row.include:
        found.append(Flaw("Nobody is chosen yet.", "include", "Choose at least one segment."))
    elif audience == 0:
        found.append(
            Flaw("The audience is empty.", "include", "Choose another segment, or wait until it has members.")
        )
    try:
        delivery.check_channel(workspace, row.channel)
    except BadInput as problem:
        found.append(Flaw(problem.detail, "sender", problem.hint or ""))
    return found


def _advice(workspace: WorkspaceId, row: models.Campaign) -> list[Advice]:
    found: list[Advice] = []
    if row.template:
        draft = content.one(workspace, TemplateId(row.template)).draft
        try:
            found += content.advise(workspace, replace(draft, subject=row.subject or draft.subject))
        except BadInput as problem:
            found.append(Advice(problem.detail, problem.at or "template", problem.hint or ""))
    if not accounts.workspace(workspace).postal_address:
        hint = "Write it in the settings; marketing mail must carry one."
        found.append(Advice("Your postal address is missing.", "postal_address", hint))
    return found


def rehearse(workspace: WorkspaceId, row: models.Campaign, to: str, who: ProfileId | None) -> tuple[str, str]:
    """Send a test message; gives how it ended (accepted, refused, indoubt) and why."""
    address = text.email(to)
    if address not in {member.email for member in accounts.members(workspace)}:
        raise BadInput(
            "Test messages go to users of this workspace.", at="to", hint="Add this person as a user first."
        )
    made = _sample(workspace, row, who)
    outgoing = Outgoing(
        workspace=workspace, message_id=MessageId(new_id()), at=clock.now(), to=Address(address),
        subject=f"[Test] {made.subject}", html=made.html, text=made.text,
        unsubscribe_url=tracking.unsubscribe_url(workspace),
    )  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # services are called from threads and event loops alike
        outcome = thread.submit(asyncio.run, delivery.send_apart(workspace, row.channel, outgoing)).result()
    return type(outcome).__name__.lower(), "" if isinstance(outcome, Accepted) else outcome.why


def _sample(workspace: WorkspaceId, row: models.Campaign, who: ProfileId | None) -> Rendered:
    if not row.template:
        raise BadInput("There is nothing to send yet.", at="template", hint="Choose a template.")
    if who is None:
        raise BadInput("There is nobody whose message could be shown.", at="profile", hint="Choose a person.")
    compiled = content.compiled(workspace, TemplateId(row.template))
    compiled = replace(compiled, subject=row.subject) if row.subject else compiled
    ways = replace(tracking.ways(workspace, TEST, False), link=lambda _, url: url)
    made = content.render_batch(workspace, compiled, {who: ways}, row.title)[who]
    if isinstance(made, Skipped):
        raise BadInput(
            f"This person would get no message: {made.detail}", at="profile", hint="Choose another person."
        )
    return made
