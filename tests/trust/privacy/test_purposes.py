"""The registry is the agreement: 27 + 3 + 4 purposes, each with all that an Art. 30 record asks."""

from __future__ import annotations

import pytest

from cadenza.trust.privacy.categories import TITLES, categories, title_of
from cadenza.trust.privacy.purposes import purposes


def test_all_purposes_are_there_in_order():
    numbers = [p.id for p in purposes()]
    assert numbers == [f"I.{n}" for n in range(1, 28)] + [f"II.{n}" for n in (1, 2, 3)] + [
        f"III.{n}" for n in range(1, 5)
    ]


@pytest.mark.parametrize("purpose", purposes(), ids=lambda p: p.id)
def test_each_purpose_fills_the_fields_of_the_register(purpose):
    assert all((purpose.title, purpose.module, purpose.subjects, purpose.basis, purpose.period))
    assert purpose.categories or purpose.id == "I.26"  # the testing environment takes made-up data only


def test_the_vocabulary_is_what_the_purposes_say():
    assert {c for p in purposes() for c in p.categories} - {"any"} == categories()


def test_every_category_has_a_title_of_its_own():
    assert len(set(TITLES.values())) == len(TITLES)
    assert title_of("location.area") == "Country, region and city"
