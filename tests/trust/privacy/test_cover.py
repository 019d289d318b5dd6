"""What a purpose covers, and what the one who reads more is told."""

from __future__ import annotations

from datetime import UTC, datetime

from cadenza.trust.privacy.cover import allow, cover, refusal
from cadenza.trust.privacy.purposes import purposes
from cadenza.trust.privacy.types import Action, Instruction, Read

SEGMENTS = next(p for p in purposes() if p.id == "I.4")
BIRTHDAY, COUNTRY = (
    Read("birth_date", "person.birth_date", "tree.all.0"),
    Read("country", "location.area", "tree.all.1"),
)


def instruction(number: int, action: Action, purpose: str = "I.4") -> Instruction:
    return Instruction(
        number, purpose, "location.area", action, "user:1", "why", datetime(2030, 1, 1, tzinfo=UTC)
    )


def test_what_lies_outside_is_found_once():
    assert cover(SEGMENTS.categories, [BIRTHDAY, COUNTRY, COUNTRY]) == [COUNTRY]


def test_any_covers_everything():
    assert cover(["any"], [BIRTHDAY, COUNTRY]) == []


def test_the_last_instruction_on_a_category_counts():
    extend, withdraw = instruction(1, Action.EXTEND), instruction(2, Action.WITHDRAW)
    assert "location.area" not in allow(SEGMENTS, [])
    assert "location.area" in allow(SEGMENTS, [extend])
    assert "location.area" not in allow(SEGMENTS, [withdraw, extend])
    assert "location.area" in allow(SEGMENTS, [extend, withdraw, instruction(3, Action.EXTEND)])
    assert "location.area" not in allow(SEGMENTS, [instruction(1, Action.EXTEND, "I.5")])


def test_the_refusal_names_field_category_purpose_and_the_way_out():
    told = refusal(SEGMENTS, [COUNTRY])
    assert told.at == "tree.all.1"
    assert (
        told.detail
        == "Purpose I.4, “Segment people”, does not cover country (Country, region and city, location.area)."
    )
    assert told.hint == "A privacy officer can extend purpose I.4 by location.area in Settings → Purposes."
