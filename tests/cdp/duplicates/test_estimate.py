"""What is learnt without labels: the shares by which made-up pairs were made come out again."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from cadenza.cdp.duplicates.estimate import estimate
from cadenza.cdp.duplicates.score import score
from cadenza.cdp.duplicates.types import FIELDS, LEVELS, Pattern

PEOPLE = 2000
PAIRS = PEOPLE * (PEOPLE - 1) // 2
SAME = {"first_name": 0.85, "last_name": 0.9, "birth_date": 0.95, "email": 0.6}
OTHER = {"first_name": 0.01, "last_name": 0.005, "birth_date": 0.0005, "email": 0.0002}


def draw(chance: Random, agree: dict[str, float]) -> Pattern:
    return tuple(
        (len(LEVELS[f]) - 1 if chance.random() < agree[f] else 1) if f in agree else 0 for f in FIELDS
    )


@pytest.fixture(scope="module")
def seen() -> tuple[Counter[Pattern], Counter[Pattern]]:
    chance = Random(7)
    near = Counter(draw(chance, SAME) for _ in range(8000))
    near += Counter(p for p in (draw(chance, OTHER) for _ in range(200_000)) if any(x > 1 for x in p))
    return near, Counter(draw(chance, OTHER) for _ in range(200_000))


def test_the_shares_come_out_again(seen: tuple[Counter[Pattern], Counter[Pattern]]) -> None:
    model = estimate(*seen, PEOPLE)
    assert model.prior * PAIRS == pytest.approx(8000, rel=0.02)
    for field, share in SAME.items():
        assert model.same[field][-1] == pytest.approx(share, abs=0.02)
        assert model.other[field][-1] == pytest.approx(OTHER[field], rel=0.25, abs=1e-5)


def test_what_is_rare_tells_more(seen: tuple[Counter[Pattern], Counter[Pattern]]) -> None:
    model = estimate(*seen, PEOPLE)

    def only(field: str) -> Pattern:
        return tuple(len(LEVELS[f]) - 1 if f == field else 0 for f in FIELDS)

    assert score(only("email"), model) > score(only("last_name"), model) > score(only("first_name"), model)
    assert score((0,) * len(FIELDS), model) == pytest.approx(model.prior)


def test_people_who_merely_resemble_each_other_are_not_one() -> None:
    """Many pairs alike in name and mailbox, all born on other days: no model of one person explains that."""
    chance, alike = Random(7), {"first_name": 0.9, "last_name": 0.9, "birth_date": 0.0, "email": 0.9}
    near = Counter(draw(chance, alike) for _ in range(80))
    anywhere = Counter(draw(chance, OTHER | {"birth_date": 0.0}) for _ in range(200_000))
    model = estimate(near, anywhere, 20_000)
    assert all(model.same[field][1] <= 0.5 for field in ("first_name", "last_name", "birth_date"))


@pytest.mark.parametrize("people", [0, 1, 2, 3])
def test_almost_nobody_is_no_fault(people: int) -> None:
    same = tuple(len(LEVELS[field]) - 1 for field in FIELDS)
    model = estimate({same: 1} if people > 1 else {}, {}, people)
    assert 0 < score(same, model) < 1
