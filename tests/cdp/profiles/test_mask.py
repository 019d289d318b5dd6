"""Masks by themselves: what was asked for, what that reads, and what a purpose leaves of it."""

from __future__ import annotations

import pytest

from cadenza.base.problem import BadInput
from cadenza.cdp.profiles.mask import mask
from cadenza.cdp.profiles.types import STANDARD, Field

OWN = Field("vip", "boolean", "loyalty.programme", "VIP", standard=False)
DOTTED = Field("shop.id", "text", "custom.fields", "Shop", standard=False)
KINDS = {"external_id": "identity.internal", "email": "contact.email"}


def asked(fields, allowed=None):
    return mask(fields, [*STANDARD, OWN, DOTTED], KINDS, allowed)


def test_what_was_asked_for_is_shown_and_read():
    found, reads = asked("email, first_name,traits.vip,")
    assert found.fields == {"id", "email", "first_name", "traits"} and found.traits == {"vip"}
    assert {(one.field, one.category) for one in reads} == {
        ("email", "contact.email"), ("first_name", "person.name"), ("traits.vip", "loyalty.programme"),
    }  # fmt: skip


def test_a_whole_part_may_be_asked_for():
    found, reads = asked("traits,identifiers.email")
    assert (found.fields, found.traits, found.identifiers) == (
        {"id", "traits", "identifiers"}, {"vip", "shop.id"}, {"email"},
    )  # fmt: skip
    assert len(reads) == 3


def test_without_a_mask_everything_is_shown():
    found, reads = asked("")
    assert {"id", "created_at", "email", "pending_email", "traits", "identifiers"} <= found.fields
    assert found.traits == {"vip", "shop.id"} and found.identifiers == {"external_id", "email"}
    assert "id" not in [one.field for one in reads]


def test_without_a_mask_a_purpose_is_given_what_it_covers():
    found, reads = asked("", frozenset({"person.name", "loyalty.programme"}))
    assert {"id", "created_at", "updated_at", "first_name", "last_name", "traits"} == found.fields
    assert found.traits == {"vip"} and {one.category for one in reads} == {"person.name", "loyalty.programme"}
    assert asked("", frozenset({"any"})) == asked("")


@pytest.mark.parametrize(
    "fields", ["colour", "email,colour", "traits.colour", "identifiers.fax", "vip", "traits.", "\x00"]
)
def test_a_field_that_nobody_knows_is_named(fields):
    with pytest.raises(BadInput) as refusal:
        asked(fields)
    assert refusal.value.at == "fields" and repr(fields.split(",")[-1]) in refusal.value.detail
