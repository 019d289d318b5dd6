"""The bulk SQL of delivery: an audience in, claims, intents, outcomes, and the sums that must add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cadenza.base import database
from cadenza.base.ids import CampaignId, MessageId, ProfileId, WorkspaceId, new_id
from cadenza.outreach.delivery.types import Answer, Done, Judgement

# Who comes first with an address gets the message, in this chunk or in one before it.
QUEUE = """
with told as (
  select *, row_number() over (partition by digest, state order by profile) as place
  from unnest(%(ids)s::uuid[], %(profiles)s::bigint[], %(digests)s::bytea[], %(states)s::text[], %(reasons)s::text[])
    as t(id, profile, digest, state, reason)
), judged as (
  select t.*, t.state = 'queued' and (t.place > 1 or exists (
    select 1 from delivery_message m where m.campaign_id = %(campaign)s and m.address_digest = t.digest
      and m.state <> 'left_out' and m.profile_id is distinct from t.profile)) as doubled
  from told t
)
insert into delivery_message
  (id, workspace_id, campaign_id, profile_id, home, address_digest, state, reason, detail, queued_at, next_attempt_at,
   attempts, code)
select id, %(workspace)s, %(campaign)s, profile, profile, digest,
  case when doubled then 'left_out' else state end, case when doubled then 'duplicate_address' else reason end, '',
  %(at)s, case when doubled or state <> 'queued' then null else %(at)s::timestamptz end, 0, 0
from judged
on conflict (workspace_id, campaign_id, profile_id) do nothing
returning id, profile_id, state, reason
"""
WORK = """
select c.workspace_id, c.campaign_id from delivery_mailing c
where c.state = 'open' and exists (
  select 1 from delivery_message m where m.campaign_id = c.campaign_id and m.state = 'queued' and m.worker is null
    and m.next_attempt_at <= %s)
order by c.created_at
"""
CLAIM = """
with due as (
  select id from delivery_message
  where workspace_id = %(workspace)s and campaign_id = %(campaign)s and state = 'queued' and worker is null
    and next_attempt_at <= %(at)s
    and exists (select 1 from delivery_mailing where campaign_id = %(campaign)s and state = 'open')
  order by next_attempt_at limit %(most)s for update skip locked
)
update delivery_message m set worker = %(worker)s, claimed_at = %(at)s from due where m.id = due.id
returning m.id, m.profile_id, m.address_digest, m.queued_at, m.attempts
"""
# The last moment at which a message may still be held back.
INTEND = """
update delivery_message m set state = 'sending', intent_at = %s
from delivery_mailing c
where m.workspace_id = %s and m.id = any(%s) and m.worker = %s and m.state = 'queued'
  and c.campaign_id = m.campaign_id and c.state = 'open'
returning m.id, m.address_digest, c.channel, c.topic
"""
LEAVE_OUT = """
update delivery_message m set state = 'left_out', reason = t.reason, detail = t.detail, worker = null,
  next_attempt_at = null, intent_at = null
from unnest(%s::uuid[], %s::text[], %s::text[]) as t(id, reason, detail), delivery_mailing c
where m.workspace_id = %s and m.id = t.id and m.state in ('queued', 'sending') and m.worker = %s
  and c.campaign_id = m.campaign_id
returning m.id, m.campaign_id, c.channel, m.profile_id, m.home, m.reason
"""
READDRESS = """
update delivery_message m set address_digest = t.digest from unnest(%s::uuid[], %s::bytea[]) as t(id, digest)
where m.workspace_id = %s and m.id = t.id
"""
DOUBLED = """
select t.id from unnest(%s::uuid[], %s::bytea[]) as t(id, digest) where exists (
  select 1 from delivery_message m where m.workspace_id = %s and m.campaign_id = %s and m.address_digest = t.digest
    and m.id <> t.id and m.state <> 'left_out')
"""
SETTLE = """
update delivery_message m set
  state = t.state, reason = t.reason, detail = t.detail, code = t.code, next_attempt_at = t.again_at,
  attempts = m.attempts + 1, worker = null, intent_at = case when t.state = 'queued' then null else m.intent_at end,
  sent_at = case when t.state = 'sent' then t.at else m.sent_at end,
  bounced_at = case when t.state = 'bounced' then t.at else m.bounced_at end
from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[])
  as t(id, state, reason, detail, code, again_at, at)
where m.workspace_id = %s and m.id = t.id
  and (m.state = 'in_doubt' and m.reason = 'worker_died' or m.worker = %s and m.state in ('queued', 'sending'))
