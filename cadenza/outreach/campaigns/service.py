"""What others may ask of campaigns: write one, check it, send it now or at a time, hold it, and see how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pyroaring import BitMap64

from cadenza.base import clock, log, text
from cadenza.base.fact import tell
from cadenza.base.ids import CampaignId, ProfileId, SegmentId, TemplateId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound, Problem
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Use
from cadenza.outreach.campaigns import models, rehearse
from cadenza.outreach.campaigns.facts import CampaignFinished, CampaignStarted
from cadenza.outreach.campaigns.move import EDITABLE, move
from cadenza.outreach.campaigns.types import (
    PURPOSE,
    Campaign,
    CampaignDraft,
    Move,
    Preflight,
    Progress,
    State,
    TestSend,
)
from cadenza.outreach.content import service as content
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Mailing
from cadenza.trust.consent import service as consent

LATE = timedelta(hours=2)  # a schedule missed by more asks instead of sending
STEP = 2000  # people queued in one transaction
STALLED = timedelta(seconds=30)  # without a step, the job that queues is taken for dead
FIELDS = ("subject", "topic", "channel")
ASKING = (State.SCHEDULED, State.SENDING, State.PAUSED)  # these still need whom they go to

_log = log.get(__name__)


def create(workspace: WorkspaceId, draft: CampaignDraft, by: str = "") -> Campaign:
    """A new draft. It may be incomplete: what is missing is asked for before it is sent."""
    now = clock.now()
    row = models.Campaign(workspace_id=workspace, purpose=PURPOSE, created_at=now, created_by=by)
    _write(workspace, row, draft)
    row.save(force_insert=True)
    return _campaign(row)


def update(workspace: WorkspaceId, campaign: CampaignId, draft: CampaignDraft) -> Campaign:
    """Change a draft, or a scheduled campaign before its time."""
    row = _locked(workspace, campaign)
    if State(row.state) not in EDITABLE:
        raise Conflict(
            f"A campaign that is {row.state} cannot be changed.", at="state", hint="Duplicate it instead."
        )
    _write(workspace, row, draft)
    row.save()
    return _campaign(row)


def _write(workspace: WorkspaceId, row: models.Campaign, draft: CampaignDraft) -> None:
    row.title = text.clean(draft.name.strip(), 200)
    if not row.title:
        raise BadInput("A campaign needs a name.", at="name", hint="Only you see it.")
    if draft.topic not in {topic.key for topic in consent.topics(workspace)}:
        raise BadInput(f"There is no topic {draft.topic!r}.", at="topic", hint="Add the topic first.")
    if draft.template:
        _check_subject(workspace, draft)
    for name, chosen in (("include", draft.include), ("exclude", draft.exclude)):
        for index, segment in enumerate(chosen):
            _check_segment(workspace, segment, f"{name}.{index}")
    row.template, row.subject = draft.template, text.clean(draft.subject.strip(), 250)
    row.include, row.exclude = [str(s) for s in draft.include], [str(s) for s in draft.exclude]
    row.topic, row.channel, row.updated_at = draft.topic, draft.channel, clock.now()


def _check_subject(workspace: WorkspaceId, draft: CampaignDraft) -> None:
    """An unknown template is refused, and so is a subject with an unknown variable."""
    template = content.one(workspace, draft.template)  # type: ignore[arg-type]
    if draft.subject.strip():
        try:
            content.advise(workspace, replace(template.draft, subject=draft.subject))
        except BadInput as problem:
            raise BadInput(problem.detail, at="subject", hint=problem.hint) from None


def _check_segment(workspace: WorkspaceId, segment: SegmentId, at: str) -> None:
    try:
        segments.one(workspace, segment)
    except NotFound as problem:
        raise BadInput(problem.detail, at=at, hint="Choose a segment from the list.") from None


def one(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """One campaign; raises NotFound."""
    return _campaign(_row(workspace, campaign))


def all(workspace: WorkspaceId, state: State | None = None) -> list[Campaign]:
    """The campaigns, newest first."""
    found = models.Campaign.objects.filter(workspace_id=workspace).defer("members")
    return [_campaign(row) for row in (found.filter(state=state) if state else found).order_by("-created_at")]


def uses(workspace: WorkspaceId, segment: SegmentId) -> list[Use]:
    """The campaigns that go to a segment, or leave it out; those that will still ask for it need it."""
    found = [one for one in all(workspace) if segment in (*one.draft.include, *one.draft.exclude)]
    return [Use("campaign", one.draft.name, f"/campaigns/{one.id}/", one.state in ASKING) for one in found]


def duplicate(workspace: WorkspaceId, campaign: CampaignId, by: str = "") -> Campaign:
    """A new draft that says the same."""
    draft = one(workspace, campaign).draft
    return create(workspace, replace(draft, name=f"Copy of {draft.name}"[:200]), by)


def delete(workspace: WorkspaceId, campaign: CampaignId) -> None:
    """Throw a draft away. What was sent stays."""
    row = _locked(workspace, campaign)
    if State(row.state) is not State.DRAFT:
        raise Conflict(
            f"A campaign that is {row.state} cannot be deleted.", at="state", hint="Only drafts can."
        )
    row.delete()


def schedule(workspace: WorkspaceId, campaign: CampaignId, at: datetime) -> Campaign:
    """Send it at a moment; raises BadInput where something has to be mended first, or the moment is past."""
    if at.tzinfo is None or at <= clock.now():
        raise BadInput("This moment is past.", at="scheduled_at", hint="Choose a later one, or send now.")
    row = _locked(workspace, campaign)
    _refuse_flaws(workspace, row)
    row.scheduled_at = at
    return _moved(row, Move.SCHEDULE)


def unschedule(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """Back to the drafts."""
    row = _locked(workspace, campaign)
    row.scheduled_at = None
    return _moved(row, Move.UNSCHEDULE)


def send_now(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """Begin to send; raises BadInput where something has to be mended first."""
    row = _locked(workspace, campaign)
    move(State(row.state), Move.SEND)
    _refuse_flaws(workspace, row)
    _begin(workspace, row)
    return _moved(row, Move.SEND)


def _refuse_flaws(workspace: WorkspaceId, row: models.Campaign) -> None:
    flaws = rehearse.flaws(workspace, row)
    if flaws:
        raise BadInput(flaws[0].detail, at=flaws[0].at, hint=flaws[0].hint)


def _begin(workspace: WorkspaceId, row: models.Campaign) -> None:
    """Hold on to the template as it is now, and open the mailing; a job, told by the fact, queues the audience."""
    row.version = content.one(workspace, TemplateId(row.template)).version  # type: ignore[arg-type]
    row.started_at = row.moved_at = clock.now()
    mailing = Mailing(
        campaign=CampaignId(row.id), name=row.title, channel=row.channel, topic=row.topic,
        template=TemplateId(row.template), version=row.version, subject=row.subject,  # type: ignore[arg-type]
    )  # fmt: skip
    delivery.begin(workspace, mailing)
    tell(CampaignStarted(workspace=workspace, at=clock.now(), campaign=CampaignId(row.id)))


def pause(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """Nothing leaves from now on, until it is resumed. What is on the wire ends."""
    row = _locked(workspace, campaign)
    moved = _moved(row, Move.PAUSE)
    delivery.pause(workspace, campaign)
    return moved


def paused_by_itself(workspace: WorkspaceId, campaign: CampaignId, reason: str) -> None:
    """Delivery stopped, and says why."""
    row = _locked(workspace, campaign)
    if State(row.state) is State.SENDING:
        _moved(row, Move.PAUSE, reason)


def resume(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """Go on; one that was late, or stopped before it began, begins now."""
    row = _locked(workspace, campaign)
    move(State(row.state), Move.RESUME)
    if row.started_at is None:
        _refuse_flaws(workspace, row)
        _begin(workspace, row)
    else:
        delivery.resume(workspace, campaign)
    return _moved(row, Move.RESUME)


def cancel(workspace: WorkspaceId, campaign: CampaignId) -> Campaign:
    """Stop for good. What was sent stays sent; what waits is counted as cancelled."""
    row = _locked(workspace, campaign)
    move(State(row.state), Move.CANCEL)
    if row.started_at:
        while _step(workspace, row):  # the audience stays whole: who has no row yet is cancelled too
            pass
        delivery.cancel_queued(workspace, campaign)
    row.finished_at, row.members = clock.now(), None
    return _moved(row, Move.CANCEL)


def advance(workspace: WorkspaceId, campaign: CampaignId) -> State:
    """What the clock does with a campaign: begin it when it is due, ask when it is late, finish it when it is done."""
    row = _locked(workspace, campaign)
    now = clock.now()
    if row.state == State.SCHEDULED and row.scheduled_at and row.scheduled_at <= now:
        _start_scheduled(workspace, row, now)
    elif row.state == State.SENDING and delivery.is_done(workspace, campaign):
        row.finished_at = now
        _moved(row, Move.FINISH)
        tell(CampaignFinished(workspace=workspace, at=now, campaign=campaign))
    return State(row.state)


def is_stalled(workspace: WorkspaceId, campaign: CampaignId) -> bool:
    """Whether nobody has queued its audience for a while, though it is not whole yet: the job must be dead."""
    row = _row(workspace, campaign)
    quiet = row.moved_at is not None and clock.now() - row.moved_at > STALLED
    return State(row.state) is State.SENDING and row.cursor >= 0 and quiet


def _start_scheduled(workspace: WorkspaceId, row: models.Campaign, now: datetime) -> None:
    if now - row.scheduled_at > LATE:  # type: ignore[operator]
        _moved(row, Move.PAUSE, "late")
        return
    flaws = rehearse.flaws(workspace, row)
    if flaws:
        _moved(row, Move.PAUSE, f"{flaws[0].detail} {flaws[0].hint}".strip())
        return
    _begin(workspace, row)
    _moved(row, Move.SEND)


def build(workspace: WorkspaceId, campaign: CampaignId) -> bool:
    """One step of queueing the audience; False when everyone is queued. May be called any number of times."""
    row = _locked(workspace, campaign)
    if State(row.state) not in (State.SENDING, State.PAUSED) or row.started_at is None:
        return False
    return _step(workspace, row)


def _step(workspace: WorkspaceId, row: models.Campaign) -> bool:
    if row.cursor < 0:
        return False
    if row.members is None:
        members = _members(workspace, row, fresh=True)
        row.members, row.audience = members.serialize(), len(members)
    waiting = BitMap64.deserialize(bytes(row.members))
    people = [
        ProfileId(who)
        for who, _ in zip(waiting.iter_equal_or_larger(row.cursor + 1), range(STEP), strict=False)
    ]
    delivery.queue(workspace, CampaignId(row.id), people)
    row.cursor, row.moved_at = people[-1] if people else -1, clock.now()
    if len(people) < STEP:
        row.cursor, row.members = -1, None
        delivery.complete(workspace, CampaignId(row.id))
    row.save(update_fields=["cursor", "members", "audience", "moved_at"])
    return row.cursor >= 0


def _members(workspace: WorkspaceId, row: models.Campaign, fresh: bool = False) -> BitMap64:
    """Whom the chosen segments hold; `fresh`: looked at anew, or as they were where the event store is away."""
    chosen = [SegmentId(UUID(segment)) for segment in row.include + row.exclude]
    if fresh:
        _refresh(workspace, chosen)
    found = BitMap64()
    for segment in row.include:
        found |= segments.members(workspace, SegmentId(UUID(segment)))
    for segment in row.exclude:
        found -= segments.members(workspace, SegmentId(UUID(segment)))
    return found


def _refresh(workspace: WorkspaceId, chosen: Sequence[SegmentId]) -> None:
    try:
        segments.refresh(workspace, chosen)
    except (Problem, OSError, RuntimeError) as error:
        _log.warning("campaign.segments_not_refreshed", error=type(error).__name__)


def preflight(workspace: WorkspaceId, campaign: CampaignId) -> Preflight:
    """Whom it would reach now and whom not, what has to be mended first, and what could be better."""
    row = _row(workspace, campaign)
    return rehearse.preflight(workspace, row, _members(workspace, row))


def test_send(
    workspace: WorkspaceId, campaign: CampaignId, to: str, by: str, profile: ProfileId | None = None
) -> TestSend:
    """Send it to a user, as `profile` (else somebody of the audience) would get it. Counted and tracked nowhere."""
    row = _row(workspace, campaign)
    who = profile or next((ProfileId(one) for one in _members(workspace, row)), None)
    outcome, detail = rehearse.rehearse(workspace, row, to, who)
    kept = models.TestSend.objects.create(
        workspace_id=workspace,
        campaign=campaign,
        at=clock.now(),
        actor=by[:100],
        outcome=outcome,
        detail=detail[:500],
    )
    return TestSend(kept.at, kept.actor, kept.outcome, kept.detail)


def test_sends(workspace: WorkspaceId, campaign: CampaignId) -> list[TestSend]:
    """The test messages of a campaign, newest first."""
    found = models.TestSend.objects.filter(workspace_id=workspace, campaign=campaign).order_by("-id")
    return [TestSend(row.at, row.actor, row.outcome, row.detail) for row in found]


def progress(workspace: WorkspaceId, campaign: CampaignId) -> Progress:
    """How far it is, with every sum of the report's delivery part."""
    counted = delivery.counts(workspace, campaign)
    return Progress(one(workspace, campaign), counted, counted.audience)


