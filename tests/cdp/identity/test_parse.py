"""Rules read from JSON, and what is wrong with them told with its place."""

from __future__ import annotations

import pytest

from cadenza.base.problem import BadInput
from cadenza.cdp.identity.parse import dump, parse
from cadenza.cdp.identity.types import Identifier, Rules

OTHER = Rules(
    priority=("email", "external_id"),
    limits={"email": 2},
    blocked={"phone": frozenset({"+371000"}), "*": frozenset({"x"})},
    never_merge=frozenset({"household", "anonymous_id"}),
    apart=frozenset({"loyalty_card"}),
    access=frozenset({"email", "phone"}),
    most_identifiers=50,
)


@pytest.mark.parametrize("rules", [Rules(), OTHER])
def test_written_and_read_again_they_are_the_same(rules):
    assert parse(dump(rules)) == rules


def test_what_is_left_out_is_as_usual():
    assert parse({}) == Rules()
    assert parse({"limits": {"email": 2}}).limits == {"email": 2}


@pytest.mark.parametrize("told, place", [
    ([], "rules"), ({"limit": {}}, "limit"), ({"limits": {"email": 0}}, "limits.email"), ({"limits": []}, "limits"),
    ({"limits": {"email": True}}, "limits.email"), ({"priority": ["email", "mail"]}, "priority.1"),
    ({"priority": ["email", "email"]}, "priority"), ({"apart": "email"}, "apart"), ({"access": ["order_number"]}, "access.0"),
    ({"blocked": {"email": "x"}}, "blocked.email"), ({"blocked": {"email": [""]}}, "blocked.email.0"),
    ({"blocked": {"mail": []}}, "blocked.0"), ({"most_identifiers": 1}, "most_identifiers"),
])  # fmt: skip
def test_a_mistake_knows_its_place(told, place):
    with pytest.raises(BadInput) as refusal:
        parse(told)
    assert refusal.value.at == place


def test_a_system_obeys_the_rules_of_its_kind():
    rules = Rules(limits={"external_id": 3}, apart=frozenset())
    assert rules.limit("external_id:crm") == 3
    assert Rules().limit("external_id:crm") == 1
    assert Rules().rank("external_id:crm") == Rules().rank("external_id") == 0


@pytest.mark.parametrize(
    "kind, value", [("email", "Test@Test.com"), ("external_id", "UNKNOWN"), ("phone", "00000000")]
)
def test_the_usual_values_that_recognise_nobody(kind, value):
    assert Rules().is_blocked(Identifier(kind, value))
    assert not Rules().is_blocked(Identifier(kind, "ann@example.com"))
