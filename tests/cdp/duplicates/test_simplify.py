"""What is compared: no case, accents, signs, spaces, one script."""

from __future__ import annotations

import pytest

from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates.simplify import letters, simplify


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("O’Brien-Smith", "obriensmith"),
        (" Āboliņš ", "abolins"),
        ("Straße", "strasse"),
        ("Łukasz", "lukasz"),
        ("Анна", "anna"),
        ("Щербаков", "scherbakov"),
        ("Юрий", "yurii"),
        ("Αλέξανδρος", "alexandros"),
        ("李", "李"),
        ("--", ""),
    ],
)
def test_names_are_letters_alone(told: str, plain: str) -> None:
    assert letters(told) == plain


def test_a_person_is_simplified_field_by_field() -> None:
    told = {
        "first_name": "Ann",
        "birth_date": "1990-02-03",
        "email": " Ann.Lee@Example.COM ",
        "phone": "+371 2000-0000",
        "postcode": "LV-1010",
        "street": "Brīvības iela 7",
    }
    one = simplify(ProfileId(7), told)
    assert (one.id, one.first_name, one.last_name, one.birth_date) == (7, "ann", "", "19900203")
    assert (one.email, one.phone, one.postcode) == ("ann.lee@example.com", "20000000", "lv1010")
    assert one.street == simplify(ProfileId(8), {"street": "7, Brivibas iela"}).street == "7 brivibas iela"


def test_the_number_of_a_house_alone_is_no_street() -> None:
    assert simplify(ProfileId(1), {"street": "19"}).street == ""