def forget(workspace: WorkspaceId, people: Sequence[ProfileId]) -> dict[str, int]:
    """Take erased people out of audiences that are being queued."""
    changed = 0
    rows = models.Campaign.objects.select_for_update().filter(workspace_id=workspace, members__isnull=False)
    for row in rows:
        held = BitMap64.deserialize(bytes(row.members or b""))
        ahead = BitMap64(who for who in people if who in held and who > row.cursor)
        if ahead:
            row.members, row.audience = (held - ahead).serialize(), (row.audience or 0) - len(ahead)
            row.save(update_fields=["members", "audience"])
            changed += 1
    return {"campaigns_campaign": changed}


def _row(workspace: WorkspaceId, campaign: CampaignId) -> models.Campaign:
    found = models.Campaign.objects.filter(workspace_id=workspace, id=campaign).first()
    if not found:
        raise NotFound("There is no such campaign.", hint="It may belong to another workspace.")
    return found


def _locked(workspace: WorkspaceId, campaign: CampaignId) -> models.Campaign:
    """The row, held until the transaction ends: two moves never cross."""
    found = models.Campaign.objects.select_for_update().filter(workspace_id=workspace, id=campaign).first()
    if not found:
        raise NotFound("There is no such campaign.", hint="It may belong to another workspace.")
    return found


def _moved(row: models.Campaign, by: Move, reason: str = "") -> Campaign:
    row.state, row.reason, row.updated_at = move(State(row.state), by).value, reason, clock.now()
    row.save()
    _log.info("campaign.moved", campaign=str(row.id), state=row.state)
    return _campaign(row)


def _campaign(row: models.Campaign) -> Campaign:
    draft = CampaignDraft(
        name=row.title,
        template=TemplateId(row.template) if row.template else None,
        include=tuple(SegmentId(UUID(segment)) for segment in row.include),
        exclude=tuple(SegmentId(UUID(segment)) for segment in row.exclude),
        **{name: getattr(row, name) for name in FIELDS},
    )
    moments = ("created_at", "updated_at", "scheduled_at", "started_at", "finished_at")
    return Campaign(
        id=CampaignId(row.id), draft=draft, state=State(row.state), reason=row.reason, purpose=row.purpose,
        audience=row.audience, version=row.version, **{name: getattr(row, name) for name in moments},
    )  # fmt: skip
