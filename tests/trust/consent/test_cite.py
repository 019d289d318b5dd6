"""Which version of a text a statement points to."""

from datetime import UTC, datetime

from cadenza.trust.consent.cite import cite, key_of
from cadenza.trust.consent.types import Wording


def text(key: str, language: str, version: int, day: int) -> Wording:
    return Wording(key, language, version, f"{key} {version}", b"", datetime(2030, 1, day, tzinfo=UTC))


KNOWN = [text("footer", "en", 1, 1), text("footer", "en", 2, 10), text("footer", "bg", 1, 5)]
LATER = datetime(2030, 2, 1, tzinfo=UTC)


def test_a_key_points_to_the_version_in_force():
    assert cite("footer", datetime(2030, 1, 9, tzinfo=UTC), KNOWN) == KNOWN[0]
    assert cite("footer", LATER, KNOWN) == KNOWN[1]


def test_a_statement_older_than_the_text_was_not_made_under_it():
    assert cite("footer", datetime(2029, 1, 1, tzinfo=UTC), KNOWN) is None


def test_language_and_version_can_be_named():
    assert cite("footer:bg", LATER, KNOWN) == KNOWN[2]
    assert cite("footer:en@1", LATER, KNOWN) == KNOWN[0]
    assert cite("footer@7", LATER, KNOWN) is None


def test_free_text_points_to_nothing():
    assert cite("Yes, write to me!", LATER, KNOWN) is None
    assert key_of("Yes, write to me!") is None
    assert key_of("footer:bg@2") == "footer"
