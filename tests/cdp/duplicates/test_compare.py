"""How two compare, and that it does not matter who comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates.compare import compare
from cadenza.cdp.duplicates.simplify import simplify
from cadenza.cdp.duplicates.types import FIELDS, LEVELS, Person


def levels(one: dict[str, str], two: dict[str, str]) -> dict[str, str]:
    """What is known, in words."""
    pattern = compare(simplify(ProfileId(1), one), simplify(ProfileId(2), two))
    found = {field: LEVELS[field][level] for field, level in zip(FIELDS, pattern, strict=True)}
    return {field: level for field, level in found.items() if level != "unknown"}


@pytest.mark.parametrize(
    ("field", "one", "two", "level"),
    [
        ("first_name", "Ann", "ANN", "same"),
        ("first_name", "Robert", "Rob", "begins"),
        ("first_name", "Katherine", "Katharine", "similar"),
        ("first_name", "Ann", "Robert", "other"),
        ("last_name", "Müller", "Muller", "same"),
        ("last_name", "Иванова", "Ivanova", "same"),
        ("birth_date", "1990-02-03", "1990-02-03", "same"),
        ("birth_date", "1990-02-03", "1990-03-02", "typo"),
        ("birth_date", "1990-02-03", "1990-02-30", "typo"),
        ("birth_date", "1990-02-03", "1992-02-03", "typo"),
        ("birth_date", "1990-02-03", "1990-02-17", "near"),
        ("birth_date", "1990-02-03", "1985-11-17", "other"),
        ("email", "a.lee@x.com", "A.Lee@x.com", "same"),
        ("email", "a.lee@x.com", "a.lee@y.com", "mailbox"),
        ("email", "robertallen@x.com", "robertalen@y.com", "similar"),
        ("email", "ann@x.com", "bob@x.com", "other"),
        ("phone", "+371 20000001", "20000001", "same"),
        ("phone", "+371 20000001", "+371 20000010", "typo"),
        ("city", "London", "Lonodn", "similar"),
        ("postcode", "LV-1010", "LV-1001", "typo"),
        ("street", "7 Wallaby Place", "Wallaby Place 7", "same"),
        ("street", "7 Wallaby Place", "7 Walaby Place", "similar"),
        ("street", "7 Wallaby Place", "12 High Street", "other"),
    ],
)
def test_levels(field: str, one: str, two: str, level: str) -> None:
    assert levels({field: one}, {field: two}) == {field: level}


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("karl7@x.com", "karla7@y.com", None),  # two of nearly one name may both have chosen a 7
        ("karl.berg@x.com", "karl.berg@y.com", None),
        ("karl1987@x.com", "karl1987@y.com", "mailbox"),
        ("kb@x.com", "kb@y.com", "mailbox"),
        ("karl7@x.com", "karl8@x.com", "other"),
    ],
)
def test_a_mailbox_that_is_but_the_name_tells_nothing_new(one: str, two: str, level: str | None) -> None:
    found = levels({"first_name": "Karl", "email": one}, {"first_name": "Karl", "email": two})
    assert found.get("email") == level


def test_an_exchanged_name_counts_once() -> None:
    one, two = {"first_name": "Isla", "last_name": "Hall"}, {"first_name": "Hall", "last_name": "Isla"}
    assert levels(one, two) == {"first_name": "exchanged"}


def test_what_one_does_not_tell_is_not_held_against_anybody() -> None:
    assert levels({"first_name": "Ann", "city": "Riga"}, {"last_name": "Lee", "city": ""}) == {}


words = some.text(alphabet="abcdefgh 0123456789-@.", max_size=12)
people = some.builds(
    lambda told: simplify(ProfileId(1), told), some.fixed_dictionaries(dict.fromkeys(FIELDS, words))
)


@given(people, people)
def test_the_order_of_two_does_not_matter(one: Person, two: Person) -> None:
    assert compare(one, two) == compare(two, one)
    assert all(level < len(LEVELS[field]) for field, level in zip(FIELDS, compare(one, two), strict=True))
