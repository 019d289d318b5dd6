"""Folding by itself: order never matters, nor what is made one with what first, nor what is told twice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.profiles.fold import Known, Telling, fold, join

START = datetime(2030, 1, 1, tzinfo=UTC)
# Of one type, as the fields of a shop are: two texts that look alike are one value.
VALUE = {
    "city": st.none() | st.sampled_from(["a", "b", "c"]),
    "vip": st.none() | st.booleans(),
    "tags": st.none() | st.lists(st.sampled_from("xy"), min_size=1, max_size=2, unique=True),
    "email": st.none() | st.sampled_from(["a@x.eu", "b@x.eu", "c@x.eu"]),
}
TELLING = st.tuples(
    st.fixed_dictionaries({}, optional=VALUE),
    st.builds(
        Telling,
        st.integers(0, 4).map(lambda hours: START + timedelta(hours=hours)),
        st.sampled_from(["api", "import"]),
        st.sampled_from(["", "contract", "consent"]),
        st.sampled_from(["", "Website.Edit"]),
        st.booleans(),
    ),
)
TELLINGS = st.lists(TELLING, max_size=8)


def folded(tellings, into=None) -> Known:
    known = into or Known()
    for values, telling in tellings:
        fold(known, values, telling)
    return known


def at(hours: int, **more) -> Telling:
    return Telling(START + timedelta(hours=hours), "api", **more)


def plain(known: Known):
    values = {name: value for name, value in known.values.items() if value is not None}
    return values, known.told, known.made


@given(TELLINGS, st.randoms(use_true_random=False))
def test_any_order_gives_the_same(tellings, chance: random.Random):
    mixed = list(tellings)
    chance.shuffle(mixed)
    assert plain(folded(mixed)) == plain(folded(tellings))


@given(TELLINGS)
def test_what_is_told_twice_is_told_once(tellings):
    assert plain(folded([*tellings, *tellings])) == plain(folded(tellings))


@given(TELLINGS, TELLINGS)
def test_two_who_become_one_know_what_one_would_have_known(mine, theirs):
    together = plain(folded([*mine, *theirs]))
    assert plain(join(folded(mine), folded(theirs))) == together
    assert plain(join(folded(theirs), folded(mine))) == together


@given(TELLINGS, TELLINGS, TELLINGS)
def test_it_does_not_matter_who_is_made_one_with_whom_first(a, b, c):
    one, two, three = folded(a), folded(b), folded(c)
    whole = plain(join(one, two, three))
    assert plain(join(join(one, two), three)) == plain(join(one, join(two, three))) == whole
    assert plain(join(join(three, one), two)) == whole


@given(TELLINGS)
def test_to_be_made_one_with_oneself_changes_nothing(tellings):
    known = folded(tellings)
    assert plain(join(known, known)) == plain(join(known)) == plain(known)


@given(TELLINGS, TELLINGS)
def test_what_is_told_after_a_merge_is_as_if_told_before(mine, later):
    assert plain(folded(later, join(folded(mine)))) == plain(folded([*mine, *later]))


def test_the_same_told_again_later_is_remembered_as_told_later():
    known = folded([({"city": "Riga"}, at(0))])
    known.changed = known.retold = False
    fold(known, {"city": "Riga"}, at(2))
    assert (known.changed, known.retold) == (False, True)
    fold(known, {"city": "Oslo"}, at(1))
    assert known.values == {"city": "Riga"}


def test_what_is_replaced_is_told_with_how_it_had_been_told():
    known = folded([({"city": "Riga"}, Telling(START, "shop", "contract"))])
    [change] = fold(known, {"city": "Oslo", "vip": True}, at(1, basis="consent", operation="Edit"))
    moment = int(START.timestamp() * 1000)
    assert (change.field, change.old, change.new) == ("city", "Riga", "Oslo")
    assert change.before == [moment, "shop", "contract"]
    assert change.when == [moment + 3_600_000, "api", "consent", "Edit"]
    assert fold(known, {"city": "Bern"}, at(0)) == []


def test_the_earliest_telling_is_when_somebody_was_first_seen():
    assert folded([({}, at(3)), ({}, at(1)), ({}, at(2))]).made == START + timedelta(hours=1)


def test_what_was_taken_away_later_does_not_come_back_by_a_merge():
    mine = folded([({"phone": "+1"}, at(0)), ({"phone": None}, at(2))])
    theirs = folded([({"phone": "+1"}, at(1))])
    assert join(mine, theirs).values.get("phone") is None


def test_what_was_never_dated_is_the_oldest_and_fills_blanks():
    mine = Known({"city": "Riga", "gender": "f"}, {})
    assert join(mine, folded([({"city": "Oslo", "vip": True}, at(0))])).values == {
        "city": "Oslo",
        "gender": "f",
        "vip": True,
    }


def test_an_address_that_is_taken_away_is_not_confirmed_any_more():
    known = folded([({"email": "a@x.eu"}, at(0, confirmed=True)), ({"email": None}, at(1))])
    assert known.values.get("@confirmed_email") is None
