"""Identity over its tables: who is found, merged, parted, confirmed, counted, forgotten."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from cadenza.base import clickhouse, database, projection
from cadenza.base.fact import listen, listeners
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.identity import models
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.facts import IncidentRaised, ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.identity.types import Identifier, Rules


def one(value: str, kind: str = "external_id") -> Identifier:
    return Identifier(kind, value)


def mail(name: str) -> Identifier:
    return one(f"{name}@example.com", "email")


def device(name: str) -> Identifier:
    return one(name, "anonymous_id")


def people(workspace, *arrivals):
    return [found.profile for found in identity.resolve(workspace, arrivals)]


@pytest.fixture
def inside(workspace):
    with database.scope(workspace):
        yield workspace


@pytest.fixture
def told():
    """What identity tells."""
    heard = []
    for kind in (ProfilesMerged, ProfilesUnmerged, IncidentRaised):
        listen(kind, heard.extend)
    yield heard
    for kind in (ProfilesMerged, ProfilesUnmerged, IncidentRaised):
        listeners()[kind].remove(heard.extend)


def overrides(workspace):
    projection.drain()
    found = clickhouse.query(
        "select profile, into from profile_override final where workspace = {w:UUID} order by profile",
        {"w": str(workspace)},
    )
    with database.scope(workspace):
        kept = database.rows(
            'select profile_id, "into" from identity_override where workspace_id = %s', [workspace]
        )
    assert sorted(kept) == found
    return dict(found)


def test_old_ids_lead_to_who_it_is_now_after_a_chain_of_merges(workspace):
    with database.scope(workspace):
        a, b, c = people(workspace, [one("a")], [one("b")], [one("c")])
        identity.merge(workspace, b, a)
        identity.merge(workspace, c, a)  # a is b by now
        assert {identity.current(workspace, old) for old in (a, b, c)} == {c}
        assert set(identity.all_ids(workspace, c)) == {a, b, c}
        assert {known.value for known in identity.of_person(workspace, c)} == {"a", "b", "c"}
        assert identity.find(workspace, one(str(a), "id")) == c
        with pytest.raises(BadInput):
            identity.merge(workspace, a, b)
    assert overrides(workspace) == {a: c, b: c}


def test_a_person_merged_by_hand_answers_to_every_number(inside):
    a, b = people(inside, [one("a")], [one("b")])
    identity.merge(inside, a, b)
    assert people(inside, [one("b")], [one("a")], [one("b"), device("d")]) == [a, a, a]
    assert people(inside, [one("a"), device("d")], [one("b"), mail("x")], [one("a"), mail("x")]) == [a, a, a]


def test_merges_of_one_batch_are_written_as_they_were_decided(inside):
    phone = one("+1", "phone")
    first = people(inside, [device("d")], [mail("a")])
    told = identity.resolve(
        inside, [[phone], [device("d"), mail("a")], [mail("a"), phone], [one("u1"), phone]]
    )
    assert len({found.profile for found in told}) == 1
    [now] = {found.profile for found in told}
    assert {identity.current(inside, old) for old in first} == {now}
    assert {(known.kind, known.value) for known in identity.of_person(inside, now)} == {
        tuple(known) for known in (device("d"), mail("a"), phone, one("u1"))
    }
    [merge] = identity.merges(inside, now)
    assert (merge.cause, merge.identifier, merge.actor) == ("same_device", "anonymous_id", "")


def test_what_is_told_is_kept_under_its_strongest_identifier_for_ever(inside):
    [visitor] = identity.resolve(inside, [[device("d")]])
    [known] = identity.resolve(inside, [[one("u"), device("d")]])
    assert (known.profile, known.created, known.merged) == (visitor.profile, False, False)
    assert known.home != visitor.home == visitor.profile
    assert identity.resolve(inside, [[one("u"), device("e")]])[0].home == known.home
    assert set(identity.all_ids(inside, visitor.profile)) == {visitor.home, known.home}


def test_a_device_of_two_customers_is_neithers_and_keeps_what_it_did_by_itself(workspace, told):
    with database.scope(workspace):
        [by_itself] = identity.resolve(workspace, [[device("d")]])
        [ann] = identity.resolve(workspace, [[one("ann"), device("d")]])
        assert identity.current(workspace, by_itself.home) == ann.profile
        [ben] = identity.resolve(workspace, [[one("ben"), device("d")]])
        assert ben.blocked and ben.created
        ann_now = identity.find(workspace, one("ann"))
        assert len({identity.current(workspace, by_itself.home), ann_now, ben.profile}) == 3
        assert [(type(fact), fact.loser) for fact in told] == [(ProfilesUnmerged, ann_now)]
        assert [s.profile for s in identity.devices_shared_with(workspace, ann_now)] == [ben.profile]
        assert [known.shared for known in identity.of_person(workspace, ben.profile)] == [False]
    overrides(workspace)


def test_people_seen_on_one_device_and_on_how_many(inside):
    ann, ben, cid = people(inside, [one("ann")], [one("ben")], [one("cid")])
    for who, where in (("ann", "d"), ("ben", "d"), ("ann", "e"), ("ben", "e"), ("cid", "e")):
        identity.resolve(inside, [[one(who), device(where)]])
    shared = identity.devices_shared_with(inside, ann)
    assert [(s.profile, s.devices) for s in shared] == [(ben, 2), (cid, 1)]


def test_an_undone_merge_is_not_made_again_by_what_made_it(workspace, told):
    with database.scope(workspace):
        a, b = people(workspace, [one("u"), device("d")], [mail("m"), device("e")])
        arrival = [device("d"), mail("m")]
        [found] = identity.resolve(workspace, [arrival])
        assert found.profile == a and identity.find(workspace, device("e")) == a
        [merge] = identity.merges(workspace, a)
        identity.unmerge(workspace, merge.id, "user:7")
        assert [
            identity.find(workspace, which) for which in (one("u"), device("d"), mail("m"), device("e"))
        ] == [a, a, b, b]
        [again] = identity.resolve(workspace, [arrival])
        assert (again.profile, again.blocked) == (b, True)
        assert [fact.merge for fact in told] == [merge.id, merge.id]
        assert told[1].ids == (b,) and (told[1].winner, told[1].loser) == (a, b)
        [undone] = identity.merges(workspace, a)
        assert undone.undone_at and undone.undone_by == "user:7"
        with pytest.raises(Conflict):
            identity.unmerge(workspace, merge.id)
    assert overrides(workspace) == {}
    with database.scope(workspace):
        identity.merge(workspace, a, b, actor="user:7")  # somebody's later word counts
        assert identity.find(workspace, mail("m")) == a
        assert (
            identity.resolve(workspace, [[one("u"), one("x", "app_id")], [mail("m"), one("x", "app_id")]])[
                1
            ].profile
            == a
        )


def test_one_of_several_merges_is_undone_and_the_others_hold(inside):
    a, b, c, d = people(inside, [one("a")], [one("b")], [one("c")], [one("d")])
    first = identity.merge(inside, a, b)
    second = identity.merge(inside, c, a)
    identity.merge(inside, c, d)
    identity.unmerge(inside, first)
    assert [identity.find(inside, one(name)) for name in "abcd"] == [c, b, c, c]
    identity.unmerge(inside, second)
    assert [identity.find(inside, one(name)) for name in "abcd"] == [a, b, c, c]


def test_there_is_nothing_to_undo_elsewhere(workspace, inside):
    from cadenza.base.ids import WorkspaceId, new_id

    a, b = people(inside, [one("a")], [one("b")])
    merge = identity.merge(inside, a, b)
    for wrong in (new_id(),):
        with pytest.raises(NotFound):
            identity.unmerge(inside, wrong)
    assert merge and WorkspaceId(new_id()) != workspace


def test_nobody_is_merged_across_workspaces(workspace):
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        other = accounts.create_workspace("Other", currency="EUR").id
    with database.scope(workspace):
        [mine] = people(workspace, [one("a"), mail("a")])
    with database.scope(other):
        [theirs] = people(other, [one("a"), mail("a")])
        assert theirs != mine
        with pytest.raises(NotFound):
            identity.merge(other, theirs, mine)
        assert identity.merge_many(other, [(mine, theirs)], "file")[0].fate == "unknown"
    with database.scope(workspace):
        assert identity.find(workspace, one("a")) == mine and identity.merges(workspace, mine) == []


def test_many_pairs_are_merged_at_once_and_each_is_answered(inside):
    a, b, c, d = people(inside, [one("a")], [one("b")], [one("c")], [one("d"), device("e")])
    done = identity.merge_many(inside, [(a, b), (b, a), (c, b), (c, 10**9), (c, d)], "file", "import:1")
    assert [one.fate for one in done] == ["merged", "same", "merged", "unknown", "merged"]
    assert {identity.current(inside, who) for who in (a, b, c, d)} == {c}
    assert {(m.cause, m.actor) for m in identity.merges(inside, c)} == {("file", "import:1")}
    identity.unmerge(inside, done[0].merge)
    assert [identity.current(inside, who) for who in (a, b, c, d)] == [c, b, c, c]


def test_somebody_who_is_many_is_an_incident_and_learns_no_more(inside, told):
    identity.set_rules(inside, Rules(most_identifiers=5))
    [crowd] = people(inside, [one("u"), *(device(str(n)) for n in range(4))])
    [more] = identity.resolve(inside, [[one("u"), device("more")]])
    assert more.profile == crowd and identity.find(inside, device("more")) is None
    [alone] = people(inside, [device("more")])
    with pytest.raises(Conflict):
        identity.merge(inside, crowd, alone)
    people(inside, [one("u"), device("again")])
    [incident] = identity.incidents(inside)
    assert (incident.profile, incident.what) == (crowd, "too_many_identifiers")
    assert [(fact.profile, fact.what) for fact in told] == [(crowd, "too_many_identifiers")]


def test_a_heap_is_not_decided_but_raised(inside, monkeypatch):
    """Many customers who share devices with each other in one long chain."""
    monkeypatch.setattr("cadenza.cdp.identity.evidence.MOST_NODES", 20)
    for n in range(20):
        people(inside, [one(f"c{n}"), device(f"d{n}")], [one(f"c{n + 1}"), device(f"d{n}")])
    assert {incident.what for incident in identity.incidents(inside)} == {"heap"}
    found = [identity.find(inside, one(f"c{n}")) for n in range(21)]
    assert None not in found and len(set(found)) == 21  # each arrival still has its person
    assert people(inside, [one("c20"), device("d19")], [one("c20")]) == [found[20]] * 2


def test_values_that_recognise_nobody(inside):
    ann, ben = people(
        inside, [one("ann"), one("test@test.com", "email")], [one("ben"), one("Test@test.com", "email")]
    )
    assert ann != ben and identity.find(inside, one("test@test.com", "email")) is None
    lost = people(inside, [one("unknown")], [one("unknown")], [one("unknown"), device("d")], [device("d")])
    assert lost[0] == lost[1] and lost[2] == lost[3] != lost[0]


def test_a_card_number_is_stored_nowhere(inside):
    pan = "4111111111111111"
    [who] = people(inside, [one(pan), device("d")])
    assert [known.kind for known in identity.of_person(inside, who)] == ["anonymous_id"]
    assert not models.Identifier.objects.filter(value__contains=pan).exists()
    with pytest.raises(BadInput):
        identity.normalise(inside, "external_id", pan)
    assert identity.find(inside, one(pan)) is None and identity.looks_like_card(" 4111 1111 1111 1111 ")


def test_the_token_of_a_card_is_kept_as_a_digest_of_its_workspace(inside):
    from cadenza.base.ids import WorkspaceId, new_id

    kept = identity.normalise(inside, "card_hash", "tok_visa_123")
    assert kept == identity.normalise(inside, "card_hash", " tok_visa_123 ") and "tok" not in kept.value
    assert kept != identity.normalise(WorkspaceId(new_id()), "card_hash", "tok_visa_123")
    ann, same = people(inside, [one("ann"), kept], [kept, device("till")])
    assert ann == same


def test_rules_are_rehearsed_before_they_are_set(inside):
    for name in ("ann", "ben"):
        people(inside, [one(name), device("d")])
    people(inside, [one("cid"), mail("c")])
    strict, mild = Rules(), Rules(apart=frozenset(), limits={})
    assert (
        identity.rehearse(inside, strict).sentence()
        == "would merge 0 pairs, 1 blocked (different_external_id 1)"
    )
    found = identity.rehearse(inside, mild)
    # the device is a third one that would become theirs
    assert (
        found.blocked == 0
        and found.merges == 1
        and identity.find(inside, one("ann")) != identity.find(inside, one("ben"))
    )
    identity.set_rules(inside, mild, "user:7")
    assert (
        identity.find(inside, one("ann"))
        == identity.find(inside, one("ben"))
        == identity.find(inside, device("d"))
    )
    assert identity.rules(inside) == mild
    assert identity.rehearse(inside, strict).over == 1
    kept = models.RuleSet.objects.filter(workspace_id=inside)
    assert [row.actor for row in kept] == ["user:7"]


def test_a_household_that_may_merge_after_all(inside):
    home = one("h", "household")
    ann, ben = people(inside, [mail("ann"), home], [mail("ben"), home])
    assert ann != ben
    identity.set_rules(inside, Rules(never_merge=frozenset()))
    assert identity.find(inside, mail("ann")) == identity.find(inside, mail("ben"))


def test_two_who_proved_the_same_contact_are_one(inside, clock):
    ann, ben = people(inside, [device("d"), mail("a")], [device("e")])
    assert identity.confirm(inside, ann, mail("a")) == ann
    assert identity.confirm(inside, ben, mail("a")) == ann
    [merge] = identity.merges(inside, ann)
    assert (merge.loser, merge.cause) == (ben, "both_confirmed")
    assert {k.confirmed_at for k in identity.of_person(inside, ann) if k.kind == "email"} == {clock.now()}
    with pytest.raises(BadInput):
        identity.confirm(inside, ann, device("d"))


def test_who_proves_a_contact_takes_it_from_who_only_told_it(inside, clock):
    ann, ben = people(inside, [one("ann"), mail("a")], [one("ben")])
    identity.confirm(inside, ben, mail("a"))
    assert identity.find(inside, mail("a")) == ben
    assert people(inside, [one("ann"), mail("a")], [mail("a")]) == [ann, ben]


def test_nobody_gets_into_an_account_by_a_contact_that_it_never_confirmed(inside, clock):
    identity.set_rules(inside, Rules(access=frozenset({"email", "phone"})))
    phone = one("+37120000000", "phone")
    [ann] = people(inside, [one("ann"), mail("a"), phone])
    identity.confirm(inside, ann, mail("a"))
    [thief] = people(inside, [phone, device("thief")])
    assert (
        people(inside, [device("thief")]) != [ann] and thief == ann
    )  # the phone is Ann's, the device is not
    identity.confirm(inside, ann, phone)
    assert people(inside, [device("thief")]) == [ann]


def test_erasing_one_of_two_leaves_what_they_shared_to_the_other(inside):
    ann, ben = people(inside, [one("ann"), mail("a"), device("d")], [one("ben"), device("d")])
    gone = identity.erase(inside, ann)
    assert gone["identity_identifier"] == 2
    assert identity.find(inside, device("d")) == ben
    assert identity.find(inside, mail("a")) is None and identity.of_person(inside, ann) == []
    assert identity.erase(inside, ben)["identity_identifier"] == 2
    assert not models.Identifier.objects.filter(workspace_id=inside).exists()
    assert not models.Link.objects.filter(workspace_id=inside).exists()


def test_a_text_that_no_table_holds_finds_nobody(inside):
    assert identity.find(inside, one("\x00")) is None
    assert identity.find(inside, one("no number", "id")) is None
    assert identity.preview(inside, [[one("new")]])[0].created
    assert identity.find(inside, one("new")) is None
    with pytest.raises(BadInput):
        identity.find(inside, one("x", "passport"))


def test_writers_at_the_same_time_find_one_person(workspace):
    """Eight threads tell the links of one ring in different orders, and merge and part beside it."""
    ring = [[device(str(n)), device(str((n + 1) % 8))] for n in range(8)]
    failed = []

    def write(start: int) -> None:
        try:
            for n in range(8):
                with database.scope(workspace):
                    identity.resolve(workspace, [ring[(start + n) % 8], [mail(f"{start}-{n}")]])
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.scope(workspace):
        assert len({identity.find(workspace, device(str(n))) for n in range(8)}) == 1
        assert models.Identifier.objects.filter(workspace_id=workspace).count() == 8 + 64
    overrides(workspace)
