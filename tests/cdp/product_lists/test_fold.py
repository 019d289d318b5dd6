"""What is in a list follows from what was told, in the order of time and not of arrival."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.ids import ProfileId
from cadenza.cdp.product_lists.condense import MOST_TELLINGS, condense
from cadenza.cdp.product_lists.fold import fold
from cadenza.cdp.product_lists.types import Piece, Telling

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
ANN, BEN = ProfileId(1), ProfileId(2)


def telling(minute, kind, *pieces, home=ANN, number=None):
    return Telling(
        "cart", kind, tuple(Piece(name, Decimal(n)) for name, n in pieces), NOON + timedelta(minutes=minute),
        UUID(int=minute if number is None else number), home,
    )  # fmt: skip


def held(tellings):
    return {one.product: int(one.quantity) for one in fold(tellings)}


def test_products_come_in_and_go_out():
    told = [telling(1, "add", ("bell", 1)), telling(2, "add", ("bell", 2)), telling(3, "add", ("lamp", 1))]
    assert held(told) == {"bell": 3, "lamp": 1}
    assert held([*told, telling(4, "add", ("bell", -2))]) == {"bell": 1, "lamp": 1}
    assert held([*told, telling(4, "add", ("bell", -9))]) == {"lamp": 1}
    assert held([*told, telling(4, "count", ("bell", 5))]) == {"bell": 5, "lamp": 1}
    assert held([*told, telling(4, "count", ("bell", 0))]) == {"lamp": 1}
    assert held([*told, telling(4, "set", ("pump", 1))]) == {"pump": 1}
    assert held([*told, telling(4, "set", ("pump", 1), ("pump", 1))]) == {"pump": 2}
    assert held([*told, telling(4, "set")]) == {}


def test_since_when_a_product_is_in_the_list_survives_a_full_telling():
    [bell, lamp] = fold([telling(1, "add", ("bell", 1)), telling(2, "set", ("bell", 4), ("lamp", 1))])
    assert (bell.product, bell.added_at, bell.updated_at) == (
        "bell",
        telling(1, "set").at,
        telling(2, "set").at,
    )
    assert (lamp.product, lamp.added_at) == ("lamp", telling(2, "set").at)


def test_the_price_told_last_stays_where_a_later_telling_names_none():
    priced = Telling("cart", "add", (Piece("bell", Decimal(1), Decimal("9.90")),), NOON, UUID(int=0), ANN)
    [bell] = fold([priced, telling(1, "add", ("bell", 1))])
    assert (bell.quantity, bell.price) == (2, Decimal("9.90"))


PIECES = st.tuples(st.sampled_from("abc"), st.integers(-2, 3))
STORIES = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["set", "add", "count"]), st.lists(PIECES, max_size=3),
              st.sampled_from([ANN, BEN])),
    max_size=15,
)  # fmt: skip


@given(STORIES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters_and_forgetting_what_is_past_changes_nothing(
    story, chance: random.Random
):
    told = [
        telling(at, kind, *pieces, home=home, number=n) for n, (at, kind, pieces, home) in enumerate(story)
    ]
    shuffled = chance.sample(told, len(told))
    assert fold(shuffled) == fold(told)
    gone, whole = condense(told)
    assert whole is None
    left = [one for one in told if one.message not in gone]
    assert fold_without_since(left) == fold_without_since(told)
    for home in (ANN, BEN):  # and neither does taking the two apart again
        mine, kept = ([one for one in some if one.home == home] for some in (told, left))
        assert fold_without_since(mine) == fold_without_since(kept)


def fold_without_since(tellings):
    return {(one.product, one.quantity, one.updated_at) for one in fold(tellings)}


def test_a_list_that_is_only_ever_added_to_stays_bounded():
    told = [telling(n, "add", (f"p{n % 7}", 1)) for n in range(MOST_TELLINGS + 100)]
    gone, whole = condense(told)
    assert whole and len(told) - len(gone) <= MOST_TELLINGS
    left = [whole if one.message == whole.message else one for one in told if one.message not in gone]
    assert held(left) == held(told)
