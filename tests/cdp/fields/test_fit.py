"""Fitting by itself: what was declared is taken by its type, what was not is left aside."""

from __future__ import annotations

from cadenza.cdp.fields.fit import fit
from cadenza.cdp.fields.types import Field


def field(name, type, **more):
    return Field(name, type, "custom.fields", name, standard=False, **more)


FIELDS = {
    one.name: one
    for one in (
        field("gift", "boolean"), field("margin", "decimal"), field("due", "date"), field("tags", "list"),
        field("tier", "enum", choices=("Gold",)), field("old", "text", retired=True), field("note", "text"),
    )
}  # fmt: skip


def test_what_fits_is_as_json_holds_it():
    told = {
        "gift": "yes",
        "margin": 1.50,
        "due": "2030-05-01",
        "tags": ["a", "a"],
        "tier": "gold",
        "unknown": 1,
    }
    assert fit(FIELDS, told) == (
        {"gift": True, "margin": "1.5", "due": "2030-05-01", "tags": ["a"], "tier": "Gold"},
        [],
    )


def test_what_does_not_fit_is_named_with_its_reason():
    fitting, refused = fit(FIELDS, {"gift": "perhaps", "old": "x", "tier": "Bronze", "note": "fine"})
    assert fitting == {"note": "fine"}
    assert {one.field: one.reason.split()[0] for one in refused} == {
        "gift": "true",
        "old": "this",
        "tier": "one",
    }


def test_blanks_take_a_value_away():
    assert fit(FIELDS, {"gift": None, "note": " ", "tags": [], "margin": ""})[0] == dict.fromkeys(
        ("gift", "note", "tags", "margin")
    )
