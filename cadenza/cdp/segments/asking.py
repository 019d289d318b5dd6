"""Questions to ClickHouse, each within its limits: members, one person's reasons, whom time moved, who is who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pyroaring import BitMap64

from cadenza.base import clickhouse
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.segments.combine import combine
from cadenza.cdp.segments.compile import asked, compile, compile_why
from cadenza.cdp.segments.compile_edges import compile_edges
from cadenza.cdp.segments.leaves import Asked, Condition, Given
from cadenza.cdp.segments.plan import Frame

# A segment that needs more than this is refused with a clear message, and stops nobody else.
LIMITS = {
    "max_execution_time": 30,  # seconds
    "max_memory_usage": 4_000_000_000,
    "max_query_size": 8_000_000,  # bytes of SQL: a hundred segments and more are one query
    "max_ast_elements": 500_000,
    "max_expanded_ast_elements": 2_000_000,
    "max_parser_depth": 5000,
    "max_bytes_before_external_group_by": 2_000_000_000,
}
BY_TIME = {"optimize_distinct_in_order": 0}  # which would keep the engine from the order by time
NOBODY: Mapping[Given, BitMap64] = {}


def ask(trees: Sequence[Condition], frame: Frame, given: Mapping[Given, BitMap64] = NOBODY) -> list[BitMap64]:
    """The members of each tree; raises BadInput where the question is too large."""
    plan = compile(trees, frame)
    return combine(trees, plan, clickhouse.query(plan.sql, plan.parameters, LIMITS), given)


def ask_why(trees: Sequence[Condition], frame: Frame) -> dict[Asked, tuple[str, bool]]:
    """What each leaf finds of the one person whom the frame names, and whether it holds."""
    plan = compile_why(trees, frame)
    rows = dict(clickhouse.query(plan.sql, plan.parameters, LIMITS))
    found = {}
    for leaf, slot in plan.slots.items():
        value, test = rows[slot.part][slot.index] if slot.part in rows else ("", 0)
        found[leaf] = (value, bool(test) is not slot.absent)
    return found


def ask_moved(trees: Sequence[Condition], before: Frame, moment: datetime) -> set[int]:
    """Whom time may have moved since: the ids under which things were recorded."""
    question = compile_edges(asked(trees), before, moment)
    return {profile for (profile,) in clickhouse.query(*question, LIMITS | BY_TIME)} if question else set()


def has_merges(workspace: WorkspaceId) -> bool:
    """Whether the workspace has merged people at all."""
    sql = "select 1 from profile_override final where workspace = {workspace:UUID} limit 1"
    return bool(clickhouse.query(sql, {"workspace": str(workspace)}))


def spread(frame: Frame, ids: Iterable[int]) -> Frame:
    """The frame over the people whom these ids lead to, with all ids that lead to them.

    Ids that were merged are among the people too: they are nobody any more, and so in no answer.
    """
    people, into = set(ids), _overrides(frame.workspace, set(ids))
    if more := set(into.values()) - people:
        people |= more
        into |= _overrides(frame.workspace, more)
    people |= into.keys()
    return replace(frame, merges=bool(into), people=tuple(sorted(people)))


def _overrides(workspace: UUID, ids: set[int]) -> dict[int, int]:
    found = clickhouse.query(
        "select profile, into from profile_override final where workspace = {w:UUID}"
        " and (profile in {ids:Array(UInt64)} or into in {ids:Array(UInt64)})",
        {"w": str(workspace), "ids": list(ids)},
    )
    return dict(found)  # type: ignore[arg-type]


def values(workspace: WorkspaceId, field: str, limit: int) -> list[str]:
    """The most frequent texts of one field of people."""
    found = clickhouse.query(
        "select text[{k:String}] as v, count() as n from profile final where workspace = {w:UUID} and deleted = 0"
        " and text[{k:String}] != '' group by v order by n desc, v limit {n:UInt32}",
        {"w": str(workspace), "k": field, "n": limit},
    )
    return [value for value, _ in found]


def answers(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Any other question of the segments', within the same limits."""
    return clickhouse.query(sql, parameters, LIMITS)