returning m.id, m.profile_id, m.home, m.address_digest
"""
ATTEMPTS = """
insert into delivery_attempt (workspace_id, message_id, at, outcome, code, detail)
select %s, * from unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::int[], %s::text[])
"""
RELEASE = """
update delivery_message set worker = null where workspace_id = %s and worker = %s and state = 'queued'
"""
WORKERS = "select distinct worker from delivery_message where worker is not null"
DOUBT = """
update delivery_message set state = 'in_doubt', reason = 'worker_died', worker = null, next_attempt_at = null
where worker = %s and state = 'sending'
"""
REQUEUE = "update delivery_message set worker = null where worker = %s and state = 'queued'"
COUNTS = """
select state, reason, count(*), count(opened_at), count(clicked_at), count(unsubscribed_at)
from delivery_message where workspace_id = %s and campaign_id = %s group by state, reason
"""
REMAINING = """
select exists (select 1 from delivery_message where workspace_id = %s and campaign_id = %s
  and state in ('queued', 'sending'))
"""
CANCEL = """
update delivery_message set state = 'cancelled', next_attempt_at = null, worker = null
where workspace_id = %s and campaign_id = %s and state = 'queued'
"""
MARK = """
update delivery_message m set
  opened_at = least(m.opened_at, t.opened), clicked_at = least(m.clicked_at, t.clicked),
  unsubscribed_at = least(m.unsubscribed_at, t.unsubscribed)
from (select id, min(at) filter (where what = 'opened') as opened, min(at) filter (where what = 'clicked') as clicked,
        min(at) filter (where what = 'unsubscribed') as unsubscribed
      from unnest(%s::uuid[], %s::text[], %s::timestamptz[]) as e(id, what, at) group by id order by id) t
where m.workspace_id = %s and m.id = t.id
"""
# People of one audience were one: where the winner has no row there yet, it takes over one of the losers'.
FOLLOW = """
update delivery_message m set profile_id = f.winner from (
  select distinct on (d.campaign_id, p.winner) d.id, p.winner
  from unnest(%s::bigint[], %s::bigint[]) as p(loser, winner)
  join delivery_message d on d.workspace_id = %s and d.profile_id = p.loser
  where not exists (select 1 from delivery_message o where o.workspace_id = d.workspace_id
    and o.campaign_id = d.campaign_id and o.profile_id = p.winner)
  order by d.campaign_id, p.winner, (d.state = 'left_out'), d.id
) f where m.id = f.id
"""
# Of all that are queued for one of them, one may leave, and none where one has left.
FOLD = """
update delivery_message m set state = 'left_out', reason = 'duplicate_address', worker = null, next_attempt_at = null
from (
  select d.id, d.state, row_number() over (partition by d.campaign_id, g.winner
    order by (d.state = 'queued'), (d.profile_id <> g.winner), d.id) as place
  from (select loser as person, winner from unnest(%s::bigint[], %s::bigint[]) as p(loser, winner)
    union select winner, winner from unnest(%s::bigint[]) as w(winner)) g
  join delivery_message d on d.workspace_id = %s and d.profile_id = g.person and d.state <> 'left_out'
) f where m.id = f.id and f.place > 1 and f.state = 'queued'
"""
# What the world says afterwards of messages that left; that one came back outweighs that it arrived.
ANSWER = """
update delivery_message m set
  state = case when m.state <> 'bounced' and t.fate <> 'Complained' then lower(t.fate) else m.state end,
  sent_at = coalesce(m.sent_at, m.intent_at),
  delivered_at = case when t.fate = 'Delivered' then least(m.delivered_at, t.at) else m.delivered_at end,
  bounced_at = case when t.fate = 'Bounced' then least(m.bounced_at, t.at) else m.bounced_at end
from unnest(%s::uuid[], %s::text[], %s::timestamptz[]) as t(id, fate, at), delivery_mailing c
where m.workspace_id = %s and m.id = t.id and m.state in ('sent', 'delivered', 'bounced', 'in_doubt')
  and c.campaign_id = m.campaign_id
returning m.id, t.fate, m.campaign_id, c.channel, m.profile_id, m.home, m.address_digest
"""
GIVE_BACK = """
update delivery_message m set profile_id = %(loser)s from (
  select distinct on (d.campaign_id) d.id from delivery_message d
  where d.workspace_id = %(workspace)s and d.home = any(%(ids)s) and d.profile_id <> %(loser)s and not exists (
    select 1 from delivery_message o where o.workspace_id = d.workspace_id and o.campaign_id = d.campaign_id
      and o.profile_id = %(loser)s)
  order by d.campaign_id, (d.state = 'left_out'), d.id
) f where m.id = f.id
"""
FORGET = """
update delivery_message set
  profile_id = null, home = null, address_digest = null, detail = '',
  worker = case when state = 'queued' then null else worker end,
  state = case when state = 'queued' then 'left_out' else state end,
  reason = case when state = 'queued' then 'erased' else reason end,
  next_attempt_at = null
