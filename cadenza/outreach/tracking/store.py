"""The bulk SQL of links."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import database
from cadenza.base.ids import MessageId, ProfileId, TemplateId, WorkspaceId, new_id
from cadenza.outreach.tracking.types import Written

KEEP = """
insert into tracking_link (id, workspace_id, template, version, number, url)
select id, %s, %s, %s, number, url from unnest(%s::uuid[], %s::int[], %s::text[]) as link(id, number, url)
on conflict do nothing
"""
KEEP_PERSONAL = """
insert into tracking_personallink (id, workspace_id, message, number, url, profile_id, home)
select id, %s, message, number, url, profile, profile
from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::bigint[]) as link(id, message, number, url, profile)
on conflict (workspace_id, message, number) do update set url = excluded.url
"""
LINKS = "select number, url from tracking_link where workspace_id = %s and template = %s and version = %s"
PERSONAL = (
    "select message, number, url from tracking_personallink where workspace_id = %s and message = any(%s)"
)


def keep(
    workspace: WorkspaceId, template: TemplateId, version: int, links: Sequence[tuple[int, str]]
) -> None:
    """Remember where the links of a template version lead; the first word stands."""
    numbers, urls = [number for number, _ in links], [url for _, url in links]
    database.execute(KEEP, [workspace, template, version, [new_id() for _ in links], numbers, urls])


def keep_personal(workspace: WorkspaceId, written: Sequence[Written]) -> None:
    """Remember where the links of single messages lead."""
    flat = [(one.message, number, url, one.profile) for one in written for number, url in one.links]
    if flat:
        columns = [list(column) for column in zip(*flat, strict=True)]
        database.execute(KEEP_PERSONAL, [workspace, [new_id() for _ in flat], *columns])


def links(workspace: WorkspaceId, template: TemplateId, version: int) -> dict[int, str]:
    """The links of a template version."""
    return dict(database.rows(LINKS, [workspace, template, version]))


def personal(workspace: WorkspaceId, messages: Sequence[MessageId]) -> dict[tuple[MessageId, int], str]:
    """The links of these messages that were written for one person."""
    return {
        (message, number): url
        for message, number, url in database.rows(PERSONAL, [workspace, list(messages)])
    }


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """The losers' links are the winners' (winner, loser)."""
    database.bulk(
        "update tracking_personallink l set profile_id = m.winner"
        " from unnest(%s::bigint[], %s::bigint[]) as m(loser, winner)"
        " where l.workspace_id = %s and l.profile_id = m.loser",
        [
            database.numbers(loser for _, loser in merges),
            database.numbers(one for one, _ in merges),
            workspace,
        ],
    )


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> int:
    """What was made for these ids is `loser`'s again."""
    sql = "update tracking_personallink set profile_id = %s where workspace_id = %s and home = any(%s)"
    return database.execute(sql, [loser, workspace, list(ids)])
