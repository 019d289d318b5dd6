"""One person in two, and what changes by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.identity.cut import Tie, cut
from cadenza.cdp.identity.regroup import Parted, Placed, regroup


def test_what_came_after_the_merge_stays_with_the_side_it_was_first_told_with():
    ties = [Tie(1, 2, 1), Tie(3, 4, 2), Tie(2, 3, 3), Tie(1, 5, 4), Tie(5, 4, 5), Tie(4, 6, 6)]
    done = cut(range(1, 7), ties, 2, 3)
    assert done.side == {3, 4, 6} and done.ties == [Tie(2, 3, 3), Tie(5, 4, 5)]


TIES = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda p: p[0] != p[1]), max_size=12)


@given(TIES)
def test_the_two_are_never_on_one_side_and_no_kept_tie_crosses(pairs):
    ties = [Tie(a, b, place) for place, (a, b) in enumerate(pairs)]
    done = cut(range(1, 7), ties, 1, 2)
    assert 1 not in done.side and 2 in done.side
    assert all((tie.a in done.side) == (tie.b in done.side) for tie in ties if tie not in done.ties)


def test_an_id_stays_with_the_identifier_whose_home_it_is():
    nodes = {1: Placed(10, 10), 2: Placed(10, 12, external=True), 3: Placed(10, None)}
    done = regroup(nodes, {1: 1, 2: 2, 3: 2})
    assert done.parted == [Parted(10, 12, (12,))] and done.person == {1: 10, 2: 12, 3: 12}


def test_who_is_parted_from_one_and_joins_another_is_told_in_this_order():
    nodes = {1: Placed(10, 10), 2: Placed(10, 12), 3: Placed(20, 20)}
    done = regroup(nodes, {1: 1, 2: 3, 3: 3})
    assert done.parted == [Parted(10, 12, (12,))] and done.joined == {20: 12}
    assert regroup(nodes, {1: 1, 2: 3, 3: 3}, first={20}).joined == {12: 20}


def test_who_was_nobody_is_made():
    done = regroup({1: Placed(None, 30), 2: Placed(None, None)}, {1: 1, 2: 1})
    assert (done.made, done.person, done.parted) == ({30}, {1: 30, 2: 30}, [])
    assert regroup({2: Placed(None, None)}, {2: 2}).person == {2: None}
