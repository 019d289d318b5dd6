"""Puts caught mails into PostgreSQL, many at a time, and finds them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import zstandard
from django.db.models import Q

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import NotFound
from cadenza.channels.email import models
from cadenza.channels.email.types import MailPage, Received

LARGEST = 25 << 20  # of one mail, unpacked
LONGEST_PAGE = 200

INSERT = """
insert into email_sinkmail
  (id, workspace_id, profile_id, home, message, sender, recipient, subject, size, raw, received_at, seen_at)
select id, %(workspace)s, profile, profile, message, sender, recipient, subject, size, raw, received_at, null
from unnest(%(ids)s::uuid[], %(profiles)s::bigint[], %(messages)s::uuid[], %(senders)s::text[], %(recipients)s::text[],
            %(subjects)s::text[], %(sizes)s::int[], %(raws)s::bytea[], %(moments)s::timestamptz[])
  as mail(id, profile, message, sender, recipient, subject, size, raw, received_at)
"""


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail on its way into the mailbox."""

    id: UUID
    workspace: WorkspaceId
    profile: ProfileId | None
    message: UUID | None
    sender: str
    recipient: str
    subject: str
    raw: bytes
    at: datetime


def keep(workspace: WorkspaceId, mails: Sequence[Caught]) -> None:
    """Write them in one statement. In a scope of the workspace."""
    packer = zstandard.ZstdCompressor(level=3)
    database.execute(
        INSERT,
        {
            "workspace": workspace,
            "ids": [mail.id for mail in mails],
            "profiles": [mail.profile for mail in mails],
            "messages": [mail.message for mail in mails],
            "senders": [mail.sender for mail in mails],
            "recipients": [mail.recipient for mail in mails],
            "subjects": [mail.subject for mail in mails],
            "sizes": [len(mail.raw) for mail in mails],
            "raws": [packer.compress(mail.raw) for mail in mails],
            "moments": [mail.at for mail in mails],
        },
    )


def unpacked(raw: bytes) -> bytes:
    """The mail as it was received."""
    return zstandard.ZstdDecompressor().decompress(raw, max_output_size=LARGEST)


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """Mails of the losers belong to the winners (winner, loser)."""
    database.bulk(
        "update email_sinkmail l set profile_id = m.winner"
        " from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)"
        " where l.workspace_id = %s and l.profile_id = m.loser",
        [
            database.numbers(loser for _, loser in merges),
            database.numbers(one for one, _ in merges),
            workspace,
        ],
    )


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> int:
    """Mails that were caught under these ids belong to `loser` again."""
    return models.SinkMail.objects.filter(workspace_id=workspace, home__in=ids).update(profile_id=loser)


def page(workspace: WorkspaceId, search: str, after: UUID | None, limit: int, unread: bool) -> MailPage:
    """Newest first; one more than asked for is read to know whether there is more."""
    found = models.SinkMail.objects.filter(workspace_id=workspace)
    if search.strip():
        found = found.filter(Q(recipient__icontains=search.strip()) | Q(subject__icontains=search.strip()))
    if unread:
        found = found.filter(seen_at__isnull=True)
    total = found.count()
    if after:
        found = found.filter(id__lt=after)
    rows = list(found.order_by("-id").defer("raw")[: min(limit, LONGEST_PAGE) + 1])
    shown = rows[: min(limit, LONGEST_PAGE)]
    more = shown[-1].id if len(rows) > len(shown) else None
    return MailPage(tuple(_received(row) for row in shown), more, total, unseen(workspace))


def unseen(workspace: WorkspaceId) -> int:
    """How many mails nobody opened."""
    return models.SinkMail.objects.filter(workspace_id=workspace, seen_at__isnull=True).count()


def raw(workspace: WorkspaceId, mail: UUID, at: datetime | None) -> tuple[Received, bytes]:
    """One mail as it was received; it counts as seen since `at`, where that is given."""
    row = models.SinkMail.objects.filter(workspace_id=workspace, id=mail).first()
    if not row:
        raise NotFound("There is no such mail.", hint="See the mailbox.")
    if at and row.seen_at is None:
        models.SinkMail.objects.filter(workspace_id=workspace, id=mail).update(seen_at=at)
    return _received(row), unpacked(bytes(row.raw))


def _received(row: models.SinkMail) -> Received:
    return Received(
        row.id,
        row.received_at,
        row.recipient,
        row.sender,
        row.subject,
        row.seen_at is None,
        row.size,
        row.message,
    )
