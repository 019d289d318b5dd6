"""Who meets: people who share a key, however they are misspelt."""

from __future__ import annotations

import pytest

from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates.block import block, sound
from cadenza.cdp.duplicates.simplify import simplify
from cadenza.cdp.duplicates.types import Person


@pytest.mark.parametrize(
    ("word", "code"),
    [("robert", "r163"), ("rupert", "r163"), ("ashcraft", "a261"), ("tymczak", "t522"), ("pfister", "p236"),
     ("honeyman", "h555"), ("lee", "l000"), ("", "000"), ("李", "李000")],
)  # fmt: skip
def test_soundex_as_the_archives_give_it(word: str, code: str) -> None:
    assert sound(word) == code


def person(**told: str) -> Person:
    return simplify(ProfileId(1), told)


ANN = {"first_name": "Anna", "last_name": "Petersone", "birth_date": "1990-02-03", "city": "Riga",
       "email": "anna.petersone@example.com", "phone": "+37120000000", "postcode": "LV-1010",
       "street": "Brīvības iela 7"}  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Petersone", "last_name": "Anna"},
        {"first_name": "Ana", "last_name": "Pettersone"},
        {"birth_date": "1990-02-03"},
        {"last_name": "Kalniņa", "birth_date": "1990-02-03", "city": "Rīga"},
        {"email": "anna.petersone@other.example"},
        {"phone": "2000 0000"},
        {"last_name": "Pētersone", "postcode": "LV1010"},
        {"first_name": "Анна", "street": "Brivibas iela 7"},
    ],
)
def test_two_who_may_be_one_share_a_key(other: dict[str, str]) -> None:
    assert block(person(**ANN)) & block(person(**other))


def test_of_nothing_known_no_key_is_made() -> None:
    assert block(person()) == block(person(email="ann@", street="7")) == frozenset()
