"""Fields over their table: declared, changed, retired, and refused where they are unsound."""

from __future__ import annotations

import pytest

from cadenza.base import database
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.fields import service as fields
from cadenza.cdp.fields.types import STANDARD, Retention


@pytest.fixture
def here(workspace):
    with database.scope(workspace):
        yield workspace


def test_a_field_is_declared_with_its_duties(here):
    made = fields.declare(
        here, " tier ", "enum", "loyalty.programme", "Tier", retention="until_withdrawn",
        choices=["Gold", " Silver ", ""],
    )  # fmt: skip
    assert (made.name, made.type, made.category, made.label, made.choices) == (
        "tier", "enum", "loyalty.programme", "Tier", ("Gold", "Silver"),
    )  # fmt: skip
    assert made.retention is Retention.UNTIL_WITHDRAWN and not made.standard and not made.retired
    assert fields.of(here) == {"tier": made} and fields.one(here, "person", "tier") == made


def test_what_is_not_told_has_a_sensible_standard(here):
    made = fields.declare(here, "shoe_size", "number")
    assert (made.label, made.category, made.retention) == ("Shoe size", "custom.fields", "as_long_as_needed")


def test_the_same_name_may_be_a_field_of_different_things(here):
    for entity in ("person", "order", "line", "product", "event"):
        fields.declare(here, "gift", "boolean", entity=entity)
    assert {one.entity for one in fields.all(here)} == {"person", "order", "line", "product", "event"}
    assert set(fields.of(here, "order")) == {"gift"}
    assert fields.declare(here, "email", "text", entity="order").name == "email"


def test_declared_again_all_changes_but_the_type(here):
    fields.declare(here, "tier", "enum", label="Tier", choices=["Gold"])
    made = fields.declare(here, "tier", "enum", "loyalty.programme", choices=["Gold", "Silver"])
    assert (made.label, made.category, made.choices) == ("Tier", "loyalty.programme", ("Gold", "Silver"))
    assert fields.declare(here, "tier", "enum") == made
    with pytest.raises(BadInput, match="is of the type enum already"):
        fields.declare(here, "tier", "text")


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 121}, "x" * 40), ({"name": "email"}, "email"),
        ({"name": "has_email"}, "has_email"), ({"name": "@confirmed_email"}, "@confirmed_email"),
        ({"type": "colour"}, "f.type"), ({"category": "colour"}, "f.category"),
        ({"retention": "for_ever"}, "f.retention"),
        ({"entity": "shop"}, "entity"), ({"type": "enum"}, "f.choices"),
        ({"type": "enum", "choices": [" "]}, "f.choices"),
        ({"choices": ["a"]}, "f.choices"), ({"type": "enum", "choices": ["a", "A"]}, "f.choices"),
        ({"type": "enum", "choices": [str(n) for n in range(201)]}, "f.choices"),
        ({"type": "enum", "choices": ["x" * 121]}, "f.choices"),
    ],
)  # fmt: skip
def test_what_is_unsound_is_refused_with_its_place(here, told, at):
    with pytest.raises(BadInput) as refusal:
        fields.declare(here, **({"name": "f", "type": "text"} | told))
    assert refusal.value.at == at and fields.all(here) == []


def test_there_are_not_more_fields_than_a_page_can_show(here, monkeypatch):
    monkeypatch.setattr(fields, "MOST_FIELDS", len(STANDARD) + 1)
    fields.declare(here, "a", "text")
    fields.declare(here, "a", "text", label="A")
    with pytest.raises(BadInput, match="the most there can be"):
        fields.declare(here, "b", "text")


def test_a_field_is_retired_and_comes_back(here):
    fields.declare(here, "tier", "text")
    assert fields.retire(here, "person", "tier").retired
    assert fields.of(here) == {} and set(fields.of(here, retired=True)) == {"tier"} == fields.retired(
        here, "person"
    )
    assert not fields.restore(here, "person", "tier").retired
    assert fields.retired(here, "person") == frozenset()


def test_what_was_never_declared_is_not_found(here):
    for ask in (fields.one, fields.retire, fields.restore, fields.edit):
        for entity in ("person", "shop", "\x00"):
            with pytest.raises(NotFound):
                ask(here, entity, "a\x00b")


def test_another_workspace_has_fields_of_its_own(here):
    from cadenza.trust.accounts import service as accounts

    fields.declare(here, "tier", "text")
    other = accounts.create_workspace("Other").id
    assert fields.all(other) == []
