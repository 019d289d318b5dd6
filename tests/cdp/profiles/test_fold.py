"""Folding by itself: order never matters."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.profiles.fold import Known, Telling, fold, join

START = datetime(2030, 1, 1, tzinfo=UTC)
VALUE = st.none() | st.sampled_from(["", "a", "b", 1, 2.5, True, START])
TELLING = st.tuples(
    st.dictionaries(st.sampled_from(["city", "vip", "email"]), VALUE, max_size=3),
    st.integers(0, 4).map(lambda hours: START + timedelta(hours=hours)),
)
TELLINGS = st.lists(TELLING, max_size=8)


def folded(tellings, into=None) -> Known:
    known = into or Known()
    for values, at in tellings:
        fold(known, values, at, "api")
    return known


def plain(known: Known):
    values = {name: value for name, value in known.values.items() if value not in (None, "")}
    return values, {name: when[0] for name, when in known.told.items()}


@given(TELLINGS, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_values(tellings, chance: random.Random):
    mixed = list(tellings)
    chance.shuffle(mixed)
    assert plain(folded(mixed)) == plain(folded(tellings))


@given(TELLINGS, TELLINGS)
def test_two_who_become_one_know_what_one_would_have_known(mine, theirs):
    together = plain(folded([*mine, *theirs]))
    assert plain(join(folded(mine), folded(theirs))) == together
    assert plain(join(folded(theirs), folded(mine))) == together


def test_the_same_told_again_later_is_remembered_as_told_later():
    known = folded([({"city": "Riga"}, START)])
    known.changed = known.retold = False
    fold(known, {"city": "Riga"}, START + timedelta(hours=2), "api")
    assert (known.changed, known.retold) == (False, True)
    fold(known, {"city": "Oslo"}, START + timedelta(hours=1), "api")
    assert known.values == {"city": "Riga"}


def test_what_was_taken_away_later_does_not_come_back_by_a_merge():
    mine = folded([({"phone": "+1"}, START), ({"phone": None}, START + timedelta(hours=2))])
    theirs = folded([({"phone": "+1"}, START + timedelta(hours=1))])
    assert join(mine, theirs).values.get("phone") is None


def test_what_was_never_dated_stays_and_fills_blanks():
    mine = Known({"city": "Riga"}, {})
    assert join(mine, folded([({"city": "Oslo", "vip": True}, START)])).values == {
        "city": "Riga",
        "vip": True,
    }
