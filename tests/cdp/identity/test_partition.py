"""Who is one, as a function of all that was told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.identity.partition import MOST_CLAIMS, Known, Link, partition
from cadenza.cdp.identity.types import Identifier, Rules

NAMES = {
    "u1": ("external_id", "1"), "u2": ("external_id", "2"), "c1": ("external_id:crm", "1"), "m1": ("email", "a@x.lv"),
    "m2": ("email", "b@x.lv"), "m3": ("email", "c@x.lv"), "p": ("phone", "+1"), "d": ("anonymous_id", "d"),
    "e": ("anonymous_id", "e"), "h": ("household", "h"),
}  # fmt: skip
NODES = {name: number for number, name in enumerate(NAMES)}


def people(*links, musts=(), apart=(), confirmed=(), rules=None, sure=()):
    """Groups of names, as words: `u1 m1`."""
    used = {end for pair in (*links, *musts, *apart) for end in pair}
    nodes = {NODES[name]: Known(Identifier(*NAMES[name]), name in confirmed) for name in used}
    told = [Link(NODES[a], NODES[b], (a, b) in sure) for a, b in links]
    ends = [[(NODES[a], NODES[b]) for a, b in pairs] for pairs in (musts, apart)]
    parts = partition(nodes, told, *ends, rules or Rules())
    names = {number: name for name, number in NODES.items()}
    groups = {}
    for node, group in parts.of.items():
        groups.setdefault(group, []).append(names[node])
    return sorted(" ".join(sorted(some)) for some in groups.values()), parts


def test_a_ring_is_one_person():
    assert people(("m1", "p"), ("p", "d"), ("m1", "d"))[0] == ["d m1 p"]


def test_what_two_customers_share_is_neithers():
    assert people(("u1", "d"), ("u2", "d"), ("u1", "m1"))[0] == ["d", "m1 u1", "u2"]
    assert people(("u1", "m1"), ("u2", "m1"), ("m1", "d"))[0] == ["d", "m1", "u1", "u2"]


def test_numbers_of_two_systems_are_one_person():
    assert people(("u1", "c1"), ("c1", "m1"))[0] == ["c1 m1 u1"]


def test_what_is_more_than_one_may_have_stands_by_itself():
    rules = Rules(limits={"email": 2})
    found, parts = people(("u1", "m1"), ("u1", "m2"), ("u1", "m3"), rules=rules)
    assert found == ["m1 m2 u1", "m3"]
    assert [why for _, _, why in parts.refused] == ["too_many_email"]


def test_a_household_joins_nobody():
    assert people(("u1", "h"), ("u2", "h"))[0] == ["h", "u1", "u2"]


def test_somebodys_word_stands_against_the_rules():
    assert people(("u1", "d"), ("u2", "d"), musts=[("u1", "u2")])[0] == ["d u1 u2"]


def test_who_was_parted_stays_two():
    found, parts = people(("m1", "d"), ("m2", "d"), apart=[("m1", "m2")])
    assert found == ["d", "m1", "m2"] and {why for _, _, why in parts.refused} == {"unmerged"}


def test_who_proved_a_contact_has_it():
    assert people(("u1", "m1"), ("u2", "m1"), sure=[("u2", "m1")])[0] == ["m1 u2", "u1"]
    assert people(("u1", "m1"), ("u2", "m1"), sure=[("u2", "m1"), ("u1", "m1")])[0] == ["m1", "u1", "u2"]
    assert people(("c1", "m1"), ("u2", "m1"), sure=[("u2", "m1"), ("c1", "m1")])[0] == ["c1 m1 u2"]


def test_contacts_that_open_two_accounts_keep_them_two():
    rules = Rules(access=frozenset({"email", "phone"}), apart=frozenset())
    told = [("u1", "m1"), ("u2", "m2"), ("u1", "d"), ("u2", "d")]
    assert people(*told, confirmed=["m1", "m2"], rules=rules)[0] == ["d", "m1 u1", "m2 u2"]
    assert people(*told, rules=Rules(apart=frozenset(), limits={}))[0] == ["d m1 m2 u1 u2"]


def test_a_contact_that_nobody_confirmed_leads_nobody_into_an_account():
    rules = Rules(access=frozenset({"email", "phone"}))
    # u1 opens its account by m1; somebody types its phone, which it never confirmed, into a form on another device
    told = [("u1", "m1"), ("u1", "p"), ("p", "d")]
    assert people(*told, confirmed=["m1"], rules=rules)[0] == ["d", "m1 p u1"]
    assert people(*told, confirmed=["m1", "p"], rules=rules)[0] == ["d m1 p u1"]
    # nor does an address that comes along with that phone
    assert people(("u1", "m1"), ("u1", "p"), ("m2", "p"), confirmed=["m1"], rules=rules)[0] == [
        "m1 p u1",
        "m2",
    ]
    assert people(*told, rules=Rules())[0] == ["d m1 p u1"]


def test_what_was_told_with_very_many_is_silent_for_good():
    nodes = {n: Known(Identifier("external_id", f"{n:02}")) for n in range(MOST_CLAIMS + 1)}
    nodes[99] = Known(Identifier("anonymous_id", "kiosk"))
    parts = partition(nodes, [Link(n, 99) for n in range(MOST_CLAIMS + 1)], [], [], Rules())
    assert parts.silent == {99} and len(set(parts.of.values())) == len(nodes)
    assert not parts.tangled()


PAIRS = st.lists(
    st.tuples(st.sampled_from(list(NAMES)), st.sampled_from(list(NAMES))).filter(lambda p: p[0] != p[1])
)


@given(
    PAIRS,
    PAIRS.map(lambda some: some[:2]),
    PAIRS.map(lambda some: some[:2]),
    st.randoms(use_true_random=False),
)
def test_the_order_of_links_says_nothing(links, musts, apart, chance):
    once = people(*links, musts=musts, apart=apart)[0] if links else []
    mixed = chance.sample(links, len(links))
    assert (people(*mixed, musts=musts[::-1], apart=apart[::-1])[0] if links else []) == once


@given(PAIRS, PAIRS.map(lambda some: some[:3]))
def test_no_two_who_must_stay_apart_are_one(links, apart):
    found = people(*links, apart=apart)[0] if links else []
    for group in found:
        mine = set(group.split())
        assert not {"u1", "u2"} <= mine
        assert not any({a, b} <= mine for a, b in apart)