where workspace_id = %s and profile_id = any(%s) returning id
"""
FORGET_ATTEMPTS = """
update delivery_attempt set detail = '' where workspace_id = %s and message_id = any(%s) and detail <> ''
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send."""

    id: MessageId
    profile: ProfileId | None
    digest: bytes | None
    queued_at: datetime
    attempts: int


def queue(
    workspace: WorkspaceId,
    campaign: CampaignId,
    people: Sequence[tuple[ProfileId, bytes | None, str, str]],
    at: datetime,
) -> list[database.Row]:
    """One row for each (person, digest, state, reason) that has none yet.

    Gives (id, person, state, reason) of the new ones.
    """
    columns = [list(column) for column in zip(*people, strict=True)] if people else [[], [], [], []]
    names = ("profiles", "digests", "states", "reasons")
    bound = {"workspace": workspace, "campaign": campaign, "at": at, "ids": [new_id() for _ in people]}
    return database.rows(QUEUE, bound | dict(zip(names, columns, strict=True)))


def claim(
    workspace: WorkspaceId, campaign: CampaignId, worker: int, most: int, at: datetime
) -> list[Claimed]:
    """Take some that are due; what others are taking is passed over."""
    bound = {"workspace": workspace, "campaign": campaign, "worker": worker, "most": most, "at": at}
    found = database.rows(CLAIM, bound)
    return [Claimed(MessageId(i), p, bytes(d) if d else None, q, n) for i, p, d, q, n in found]


def intend(
    workspace: WorkspaceId, worker: int, messages: Sequence[MessageId], at: datetime
) -> list[database.Row]:
    """Write down that these may arrive from now on; gives (id, digest, channel, topic) of those that may go."""
    return database.rows(INTEND, [at, workspace, list(messages), worker])


def leave_out(
    workspace: WorkspaceId, worker: int, left: Sequence[tuple[MessageId, str, str]]
) -> list[database.Row]:
    """These are not sent: (id, reason, detail). Gives (id, campaign, channel, person, home, reason)."""
    if not left:
        return []
    details = [detail[:500] for _, _, detail in left]
    ids, reasons = [message for message, _, _ in left], [reason for _, reason, _ in left]
    return database.rows(LEAVE_OUT, [ids, reasons, details, workspace, worker])


def answer(workspace: WorkspaceId, answers: Sequence[Answer]) -> list[database.Row]:
    """What the world says of these messages; gives (id, fate, campaign, channel, person, home, digest) of ours."""
    ids, fates = [one.message for one in answers], [one.fate.value for one in answers]
    return database.rows(ANSWER, [ids, fates, [one.at for one in answers], workspace])


def doubled(
    workspace: WorkspaceId, campaign: CampaignId, points: Mapping[MessageId, bytes]
) -> set[MessageId]:
    """Which of these have an address that another message of the campaign has too."""
    found = database.rows(DOUBLED, [list(points), list(points.values()), workspace, campaign])
    return {MessageId(message) for (message,) in found}


def readdress(workspace: WorkspaceId, points: Mapping[MessageId, bytes]) -> None:
    """People who changed their address since they were queued."""
    database.execute(READDRESS, [list(points), list(points.values()), workspace])


def settle(workspace: WorkspaceId, worker: int, done: Sequence[tuple[Done, Judgement]]) -> list[database.Row]:
    """Write outcomes and attempts; gives (id, person, home, digest) of the messages that were ours to settle."""
    ids = [one.ready.outgoing.message_id for one, _ in done]
    moments = [one.at for one, _ in done]
    verdicts = [judgement for _, judgement in done]
    details, codes = [v.detail for v in verdicts], [v.code for v in verdicts]
    states, reasons = [v.state.value for v in verdicts], [v.reason for v in verdicts]
    database.execute(ATTEMPTS, [workspace, ids, moments, [v.outcome for v in verdicts], codes, details])
    return database.rows(
        SETTLE,
        [ids, states, reasons, details, codes, [v.again_at for v in verdicts], moments, workspace, worker],
    )


def mark(workspace: WorkspaceId, seen: Sequence[tuple[MessageId, str, datetime]]) -> None:
    """The first time that each of these was opened, clicked, unsubscribed."""
    columns = [list(column) for column in zip(*seen, strict=True)]
    database.execute(MARK, [*columns, workspace])


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """The losers' messages are the winners' (winner, loser); of those in one campaign only one may leave."""
    losers = database.numbers(loser for _, loser in merges)
    winners = database.numbers(winner for winner, _ in merges)
    database.bulk(FOLD, [losers, winners, winners, workspace])
    database.bulk(FOLLOW, [losers, winners, workspace])


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """What was queued for these ids is `loser`'s again."""
    bound: dict[str, Any] = {"workspace": workspace, "loser": loser, "ids": list(ids)}
    database.execute(GIVE_BACK, bound)


def forget(workspace: WorkspaceId, people: Sequence[ProfileId]) -> dict[str, int]:
    """Take these people out of their messages; the sums of the campaigns stay."""
    gone = [message for (message,) in database.rows(FORGET, [workspace, list(people)])]
    emptied = database.execute(FORGET_ATTEMPTS, [workspace, gone]) if gone else 0
    return {"delivery_message": len(gone), "delivery_attempt": emptied}
