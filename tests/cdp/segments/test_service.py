"""Segments as others use them: saved, previewed, refreshed, told of, erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cadenza.base import clickhouse, clock, database, projection
from cadenza.base.clock import FixedClock
from cadenza.base.fact import Fact, listen
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Event
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import asking, models, service
from cadenza.cdp.segments.facts import SegmentEntered, SegmentLeft
from cadenza.cdp.segments.share import SegmentsShare
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from cadenza.trust.privacy import service as privacy

BUYERS = {"did": "Order Completed"}
LATELY = {"did": "Order Completed", "days": 30}
FEMALE = {"attribute": "gender", "is": "female"}

_told: list[Fact] = []


def _keep(facts: Sequence[Fact]) -> None:
    _told.extend(facts)


@contextmanager
def telling() -> Iterator[list[Fact]]:
    """What is told meanwhile of entering and leaving."""
    listen(SegmentEntered, _keep)
    listen(SegmentLeft, _keep)
    _told.clear()
    yield _told


@pytest.fixture
def shop(workspace: WorkspaceId, clock: FixedClock) -> Iterator[WorkspaceId]:
    with database.scope(workspace):
        yield workspace


def person(workspace: WorkspaceId, name: str, **traits: Any) -> ProfileId:
    [found] = identity.resolve(workspace, [[Identifier("external_id", name)]], at=clock.now())
    profiles.apply(workspace, [TraitChange(found.profile, traits, clock.now())])
    return found.profile


def did(
    workspace: WorkspaceId, profile: ProfileId, name: str, at: datetime | None = None, **properties: Any
) -> None:
    events.append(
        workspace, [Event(uuid4(), profile, name, at or clock.now(), clock.now(), "api", properties)]
    )


def members(workspace: WorkspaceId, segment: SegmentId) -> set[int]:
    return set(service.members(workspace, segment))


def settle() -> None:
    """Put into ClickHouse what this transaction wrote."""
    projection.drain()


def test_a_preview_counts_and_samples_and_says_the_sentence(shop: WorkspaceId):
    people = [person(shop, f"p{n}", gender="female" if n % 2 else "male") for n in range(20)]
    settle()
    found = service.preview(shop, FEMALE, limit=3)
    assert (found.count, found.sentence) == (10, "gender is female")
    assert found.sample == sorted((p for n, p in enumerate(people) if n % 2), reverse=True)[:3]
    assert service.preview(shop, {"attribute": "gender", "is": "other"}).sample == []


def test_who_enters_and_who_leaves_is_told_once_and_remembered(shop: WorkspaceId, clock: FixedClock):
    ann, bob = person(shop, "ann"), person(shop, "bob")
    did(shop, ann, "Order Completed")
    settle()
    segment = service.save(shop, "Bought lately", LATELY).id
    assert service.one(shop, segment).count is None
    with telling() as told:
        service.refresh(shop)
        service.refresh(shop)
        assert told == [SegmentEntered(workspace=shop, at=clock.now(), segment=segment, profile=ann)]
        told.clear()

        start = clock.now()
        clock.move(days=29)
        did(shop, bob, "Order Completed")
        clock.move(days=2)
        settle()
        service.refresh(shop)
        assert told == [
            SegmentEntered(workspace=shop, at=clock.now(), segment=segment, profile=bob),
            SegmentLeft(workspace=shop, at=clock.now(), segment=segment, profile=ann),
        ]
    assert members(shop, segment) == {bob}
    [once] = service.segments_of(shop, ann)
    assert (once.name, once.since, once.until) == ("Bought lately", start, clock.now())
    [now] = service.segments_of(shop, bob)
    assert (now.since, now.until) == (clock.now(), None)
    assert [(one.at, one.count) for one in service.growth(shop, segment)] == [
        (start.replace(minute=0), 1),
        (clock.now(), 1),
    ]


def test_all_segments_are_one_query_and_a_name_is_no_matter(shop: WorkspaceId):
    ann = person(shop, "ann", gender="female")
    did(shop, ann, "Order Completed")
    settle()
    saved = [service.save(shop, "Same", tree).id for tree in (BUYERS, FEMALE, {"not": BUYERS})]
    done = {one.segment: one for one in service.refresh(shop)}
    assert [done[segment].count for segment in saved] == [1, 1, 0]


def test_a_merge_moves_what_was_done_to_the_survivor_and_the_loser_leaves(shop: WorkspaceId):
    ann, anna = person(shop, "ann"), person(shop, "anna")
    for who in (ann, anna):
        did(shop, who, "Order Completed")
    settle()
    once = service.save(shop, "Once", BUYERS).id
    twice = service.save(shop, "Twice", BUYERS | {"times": 2}).id
    service.refresh(shop)
    assert members(shop, once) == {ann, anna}
    identity.merge(shop, ann, anna)
    settle()
    with telling() as told:
        service.refresh(shop)
        assert {(type(fact), fact.segment, fact.profile) for fact in told} == {  # type: ignore[attr-defined]
            (SegmentLeft, once, anna),
            (SegmentEntered, twice, ann),
        }


def test_who_is_parted_again_stands_where_it_stood_and_enters_nothing_anew(shop: WorkspaceId):
    ann, anna = person(shop, "ann"), person(shop, "anna")
    did(shop, anna, "Order Completed")
    settle()
    segment = service.save(shop, "Once", BUYERS).id
    service.refresh(shop)
    merge = identity.merge(shop, ann, anna)
    settle()
    with telling() as told:
        service.refresh(shop)  # Anna's number is gone, her person is still in
        assert [(type(fact), fact.profile) for fact in told] == [(SegmentLeft, anna)]  # type: ignore[attr-defined]
    assert members(shop, segment) == {ann} and len(service.segments_of(shop, ann)) == 1
    identity.unmerge(shop, merge)
    assert anna in members(shop, segment)
    assert [one.until for one in service.segments_of(shop, anna)] == [None]


def test_a_tick_lets_nobody_in_or_out_for_a_merge_and_puts_back_who_had_been_merged_before(shop: WorkspaceId):
    ann, anna, nan = (person(shop, name) for name in ("ann", "anna", "nan"))
    did(shop, nan, "Order Completed")
    settle()
    segment = service.save(shop, "Once", BUYERS).id
    service.refresh(shop)
    identity.merge(shop, anna, nan)
    settle()
    with telling() as told:
        service.tick(shop)
        assert [(type(fact), fact.profile) for fact in told] == [(SegmentLeft, nan)]  # type: ignore[attr-defined]
        merge = identity.merge(shop, ann, anna)
        settle()
        service.tick(shop)
        assert [fact.profile for fact in told] == [nan, anna]  # type: ignore[attr-defined]
    assert members(shop, segment) == {ann}
    with telling() as told:
        identity.unmerge(shop, merge)
        assert members(shop, segment) == {ann, anna}
        settle()
        service.tick(shop)
        service.refresh(shop)
        assert [(type(fact), fact.profile) for fact in told] == [(SegmentLeft, ann)]  # type: ignore[attr-defined]
    assert members(shop, segment) == {anna}
    assert [one.until for one in service.segments_of(shop, anna)] == [None]


def test_who_has_left_since_a_merge_is_not_put_back(shop: WorkspaceId, clock: FixedClock):
    ann, anna = person(shop, "ann"), person(shop, "anna", gender="female")
    settle()
    segment = service.save(shop, "Women", FEMALE).id
    service.refresh(shop)
    clock.move(hours=1)
    profiles.apply(shop, [TraitChange(ann, {"gender": "male"}, clock.now())])
    merge = identity.merge(shop, ann, anna)
    settle()
    with telling() as told:
        service.tick(shop)
        assert [(type(fact), fact.profile) for fact in told] == [(SegmentLeft, anna)]  # type: ignore[attr-defined]
        identity.unmerge(shop, merge)
        settle()
        assert members(shop, segment) == set()
        service.tick(shop)
        assert type(told[-1]) is SegmentEntered and members(shop, segment) == {anna}


def test_a_field_outside_the_purpose_is_refused_by_name_until_an_instruction_covers_it(shop: WorkspaceId):
    tree = {"all": [BUYERS, {"attribute": "country", "is": "US"}]}
    for ask in (lambda: service.save(shop, "Americans", tree), lambda: service.preview(shop, tree)):
        with pytest.raises(BadInput, match=r"I\.4.*country.*location\.area") as refusal:
            ask()
        assert refusal.value.at == "tree.all.1.attribute"
    privacy.extend(shop, "I.4", "location.area", "test", "The shop ships to some countries only.")
    segment = service.save(shop, "Americans", tree).id
    person(shop, "ann", country="US")
    settle()
    assert service.refresh_now(shop, segment).count == 0

    privacy.withdraw_extension(shop, "I.4", "location.area", "test", "It ships everywhere now.")
    with pytest.raises(BadInput, match="country"):
        service.refresh_now(shop, segment)
    assert "country" in (service.one(shop, segment).problem or "")


def test_a_property_that_says_who_someone_is_counts_as_that(shop: WorkspaceId):
    tree = {"did": "Form Sent", "where": [{"property": "contact.reason", "is": "a"}]}
    service.preview(shop, tree)
    for name in ("contact.email", "E-Mail", "user.e_mail"):
        tree["where"] = [{"property": name, "is": "a"}]
        with pytest.raises(BadInput, match=r"contact\.email"):
            service.preview(shop, tree)


def test_an_archived_segment_rests_and_can_be_brought_back(shop: WorkspaceId):
    ann = person(shop, "ann", gender="female")
    settle()
    segment = service.save(shop, "Women", FEMALE).id
    service.refresh(shop)
    assert service.archive(shop, segment).archived_at
    assert service.all(shop) == []
    assert [one.id for one in service.all(shop, archived=True)] == [segment]
    assert service.refresh(shop) == []
    with pytest.raises(Conflict, match="Restore"):
        service.refresh_now(shop, segment)
    assert service.restore(shop, segment).archived_at is None
    assert members(shop, segment) == {ann}


def test_a_changed_condition_has_a_new_sentence_and_new_members(shop: WorkspaceId):
    ann = person(shop, "ann", gender="female")
    settle()
    segment = service.save(shop, "People", {"attribute": "gender", "is": "male"}).id
    service.refresh(shop)
    changed = service.update(shop, segment, name=" Women ", tree=FEMALE)
    assert (changed.name, changed.sentence) == ("Women", "gender is female")
    service.refresh(shop)
    assert members(shop, segment) == {ann}
    with pytest.raises(BadInput, match="name"):
        service.update(shop, segment, name=" ")
    with pytest.raises(BadInput):
        service.update(shop, segment, tree={"any": []})
    assert service.one(shop, segment).name == "Women"


def test_a_segment_too_large_to_answer_says_so_and_stops_no_other(
    shop: WorkspaceId, monkeypatch: pytest.MonkeyPatch
):
    for n in range(3):
        did(shop, person(shop, f"p{n}", gender="female"), "Order Completed")
    settle()
    heavy = BUYERS
    large, small = service.save(shop, "Large", heavy).id, service.save(shop, "Small", FEMALE).id
    monkeypatch.setitem(asking.LIMITS, "max_rows_to_group_by", 1)
    with pytest.raises(BadInput, match="too large"):
        service.preview(shop, heavy)
    assert [(one.segment, one.count) for one in service.refresh(shop)] == [(small, 3)]
    assert "too large" in (service.one(shop, large).problem or "")
    monkeypatch.undo()
    service.refresh(shop)
    assert service.one(shop, large).problem is None


def test_more_conditions_than_one_query_holds_are_several_queries(shop: WorkspaceId):
    ann = person(shop, "ann")
    did(shop, ann, "Event 3-7")
    settle()
    wide = [{"any": [{"did": f"Event {n}-{i}", "days": i + 1} for i in range(199)]} for n in range(6)]
    saved = [service.save(shop, str(n), tree).id for n, tree in enumerate(wide)]
    done = {one.segment: one.count for one in service.refresh(shop)}
    assert [done[segment] for segment in saved] == [0, 0, 0, 1, 0, 0]


def test_members_are_read_page_by_page(shop: WorkspaceId):
    people = sorted(person(shop, f"p{n}", gender="female") for n in range(7))
    settle()
    segment = service.save(shop, "Women", FEMALE).id
    service.refresh(shop)
    assert service.members_after(shop, segment, limit=5) == people[:5]
    assert service.members_after(shop, segment, after=people[4], limit=5) == people[5:]
    assert service.count(shop, segment) == 7


def test_an_erased_person_is_in_no_set_and_no_history(shop: WorkspaceId):
    ann, bob = person(shop, "ann", gender="female"), person(shop, "bob", gender="female")
    said = ConsentChange(
        ann, "email", "ann@shop.example", "newsletter", State.GIVEN, clock.now(), "test", "words"
    )
    consent.record(shop, [said])
    settle()
    assert service.preview(shop, {"subscription": "newsletter"}).sample == [ann]
    segment = service.save(shop, "Women", FEMALE).id
    service.refresh(shop)
    share = SegmentsShare()
    assert [one["name"] for one in share.export(shop, ann)["segments"]] == ["Women"]
    with telling() as told:
        assert share.erase(shop, ann) == {
            "segments_state": 1,
            "segments_transition": 1,
            "segments_touched": 0,
            "subscription": 1,
        }
        assert told == []
    assert share.export(shop, ann) == {"segments": []}
    assert members(shop, segment) == {bob}
    assert service.one(shop, segment).count == 1
    assert set(share.erase(shop, ann).values()) == {0}


def test_another_workspace_sees_nothing(shop: WorkspaceId):
    segment = service.save(shop, "Women", FEMALE).id
    for ask in (service.one, service.members, service.archive, service.restore, service.refresh_now):
        with pytest.raises(NotFound):
            ask(WorkspaceId(uuid4()), segment)
    assert service.all(WorkspaceId(uuid4())) == []


def test_fields_come_with_the_comparisons_that_fit(shop: WorkspaceId):
    profiles.define_field(shop, "score", "number")
    found = {one.name: one for one in service.fields(shop)}
    assert found["email"].operators == ("is_set",)
    assert "at_least" in found["score"].operators
    assert found["birth_date"].kind == "time"
    assert found["first_seen_at"].category == "behaviour.session"


def test_two_hundred_thousand_people_enter_at_once(shop: WorkspaceId):
    clickhouse.command(
        "insert into profile (workspace, profile, version, created_at)"
        " select {w:UUID}, number + 1000000000, 1, {at:DateTime64(3)} from numbers(200000)",
        {"w": str(shop), "at": datetime(2030, 1, 1, tzinfo=UTC)},
    )
    segment = service.save(shop, "Everyone", {"all": []}).id
    with telling() as told:
        service.refresh(shop)
        assert len(told) == 200_000
    assert service.one(shop, segment).count == 200_000
    assert models.Transition.objects.filter(workspace_id=shop).count() == 200_000
    again = service.refresh(shop)
    assert (again[0].entered, again[0].left) == (0, 0)
    assert service.growth(shop, segment)[-1].at + timedelta(hours=1) > clock.now()
