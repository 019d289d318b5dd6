"""Coercing by itself: a value of the type, or a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.fields.coerce import Misfit, coerce, guess
from cadenza.cdp.fields.types import TYPES
from tests.cdp.ingest.items import ANY

CHOICES = ("Gold", "Silver")


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("text", "  a\x00b ", "ab"), ("text", 12, "12"), ("text", True, "True"), ("text", "x" * 2000, "x" * 1000),
        ("number", "1 200.50", 1200.5), ("number", 3.0, 3), ("number", "-7", -7),
        ("boolean", "Yes", True), ("boolean", 0, False),
        ("date", "1990-05-01", date(1990, 5, 1)), ("date", "1990-05-01T00:00:00+03:00", date(1990, 5, 1)),
        ("datetime", "2026-05-01T03:00:00+03:00", datetime(2026, 5, 1, tzinfo=UTC)),
        ("datetime", "2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("integer", "1 200", 1200), ("integer", 3.0, 3), ("integer", -7, -7), ("integer", "5.0", 5),
        ("decimal", "19.90", "19.9"), ("decimal", 19.9, "19.9"), ("decimal", "1 200", "1200"), ("decimal", "-0.0", "0"),
        ("decimal", "0.000000000001", "0.000000000001"), ("decimal", 1e-7, "0.0000001"), ("decimal", 100, "100"),
        ("decimal", ".5", "0.5"), ("decimal", "999999999999999.999999999999", "999999999999999.999999999999"),
        ("enum", "gold", "Gold"), ("enum", " Silver ", "Silver"),
        ("list", ["a", " b ", "a", None, 3], ["a", "b", "3"]), ("list", "a", ["a"]), ("list", [], []),
        ("list", [""], []),
        ("id", " A-1 ", "A-1"), ("id", 42, "42"),
    ],
)  # fmt: skip
def test_what_fits(kind, value, found):
    assert coerce(kind, value, choices=CHOICES) == found


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", []), ("text", {}), ("number", "1e400"), ("number", 10**400), ("number", "NaN"), ("number", True),
        ("number", float("inf")), ("number", [1]), ("boolean", "perhaps"), ("date", "soon"), ("date", "0001-01-01"),
        ("date", "9999-12-31"), ("datetime", "9999-12-31T23:59:59-14:00"), ("datetime", "0001-01-01T00:00:00+14:00"),
        ("integer", 1.5), ("integer", "x"), ("integer", True), ("integer", 10**16), ("integer", "1e3"),
        ("integer", [1]),
        ("integer", float("nan")), ("integer", float("inf")), ("decimal", "1e5"), ("decimal", "0.0000000000001"),
        ("decimal", 10**400), ("decimal", "٣"), ("decimal", ""), ("decimal", "1,5"), ("enum", "bronze"),
        ("enum", ["Gold"]),
        ("list", {"a": 1}), ("list", [["a"]]), ("list", ["x"] * 101), ("list", ["x" * 201]),
        ("id", "a b"), ("id", "x" * 201), ("id", 1.5), ("id", True), ("id", ["a"]),
        ("datetime", 5), ("datetime", datetime(2300, 1, 1, tzinfo=UTC)), ("date", date(1800, 1, 1)),
    ],
)  # fmt: skip
def test_what_does_not(kind, value):
    with pytest.raises(Misfit):
        coerce(kind, value, choices=CHOICES)


@given(st.sampled_from(TYPES), ANY | st.decimals() | st.floats(), st.sampled_from(["", "country", "email"]))
def test_anything_is_taken_or_refused_with_a_reason(kind, value, field):
    try:
        found = coerce(kind, value, field, CHOICES)
    except Misfit as misfit:
        assert str(misfit)
    else:
        assert coerce(kind, found, field, CHOICES) == found


@given(ANY)
def test_a_guess_is_a_type_or_none(value):
    assert guess(value) in {None, *TYPES}


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "boolean"), (1, "number"), (1.5, "number"), ("x", "text"), ("2026-05-01", "text"), (None, None),
     ("2026-05-01T12:00:00Z", "datetime"), ("2026-05-01 12:00:00", "datetime"), ([], None), ({}, None),
     (["a"], "list")],
)  # fmt: skip
def test_guesses(value, kind):
    assert guess(value) == kind
