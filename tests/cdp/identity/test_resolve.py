"""Resolving by itself: whose arrivals these are, who is new, and what is left to be decided from all evidence."""

from __future__ import annotations

import itertools

from cadenza.cdp.identity.resolve import SILENT, TANGLED, Held, Node, resolve, tidy, told_together
from cadenza.cdp.identity.types import Identifier, Rules


def one(kind: str, value: str) -> Identifier:
    return Identifier(kind, value)


U1, U2, MAIL, DEVICE = (
    one("external_id", "u1"), one("external_id", "u2"), one("email", "ann@example.com"), one("anonymous_id", "d")
)  # fmt: skip


def resolved(*arrivals, known=None, people=None, linked=(), rules=None):
    """`known`: identifier → person; each is its own person's home."""
    rules, known = rules or Rules(), known or {}
    nodes = {
        one: node if isinstance(node, Node) else Node(place, node, node)
        for place, (one, node) in enumerate(known.items())
    }
    told = [tidy(arrival, rules) for arrival in arrivals]
    new = [pair for pair in told_together(told) if pair not in linked]
    held = {node.person: Held({one.kind: 1}) for one, node in nodes.items() if node.person}
    return resolve(told, new, nodes, held | (people or {}), rules, itertools.count(100))


def merges(plan):
    return [(joined.winner, joined.loser, joined.cause) for joined in plan.merges]


def test_who_is_new_is_made_once():
    plan = resolved([U1], [U1, MAIL], [MAIL])
    assert plan.created == {100}
    assert plan.fresh == {U1: 100, MAIL: 100}
    assert plan.homes == {U1: 100, MAIL: 101}  # what was told of the address alone has a home of its own


def test_what_was_never_told_by_itself_has_no_home():
    assert resolved([MAIL, U1, DEVICE]).homes == {U1: 100}


def test_a_visitor_who_signs_in_stays_the_person_it_was():
    plan = resolved([U1, DEVICE], known={DEVICE: 7})
    assert (plan.fresh, plan.homes, plan.created, plan.merges) == ({U1: 7}, {U1: 100}, set(), [])


def test_a_chain_within_one_batch_ends_at_one_person():
    phone = one("phone", "+1")
    plan = resolved([DEVICE], [MAIL], [phone], [DEVICE, MAIL], [MAIL, phone], [U1, DEVICE])
    assert len(plan.created) == 1 and set(plan.fresh.values()) == plan.created and not plan.tangles


def test_who_has_an_external_id_survives_else_the_older_one():
    assert merges(resolved([MAIL, DEVICE], known={MAIL: 1, DEVICE: 2})) == [(1, 2, "same_device")]
    numbered = {2: Held({"anonymous_id": 1, "external_id": 1})}
    plan = resolved([MAIL, DEVICE], known={MAIL: 1, DEVICE: 2}, people=numbered)
    assert merges(plan) == [(2, 1, "same_device")] and plan.moved == {1: 2}


def test_three_who_turn_out_to_be_one_are_merged_by_what_brought_each_in():
    phone = one("phone", "+1")
    plan = resolved([MAIL, phone], [MAIL, DEVICE], known={MAIL: 1, phone: 2, DEVICE: 3})
    assert [(j.winner, j.loser, j.b) for j in plan.merges] == [(1, 2, phone), (1, 3, DEVICE)]


def test_whoever_may_not_be_one_is_left_to_be_decided_from_all_evidence():
    plan = resolved([U1, MAIL], [U2, MAIL])
    assert plan.merges == [] and plan.created == set() and set(plan.tangles[0]) == {U1, U2, MAIL}
    assert set(plan.fresh.values()) == {None}
    assert resolved([U1, MAIL], known={MAIL: 1}, people={1: Held({"email": 1}, tangled=True)}).tangles
    assert resolved([U1, MAIL], known={MAIL: Node(5, None, None, TANGLED)}).tangles


def test_what_was_told_before_needs_nothing():
    plan = resolved([U1, MAIL], known={U1: 1, MAIL: 1}, linked=[(U1, MAIL)])
    assert (plan.links, plan.homes, plan.tangles, plan.fresh) == ([], {}, [], {})


def test_a_silent_device_brings_nobody_together():
    plan = resolved([U1, DEVICE], [U2, DEVICE], known={U1: 1, U2: 2, DEVICE: Node(9, None, None, SILENT)})
    assert plan.merges == [] and plan.tangles == [] and plan.links == [(U1, DEVICE), (U2, DEVICE)]


def test_a_household_is_noted_and_joins_nobody():
    home = one("household", "h")
    plan = resolved([U1, home], [U2, home], known={U1: 1, U2: 2})
    assert (plan.fresh, plan.silent, plan.moved) == ({home: None}, {home}, {})


def test_values_that_recognise_nobody_are_left_out_where_there_is_more():
    unknown, card = one("external_id", "Unknown"), one("external_id", "4111111111111111")
    assert tidy([unknown, DEVICE], Rules()) == [DEVICE]
    assert tidy([unknown], Rules()) == [unknown]
    assert tidy([card, DEVICE], Rules()) == [DEVICE] and tidy([card], Rules()) == []


def test_the_workspaces_order_decides_what_is_strongest():
    rules = Rules(priority=("anonymous_id", "external_id"))
    assert tidy([U1, DEVICE, MAIL], rules) == [DEVICE, U1, MAIL]


def test_somebody_who_is_many_learns_nothing_more():
    crowd = {1: Held({"external_id": 1, "anonymous_id": 199})}
    plan = resolved([U1, DEVICE], [DEVICE], known={U1: 1}, people=crowd)
    assert (
        plan.stopped == {1: 200}
        and plan.links == []
        and plan.fresh == {DEVICE: 100}
        and plan.created == {100}
    )
    orders = {1: Held({"external_id": 1, "order_number": 5000})}
    assert not resolved([U1, DEVICE], known={U1: 1}, people=orders).stopped
