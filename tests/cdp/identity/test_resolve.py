"""Resolving by itself: whose arrivals these are, over any sequence of them."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.identity.resolve import Plan, resolve
from cadenza.cdp.identity.types import Identifier

KINDS = st.sampled_from(["email", "phone", "anonymous_id"])
WEAK = st.builds(Identifier, KINDS, st.sampled_from(["a", "b", "c"]))
STRONG = st.builds(Identifier, st.just("external_id"), st.sampled_from(["u1", "u2", "u3"]))
ARRIVAL = st.tuples(st.none() | STRONG, st.lists(WEAK, max_size=3)).map(
    lambda told: [*filter(None, told[:1]), *told[1]]
)
ARRIVALS = st.lists(ARRIVAL, max_size=12)


def one(kind: str, value: str) -> Identifier:
    return Identifier(kind, value)


U1, U2, MAIL, DEVICE = (
    one("external_id", "u1"), one("external_id", "u2"), one("email", "ann@example.com"), one("anonymous_id", "d")
)  # fmt: skip


def resolved(*arrivals, known=None, external=None) -> Plan:
    return resolve(arrivals, known or {}, external or {}, itertools.count(100))


def owners(plan: Plan, known: dict[Identifier, int]) -> dict[Identifier, int]:
    """Who owns each identifier once the plan has been written."""
    into = {loser: winner for winner, loser, _ in plan.merges}
    now = known | plan.learnt
    for name, profile in now.items():
        while profile in into:
            profile = into[profile]
        now[name] = profile
    return now


def test_who_is_new_is_made_once():
    plan = resolved([U1], [U1, MAIL], [MAIL])
    assert (plan.of, plan.created) == ([100, 100, 100], {100})


def test_a_chain_of_merges_within_one_batch_ends_at_one_person():
    plan = resolved(
        [DEVICE], [MAIL], [one("phone", "+1")], [DEVICE, MAIL], [MAIL, one("phone", "+1")], [U1, DEVICE]
    )
    assert len(set(plan.of)) == 1
    assert set(owners(plan, {}).values()) == {plan.of[0]}
    assert plan.created >= {plan.of[0]}


def test_two_external_ids_stay_two_and_the_block_is_noted():
    plan = resolved([U1, MAIL], [U2, MAIL])
    assert plan.merges == [] and plan.of == [100, 101] and plan.blocked == {(101, 100)}
    assert plan.learnt[MAIL] == 100


def test_a_shared_device_follows_whoever_was_seen_on_it_last():
    plan = resolved([U1, DEVICE], [U2, DEVICE], [DEVICE], [U1, DEVICE], [DEVICE])
    assert plan.of == [100, 101, 101, 100, 100]


def test_who_has_an_external_id_survives_else_the_older_one():
    assert resolved([MAIL, DEVICE], known={MAIL: 1, DEVICE: 2}).merges == [(1, 2, "same_identifier")]
    assert resolved([MAIL, DEVICE], known={MAIL: 1, DEVICE: 2}, external={2: "u1"}).merges == [
        (2, 1, "same_identifier")
    ]


def test_a_person_merged_by_hand_is_known_by_each_of_its_external_ids():
    known = {U1: 1, U2: 1}
    plan = resolved([U1], [U2], [U2, DEVICE], known=known, external={1: "u1"})
    assert (plan.of, plan.created, plan.blocked) == ([1, 1, 1], set(), set())


def test_an_arrival_of_nobody_known_gets_a_person():
    assert len(resolved([], []).created) == 2


@given(ARRIVALS)
def test_every_arrival_gets_a_living_profile(arrivals):
    plan = resolved(*arrivals)
    losers = {loser for _, loser, _ in plan.merges}
    assert len(plan.of) == len(arrivals)
    assert not losers & set(plan.of) and set(plan.of) <= plan.created


@given(ARRIVALS)
def test_two_different_external_ids_are_never_one_person(arrivals):
    plan = resolved(*arrivals)
    strong = [(name.value, who) for name, who in owners(plan, {}).items() if name.kind == "external_id"]
    assert len({who for _, who in strong}) == len(strong)
    by_id = dict(strong)
    for arrival, who in zip(arrivals, plan.of, strict=True):
        assert all(by_id[name.value] == who for name in arrival if name.kind == "external_id")


@given(ARRIVALS)
def test_no_identifier_is_lost_and_each_has_one_living_owner(arrivals):
    plan = resolved(*arrivals)
    owned = owners(plan, {})
    assert set(owned) == {name for arrival in arrivals for name in arrival}
    assert not {loser for _, loser, _ in plan.merges} & set(plan.learnt.values())


@given(ARRIVALS, st.integers(0, 12))
def test_cutting_a_batch_in_two_changes_nothing(arrivals, place):
    whole = owners(resolved(*arrivals), {})
    first = resolved(*arrivals[:place])
    known = owners(first, {})
    external = {who: name.value for name, who in known.items() if name.kind == "external_id"}
    second = resolve(arrivals[place:], known, external, itertools.count(100 + len(first.created)))
    assert owners(second, known) == whole


@given(ARRIVALS)
def test_telling_it_again_makes_nobody(arrivals):
    known = owners(resolved(*arrivals), {})
    external = {who: name.value for name, who in known.items() if name.kind == "external_id"}
    again = resolved(*[told for told in arrivals if told], known=known, external=external)
    assert (again.created, again.merges) == (set(), [])


@given(ARRIVALS)
def test_who_must_stay_two_are_living_people_with_two_numbers(arrivals):
    plan = resolved(*arrivals)
    numbered = {who for name, who in owners(plan, {}).items() if name.kind == "external_id"}
    assert all(main != other and {main, other} <= numbered for main, other in plan.blocked)
