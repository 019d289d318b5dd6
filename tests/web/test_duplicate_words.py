"""A pair in words."""

from __future__ import annotations

import pytest

from cadenza.cdp.duplicates.types import LEVELS, Reason
from cadenza.web.duplicate_words import although, because, certainty, marked


def test_the_sentence_reads() -> None:
    told = [
        Reason("first_name", "same"), Reason("last_name", "similar", 93), Reason("birth_date", "same"),
        Reason("email", "other"), Reason("city", "same"),
    ]  # fmt: skip
    assert because(told) == (
        "the first name, date of birth and city are the same and the last name is almost the same (93 %)"
    )
    assert although(told) == "the e-mail address differs"
    assert because([]) == although([]) == ""


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1.0, "Almost certainly"), (0.95, "Very probably"), (0.8, "Probably"), (0.5, "Perhaps")],
)
def test_how_sure_we_are(probability: float, words: str) -> None:
    assert certainty(probability)[0].startswith(words)


@pytest.mark.parametrize("field", LEVELS)
def test_every_level_of_every_field_has_words(field: str) -> None:
    for level in set(LEVELS[field]) - {"unknown"}:
        reason = [Reason(field, level)]
        assert because(reason) or although(reason)


def test_letters_that_differ_are_marked() -> None:
    assert marked("Petersone", "Pettersone") == (
        [("Pet", False), ("ersone", False)],
        [("Pet", False), ("t", True), ("ersone", False)],
    )
    assert marked("Ann", "Zoe") == ([("Ann", False)], [("Zoe", False)])
    assert marked("İpek", "ipek")[0] is not None
