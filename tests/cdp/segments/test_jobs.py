"""Segments are found again by the clock, and right after a change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cadenza.base import database, jobs, projection
from cadenza.base.ids import WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import asking, models, service, tick
from cadenza.cdp.segments import jobs as segment_jobs

FEMALE = {"attribute": "gender", "is": "female"}


def _person(workspace: WorkspaceId, clock: Any, name: str = "ann") -> int:
    with database.scope(workspace):
        [found] = identity.resolve(workspace, [[Identifier("external_id", name)]])
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


@pytest.mark.parametrize("flooded", [False, True])
def test_while_everyone_is_looked_for_those_who_do_something_are_followed(
    workspace: WorkspaceId, clock: Any, monkeypatch: pytest.MonkeyPatch, flooded: bool
):
    """A refresh that held a row which a tick writes would stop all ticks, and each would wait for the other."""
    ann = _person(workspace, clock)
    with database.scope(workspace):
        women, broken = (service.save(workspace, name, FEMALE).id for name in ("Women", "Broken"))
        service.refresh(workspace)
    _two_hours_later_one_is_broken(workspace, broken, clock)
    ask, beside, first = asking.ask, ThreadPoolExecutor(1), iter([True])
    followed: list[int] = []

    def slowly(*asked: Any) -> Any:
        if next(first, False):  # the refresh's own question: somebody does something meanwhile
            monkeypatch.setattr(tick, "FLOOD", 100_000)
            bob = beside.submit(_person, workspace, clock, "bob").result()
            followed.append(beside.submit(_tick, workspace, bob).result(timeout=20))
        return ask(*asked)

    monkeypatch.setattr(asking, "ask", slowly)
    if flooded:
        monkeypatch.setattr(tick, "FLOOD", 1)
        _tick(workspace, ann)
    else:
        with database.scope(workspace):
            segment_jobs._refresh_due(workspace)
    beside.shutdown()
    assert followed == [2 if flooded else 1]
    with database.scope(workspace):
        assert len(set(service.members(workspace, women))) == 2
        assert "gone" in (service.one(workspace, broken).problem or "")


def _two_hours_later_one_is_broken(workspace: WorkspaceId, broken: Any, clock: Any) -> None:
    clock.move(hours=2)
    with database.scope(workspace):
        models.Segment.objects.filter(id=broken).update(tree={"attribute": "gone", "is": "x"})


def _tick(workspace: WorkspaceId, person: int) -> int:
    with database.scope(workspace):
        service.touch(workspace, [person])
    with database.scope(workspace):
        return service.tick(workspace)
