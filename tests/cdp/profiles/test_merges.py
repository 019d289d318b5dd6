"""Merges and un-merges over the tables: each id keeps what it was told, and every fact of a run is followed at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clickhouse, database, projection
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.profiles import models
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange

START = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def here(workspace):
    with database.scope(workspace):
        yield workspace


@pytest.fixture
def ids(here):
    [(last,)] = database.rows(
        "select nextval('identity_profile_id') from generate_series(1, 6) order by 1 limit 1"
    )
    return [ProfileId(last + number) for number in range(6)]


def told(here, profile, day=0, home=None, **values):
    change = TraitChange(profile, values, START + day * DAY, "api", home)
    assert profiles.apply(here, [change]) == []


def merged(here, *pairs):
    tell(
        *[
            ProfilesMerged(
                workspace=here, at=START, winner=winner, loser=loser, cause="manual", merge=uuid4()
            )
            for winner, loser in pairs
        ]
    )


def unmerged(here, winner, loser, *ids):
    tell(
        ProfilesUnmerged(
            workspace=here, at=START, winner=winner, loser=loser, ids=(loser, *ids), merge=uuid4()
        )
    )


def state(here, *ids):
    """All that is kept under these ids, but when it was written."""
    hidden = ("updated_at", "workspace_id")
    return {
        row["id"]: {name: value for name, value in row.items() if name not in hidden}
        for row in models.Profile.objects.filter(workspace_id=here, id__in=ids).values()
    }


def copies(here):
    projection.drain()
    found = clickhouse.query(
        "select profile, text, number, flag, time from profile final where workspace = {w:UUID} and deleted = 0",
        {"w": str(here)},
    )
    return {profile: rest for profile, *rest in found}


def test_what_was_told_before_and_after_a_merge_goes_back_where_it_was_told(here, ids):
    ann, anna = ids[:2]
    told(here, ann, 1, city="Riga", first_name="Ann", vip=True)
    told(
        here,
        anna,
        2,
        city="Oslo",
        last_name="Smith",
        birth_date="1990-05-01",
        registered_at="2029-01-01T00:00:00Z",
    )
    before, mirror = state(here, ann, anna), copies(here)
    merged(here, (ann, anna))
    one = profiles.many(here, [ann, anna])
    assert set(one) == {ann} and (one[ann].city, one[ann].name, one[ann].traits) == (
        "Oslo",
        "Ann Smith",
        {"vip": True},
    )
    assert set(copies(here)) == {ann}
    unmerged(here, ann, anna)
    assert state(here, ann, anna) == before and copies(here) == mirror


def test_what_is_told_under_an_old_id_is_the_persons_and_goes_back_with_it(here, ids):
    ann, anna = ids[:2]
    told(here, ann, 1, city="Riga")
    told(here, anna, 2, city="Oslo")
    merged(here, (ann, anna))
    told(here, ann, 3, home=anna, gender="f")
    told(here, ann, 4, city="Bern")
    told(here, ann, 5, home=anna, first_name="Anna", balance=5)
    found = profiles.many(here, [ann])[ann]
    assert (found.city, found.gender, found.first_name, found.traits) == ("Bern", "f", "Anna", {"balance": 5})
    unmerged(here, ann, anna)
    found = profiles.many(here, [ann, anna])
    assert (found[ann].city, found[ann].gender, found[ann].traits) == ("Bern", "", {})
    assert (found[anna].city, found[anna].gender, found[anna].traits) == ("Oslo", "f", {"balance": 5})


def test_an_id_that_nothing_was_told_of_yet_joins_and_leaves_too(here, ids):
    ann, device = ids[:2]
    merged(here, (ann, device))
    told(here, ann, 2, home=device, city="Oslo")
    told(here, ann, 1, city="Riga", gender="f")
    found = profiles.many(here, [ann])[ann]
    assert (found.city, found.gender, found.created_at) == ("Oslo", "f", START + DAY)
    unmerged(here, ann, device)
    found = profiles.many(here, [ann, device])
    assert (found[ann].city, found[device].city, found[device].gender) == ("Riga", "Oslo", "")
    assert found[device].created_at == START + 2 * DAY


def test_who_was_never_told_of_at_all_is_somebody_after_an_unmerge(here, ids):
    ann, device = ids[:2]
    told(here, ann, 1, city="Riga")
    merged(here, (ann, device))
    unmerged(here, ann, device)
    assert set(profiles.many(here, [ann, device])) == {ann, device} == set(copies(here))


def test_those_merged_into_the_loser_leave_with_it(here, ids):
    a, b, c, d = ids[:4]
    for number, one in enumerate((a, b, c, d)):
        told(here, one, number, city="abcd"[number], **{f"of_{'abcd'[number]}": True})
    merged(here, (c, d), (a, b), (a, c))
    assert profiles.many(here, [a])[a].traits == {f"of_{x}": True for x in "abcd"}
    unmerged(here, a, c, d)
    found = profiles.many(here, ids)
    assert set(found) == {a, c} and (found[a].city, found[c].city) == ("b", "d")
    assert (set(found[a].traits), set(found[c].traits)) == ({"of_a", "of_b"}, {"of_c", "of_d"})
    unmerged(here, c, d)
    assert set(profiles.many(here, ids)) == {a, c, d}


MERGES = st.permutations([0, 1, 2, 3, 4]).flatmap(
    lambda order: st.lists(st.integers(0, 4), min_size=4, max_size=4).map(lambda picks: (order, picks))
)
TOLD = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.sampled_from(["city", "gender"]), st.sampled_from("xyz")),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TOLD, MERGES, st.integers(0, 12))
def test_neither_the_order_of_merges_nor_that_of_tellings_matters(here, telling, plan, cut):
    """All five become one in some order, between the tellings; as if all had been told of one from the start."""
    [(first,)] = database.rows(
        "select nextval('identity_profile_id') from generate_series(1, 7) order by 1 limit 1"
    )
    order, picks = plan
    person = {number: number for number in range(5)}

    def tell_some(some):
        for number, day, field, value in some:
            told(here, first + person[number], day, home=first + number, **{field: value})

    tell_some(telling[:cut])
    for one, pick in zip(order, picks, strict=False):
        winner, loser = person[pick], person[one]
        if winner != loser:
            merged(here, (first + winner, first + loser))
            person = {n: winner if p == loser else p for n, p in person.items()}
    for one in range(5):
        if person[one] != person[0]:
            loser = person[one]
            merged(here, (first + person[0], first + loser))
            person = {n: person[0] if p == loser else p for n, p in person.items()}
    tell_some(telling[cut:])
    for _, day, field, value in telling:
        told(here, first + 6, day, **{field: value})
    found = profiles.many(here, [first + person[0], first + 6])
    shown = [(one.city, one.gender, one.created_at) for one in found.values()]
    assert not telling or shown[0] == shown[-1]


def test_merges_of_one_run_are_followed_by_few_statements(here, monkeypatch):
    [(first,)] = database.rows(
        "select nextval('identity_profile_id') from generate_series(1, 4001) order by 1 limit 1"
    )
    profiles.apply(here, [TraitChange(first + n, {"city": "Riga", "score": n}, START) for n in range(4000)])
    bulk, asked = database.bulk, []
    monkeypatch.setattr(database, "bulk", lambda *told, **more: asked.append(told[0]) or bulk(*told, **more))
    started = time.perf_counter()
    with CaptureQueriesContext(connection) as others:
        profiles.follow_merges(here, [(first + n, first + 2000 + n) for n in range(2000)])
    print(f"2,000 merges in {time.perf_counter() - started:.2f} s by {len(asked) + len(others)} statements")
    assert len(asked) + len(others) < 12
    assert len(profiles.many(here, range(first, first + 4000))) == 2000


def test_the_history_of_every_id_is_told(here, ids):
    ann, anna = ids[:2]
    told(here, ann, 1, city="Riga")
    told(here, ann, 3, city="Oslo")
    told(here, ann, 2, city="Bern")  # of the past: changes nothing
    told(here, ann, 4, city="Oslo")
    told(here, anna, 2, city="Rome")
    told(here, anna, 5, city=None)
    found = [
        (one.field, one.old, one.new, one.at, one.recorded_at is None) for one in profiles.history(here, ann)
    ]
    assert found == [
        ("city", "Riga", "Oslo", START + 3 * DAY, False),
        ("city", None, "Riga", START + DAY, True),
    ]
    assert [(one.old, one.new, one.home) for one in profiles.history(here, anna)] == [
        ("Rome", None, anna), (None, "Rome", anna),
    ]  # fmt: skip


def test_history_keeps_dates_numbers_and_lists(here, ids):
    fields.declare(here, "tags", "list")
    told(here, ids[0], 1, birth_date="1990-05-01", score=1, tags=["a"])
    told(here, ids[0], 2, birth_date="1991-05-01", score=2, tags=["a", "b"])
    found = {one.field: (one.old, one.new) for one in profiles.history(here, ids[0]) if one.old is not None}
    assert found == {"birth_date": ("1990-05-01", "1991-05-01"), "score": (1, 2), "tags": (["a"], ["a", "b"])}


def test_a_field_that_changes_without_end_keeps_its_newest_changes(here, ids):
    told(here, ids[0], 0, city="Riga", score=0)
    told(here, ids[0], 1, city="Oslo")
    for run in range(5):
        changes = [
            TraitChange(ids[0], {"score": run * 100 + n}, START + timedelta(days=2, seconds=run * 100 + n))
            for n in range(100)
        ]  # fmt: skip
        profiles.apply(here, changes)
    kept = models.Change.objects.filter(workspace_id=here, home_id=ids[0])
    assert 100 <= kept.filter(field="score").count() <= 200 and kept.filter(field="city").count() == 1
    assert profiles.history(here, ids[0])[0].new == 499


def test_a_forgotten_person_leaves_no_history(here, ids):
    fields.declare(here, "card", "id")
    told(here, ids[0], 0, city="Riga", card="C-1")
    told(here, ids[0], 1, city="Oslo")
    assert profiles.export(here, ids[0])["history"][0]["new"] == "Oslo"
    assert profiles.erase(here, ids[0]) == {
        "profiles_profile": 1,
        "profiles_change": 1,
        "profiles_uniquevalue": 1,
    }
    assert profiles.history(here, ids[0]) == [] and profiles.export(here, ids[0]) == {}
