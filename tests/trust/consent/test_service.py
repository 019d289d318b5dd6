"""The ledger and what follows from it, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.base import clock as clocks
from cadenza.base import database, fact
from cadenza.base.ids import ProfileId, WorkspaceId, new_id
from cadenza.base.problem import BadInput
from cadenza.trust.consent import service, store
from cadenza.trust.consent.facts import ConsentChanged
from cadenza.trust.consent.fold import fold
from cadenza.trust.consent.types import ConsentChange, State, TopicKind

ANN, BEN = ProfileId(1), ProfileId(2)
ANN_AT = "ann@example.com"


def said(state: State, at: datetime | None, *, address: str = ANN_AT, profile: Any = ANN, source: str = "api",
         wording: str = "", topic: str = "newsletter", **more: Any) -> ConsentChange:  # fmt: skip
    return ConsentChange(profile, "email", address, topic, state, at, source, wording, **more)


def state_of(workspace: WorkspaceId, address: str = ANN_AT, topic: str = "newsletter") -> State | None:
    return service.states(workspace, "email", topic, [address]).get(address)


@pytest.fixture
def inside(workspace, clock):
    with database.scope(workspace):
        yield workspace


def test_who_never_agreed_is_missing(inside):
    assert service.states(inside, "email", "newsletter", [ANN_AT]) == {}


def test_given_then_withdrawn(inside, clock):
    assert service.record(inside, [said(State.GIVEN, clock.now())]) == 1
    assert state_of(inside) is State.GIVEN
    clock.move(days=1)
    service.record(inside, [said(State.WITHDRAWN, clock.now(), source="unsubscribe")])
    assert state_of(inside) is State.WITHDRAWN
    assert [line.state for line in service.history(inside, ANN)] == [State.GIVEN, State.WITHDRAWN]


def test_the_same_statement_told_twice_is_one_line(inside, clock):
    change = said(State.GIVEN, clock.now())
    assert (service.record(inside, [change, change]), service.record(inside, [change])) == (1, 0)


def test_an_address_is_found_however_it_is_written_and_is_kept_nowhere(inside, clock):
    service.record(
        inside,
        [said(State.GIVEN, clock.now(), address=" Ann@Example.COM", actor="user:7", ip="203.0.113.77")],
    )
    assert state_of(inside, "ann@example.com") is State.GIVEN
    held = str(
        database.rows("select to_jsonb(e) from consent_entry e where workspace_id = %s", [inside])
    ).lower()
    assert "example" not in held
    assert "203.0.113.0" in held and "203.0.113.77" not in held


def test_two_workspaces_know_nothing_of_each_other(inside):
    assert service.digest(inside, "email", ANN_AT) != service.digest(WorkspaceId(new_id()), "email", ANN_AT)


def test_a_statement_dated_ahead_does_not_outlive_a_withdrawal(inside, clock):
    service.record(inside, [said(State.GIVEN, clock.now() + timedelta(days=36500))])
    clock.move(minutes=1)
    service.record(inside, [said(State.WITHDRAWN, clock.now())])
    assert state_of(inside) is State.WITHDRAWN


def test_a_statement_that_arrives_late_does_not_undo_a_newer_one(inside, clock):
    service.record(inside, [said(State.WITHDRAWN, clock.now())])
    service.record(inside, [said(State.GIVEN, clock.now() - timedelta(days=1))])
    assert state_of(inside) is State.WITHDRAWN


@pytest.mark.parametrize(("dated", "wording", "then"), [
    (True, "club_card", State.GIVEN), (True, "", State.WITHDRAWN), (False, "club_card", State.WITHDRAWN),
])  # fmt: skip
def test_an_import_needs_proof_against_a_withdrawal(inside, clock, dated, wording, then):
    service.record(inside, [said(State.WITHDRAWN, clock.now())])
    clock.move(days=1)
    at = clock.now() if dated else None
    service.record(inside, [said(State.GIVEN, at, source="import:1", wording=wording)])
    assert state_of(inside) is then


def test_facts_are_told_only_of_what_changed(inside, clock):
    told: list[ConsentChanged] = []

    def hear(batch):
        told.extend(f for f in batch if f.workspace == inside)

    fact.listen(ConsentChanged, hear)
    service.record(inside, [said(State.GIVEN, clock.now())])
    clock.move(days=1)
    service.record(inside, [said(State.GIVEN, clock.now())])
    service.record(inside, [said(State.WITHDRAWN, clock.now())])
    assert [(f.before, f.state, f.profile) for f in told] == [
        (None, State.GIVEN, ANN), (State.GIVEN, State.WITHDRAWN, ANN),
    ]  # fmt: skip


@pytest.mark.parametrize(("broken", "place"), [
    ({"topic": "nothing"}, "changes.1.topic"), ({"address": " "}, "changes.1.address"),
])  # fmt: skip
def test_a_bad_statement_names_its_place_and_records_nothing(inside, clock, broken, place):
    with pytest.raises(BadInput) as refusal:
        service.record(inside, [said(State.GIVEN, clock.now()), said(State.GIVEN, clock.now(), **broken)])
    assert refusal.value.at == place and refusal.value.hint
    assert service.history(inside, ANN) == []


@pytest.mark.parametrize("sql", [
    "update consent_entry set state = 'given' where workspace_id = %s",
    "delete from consent_entry where workspace_id = %s",
])  # fmt: skip
def test_the_ledger_refuses_to_be_changed(inside, clock, sql):
    service.record(inside, [said(State.WITHDRAWN, clock.now())])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        database.execute(sql, [inside])
    assert len(service.history(inside, ANN)) == 1


def test_a_wording_is_kept_by_version_and_hash(inside, clock):
    first = service.publish_wording(inside, "footer", "Write to me about news.")
    assert service.publish_wording(inside, "footer", "Write to me about news.") == first
    service.record(inside, [said(State.GIVEN, clock.now(), wording="footer")])
    clock.move(days=1)
    second = service.publish_wording(inside, "footer", "Write to me about news and offers.")
    service.record(inside, [said(State.GIVEN, clock.now(), wording="footer")])
    assert [(e.wording_version, e.wording_hash) for e in service.history(inside, ANN)] == [
        (1, first.sha256), (2, second.sha256),
    ]  # fmt: skip
    assert service.export(inside, ANN)["history"][0]["text"] == "Write to me about news."


def test_withdrawing_all_covers_every_topic_but_transactional_ones(inside, clock):
    service.add_topic(inside, "receipts", "Receipts", TopicKind.TRANSACTIONAL)
    service.record(inside, [said(State.GIVEN, clock.now()), said(State.GIVEN, clock.now(), topic="receipts")])
    clock.move(hours=1)
    assert service.withdraw_all(inside, ANN, source="preference_centre") == 2
    assert {s.topic: s.state for s in service.of_person(inside, ANN)} == {
        "newsletter": State.WITHDRAWN, "open_tracking": State.WITHDRAWN, "receipts": State.GIVEN,
    }  # fmt: skip


def test_a_statement_without_a_profile_is_found_by_address(inside, clock):
    service.record(inside, [said(State.WITHDRAWN, clock.now(), profile=None)])
    assert service.of_person(inside, ANN) == []
    assert service.of_person(inside, ANN, [("email", ANN_AT)])[0].state is State.WITHDRAWN


def test_a_merge_finds_both_and_the_stricter_word_holds(inside, clock):
    merge = new_id()
    service.record(inside, [said(State.GIVEN, clock.now())])
    service.record(inside, [said(State.WITHDRAWN, clock.now(), address="old@example.com", profile=BEN)])
    clock.move(hours=1)
    assert service.follow_merges(inside, [(ANN, BEN, merge)]) == 1
    assert state_of(inside) is State.WITHDRAWN
    assert len(service.of_person(inside, ANN)) == 2
    clock.move(hours=1)
    service.record(inside, [said(State.GIVEN, clock.now(), source="form")])
    assert state_of(inside) is State.GIVEN
    service.follow_unmerge(inside, ANN, BEN, [BEN], merge)
    assert len(service.of_person(inside, ANN)) == 1


def test_what_a_merge_alone_had_tightened_is_loosened_when_it_is_undone(inside, clock):
    service.record(inside, [said(State.GIVEN, clock.now(), source="form")])
    service.record(inside, [said(State.WITHDRAWN, clock.now(), address="old@example.com", profile=BEN)])
    merge = new_id()
    clock.move(hours=1)
    service.follow_merges(inside, [(ANN, BEN, merge)])
    clock.move(hours=1)
    assert service.follow_unmerge(inside, ANN, BEN, [BEN], merge) == 1
    assert (state_of(inside), state_of(inside, "old@example.com")) == (State.GIVEN, State.WITHDRAWN)
    assert [line.source for line in service.history(inside, ANN)] == [
        "form",
        f"merge:{merge}",
        f"unmerge:{merge}",
    ]
    assert len(service.of_person(inside, BEN)) == 1


@pytest.mark.parametrize("since", [State.WITHDRAWN, State.REFUSED, State.GIVEN])
def test_what_was_said_since_a_merge_stays_when_it_is_undone(inside, clock, since):
    service.record(inside, [said(State.GIVEN, clock.now(), source="form")])
    service.record(inside, [said(State.WITHDRAWN, clock.now(), address="old@example.com", profile=BEN)])
    merge = new_id()
    clock.move(hours=1)
    service.follow_merges(inside, [(ANN, BEN, merge)])
    clock.move(hours=1)
    service.record(inside, [said(since, clock.now(), source="form")])
    assert service.follow_unmerge(inside, ANN, BEN, [BEN], merge) == 0
    assert state_of(inside) is since


def test_a_consent_that_cannot_be_proved_does_not_come_back(inside, clock):
    service.record(inside, [said(State.GIVEN, clock.now(), source="import:1")])
    service.record(inside, [said(State.REFUSED, clock.now(), address="old@example.com", profile=BEN)])
    merge = new_id()
    clock.move(hours=1)
    service.follow_merges(inside, [(ANN, BEN, merge)])
    assert state_of(inside) is State.REFUSED
    assert service.follow_unmerge(inside, ANN, BEN, [BEN], merge) == 0
    assert state_of(inside) is State.REFUSED


def test_three_who_become_one_take_the_strictest_word_of_all(inside, clock):
    cid = ProfileId(3)
    for who, address, state in ((ANN, ANN_AT, State.GIVEN), (BEN, "b@example.com", State.REFUSED),
                                (cid, "c@example.com", State.WITHDRAWN)):  # fmt: skip
        service.record(inside, [said(state, clock.now(), address=address, profile=who)])
    first, second = new_id(), new_id()
    clock.move(hours=1)
    assert service.follow_merges(inside, [(ANN, BEN, first), (ANN, cid, second)]) == 1
    assert state_of(inside) is State.WITHDRAWN and state_of(inside, "b@example.com") is State.REFUSED
    clock.move(hours=1)
    service.follow_unmerge(inside, ANN, BEN, [BEN], first)
    assert state_of(inside) is State.WITHDRAWN
    clock.move(hours=1)
    service.follow_unmerge(inside, ANN, cid, [cid], second)
    assert state_of(inside) is State.GIVEN
    assert [len(service.of_person(inside, who)) for who in (ANN, BEN, cid)] == [1, 1, 1]


def test_erasure_forgets_the_person_and_remembers_the_objection(inside, clock):
    service.record(inside, [
        said(State.GIVEN, clock.now(), ip="203.0.113.77"),
        said(State.GIVEN, clock.now(), topic="open_tracking"),
    ])  # fmt: skip
    service.record(inside, [said(State.GIVEN, clock.now(), profile=BEN, address="ben@example.com")])
    clock.move(days=1)
    service.record(inside, [said(State.WITHDRAWN, clock.now(), actor="user:7")])
    removed = service.erase(inside, ANN)
    assert removed["consent_subscription"] == 1
    assert service.export(inside, ANN) == {"subscriptions": [], "history": []}
    assert state_of(inside) is State.WITHDRAWN
    assert state_of(inside, topic="open_tracking") is None
    assert state_of(inside, "ben@example.com") is State.GIVEN
    kept = database.dicts("select profile_id, actor, ip, state from consent_entry where workspace_id = %s"
                          " and profile_id is null", [inside])  # fmt: skip
    assert kept == [{"profile_id": None, "actor": None, "ip": None, "state": "withdrawn"}]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        database.execute("delete from consent_entry where workspace_id = %s", [inside])


def test_thousands_at_once(inside, clock):
    changes = [said(State.GIVEN, clock.now(), address=f"p{n}@example.com", profile=n) for n in range(5000)]
    assert service.record(inside, changes) == 5000
    assert len(service.states(inside, "email", "newsletter", [c.address for c in changes])) == 5000


MOMENT = datetime.fromisoformat("2030-03-01T00:00:00+00:00")
MOMENTS = st.one_of(st.none(), st.integers(0, 4).map(lambda h: MOMENT + timedelta(hours=h)))
CHANGES = st.lists(
    st.builds(
        said, st.sampled_from(State), MOMENTS,
        address=st.sampled_from([ANN_AT, "ben@example.com"]), profile=st.sampled_from([ANN, BEN, None]),
        source=st.sampled_from(["api", "import:1"]), wording=st.sampled_from(["", "club"]),
    ),
    max_size=10,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES, st.data())
def test_the_subscription_table_is_the_fold_of_the_ledger_in_any_order_of_arrival(engines, changes, data):
    workspaces = WorkspaceId(new_id()), WorkspaceId(new_id())
    with clocks.fixed(MOMENT + timedelta(days=1)):
        results = [_arrive(w, order) for w, order in zip(
            workspaces, (changes, data.draw(st.permutations(changes))), strict=True,
        )]  # fmt: skip
    assert results[0] == results[1]


def _arrive(workspace: WorkspaceId, changes: list[ConsentChange]) -> dict[str, tuple[State, datetime, str]]:
    with database.scope(workspace):
        for change in changes:
            service.record(workspace, [change])
        table: dict[str, tuple[State, datetime, str]] = {}
        for address in (ANN_AT, "ben@example.com"):
            point = ("email", service.digest(workspace, "email", address))
            held = store.subscriptions(workspace, [point])
            standing = fold(store.history(workspace, [point]))
            assert [(s.state, s.since, s.source) for s in held] == (
                [(standing.state, standing.at, standing.source)] if standing else []
            )
            if standing:
                table[address] = standing.state, standing.at, standing.source
        return table


def test_writers_at_the_same_time_agree_with_the_ledger(workspace, clock):
    """Twelve threads say different things of one address at once; the last word by time stands."""
    clock.move(days=2)  # a moment ahead counts as now: the threads' order would decide
    moments = [MOMENT + timedelta(hours=h) for h in range(12)]
    changes = [said(State.WITHDRAWN if n % 2 else State.GIVEN, at) for n, at in enumerate(moments)]

    def say(change: ConsentChange) -> None:
        try:
            with database.scope(workspace):
                service.record(workspace, [change])
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(say, changes))
    with database.scope(workspace):
        assert state_of(workspace) is State.WITHDRAWN
        assert len(service.history(workspace, ANN)) == 12
