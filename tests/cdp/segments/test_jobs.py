"""Segments are found again by the clock, and right after a change."""

from __future__ import annotations

from typing import Any

from cadenza.base import database, jobs, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import jobs as segment_jobs
from cadenza.cdp.segments import models, service

FEMALE = {"attribute": "gender", "is": "female"}


def _person(workspace: WorkspaceId, clock: Any) -> int:
    with database.scope(workspace):
        [found] = identity.resolve(workspace, [[Identifier("external_id", "ann")]])
        profiles.apply(workspace, [TraitChange(found.profile, {"gender": "female"}, clock.now())])
    projection.drain()
    return found.profile


def _waiting(segment: Any) -> int:
    sql = "select count(*) from procrastinate_jobs where status = 'todo' and queueing_lock = %s"
    return int(database.rows(sql, [f"segment {segment}"])[0][0])


def test_the_clock_refreshes_every_workspace_and_one_that_fails_stops_no_other(
    workspace: WorkspaceId, clock: Any
):
    ann = _person(workspace, clock)
    with database.scope(workspace):
        good, broken = (service.save(workspace, name, FEMALE).id for name in ("Good", "Broken"))
        models.Segment.objects.filter(id=broken).update(tree={"attribute": "gone", "is": "x"})
    assert segment_jobs.refresh_all in [function for _, function in jobs.periodic()]
    segment_jobs.refresh_all()
    with database.scope(workspace):
        assert set(service.members(workspace, good)) == {ann}
        assert "gone" in (service.one(workspace, broken).problem or "")


def test_a_change_puts_one_refresh_in_the_queue_and_never_two(workspace: WorkspaceId, clock: Any):
    ann = _person(workspace, clock)
    with database.scope(workspace):
        segment = service.save(workspace, "Women", FEMALE).id
        service.update(workspace, segment, tree={"not": {"not": FEMALE}})
        assert _waiting(segment) == 1
    segment_jobs.refresh_one(str(workspace), str(segment))
    with database.scope(workspace):
        assert set(service.members(workspace, segment)) == {ann}
        service.update(workspace, segment, name="Only the name")
        assert _waiting(segment) == 1
