"""Identity over its tables: merges by hand, old ids, identifiers kept."""

from __future__ import annotations

import pytest

from cadenza.base import clickhouse, database, projection
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier


def one(value: str, kind: str = "external_id") -> Identifier:
    return Identifier(kind, value)


def people(workspace, *arrivals):
    return [found.profile for found in identity.resolve(workspace, arrivals)]


def test_old_ids_lead_to_who_it_is_now_after_a_chain_of_merges(workspace):
    with database.scope(workspace):
        a, b, c = people(workspace, [one("a")], [one("b")], [one("c")])
        identity.merge(workspace, b, a)
        identity.merge(workspace, c, a)  # a is b by now
        assert {identity.current(workspace, old) for old in (a, b, c)} == {c}
        assert set(identity.all_ids(workspace, c)) == {a, b, c}
        assert {known.value for known in identity.of_person(workspace, c)} == {"a", "b", "c"}
        with pytest.raises(BadInput):
            identity.merge(workspace, a, b)
    projection.drain()
    found = clickhouse.query(
        "select profile, into from profile_override final where workspace = {w:UUID} order by profile",
        {"w": str(workspace)},
    )
    assert found == [(a, c), (b, c)]


def test_a_person_merged_by_hand_answers_to_every_number(workspace):
    with database.scope(workspace):
        a, b = people(workspace, [one("a")], [one("b")])
        identity.merge(workspace, a, b)
        assert people(workspace, [one("b")], [one("a")], [one("b"), one("d", "anonymous_id")]) == [a, a, a]


def test_merges_of_one_batch_are_written_as_they_were_decided(workspace):
    device, mail, phone = one("d", "anonymous_id"), one("a@example.com", "email"), one("+1", "phone")
    with database.scope(workspace):
        first = people(workspace, [device], [mail])
        told = identity.resolve(workspace, [[phone], [device, mail], [mail, phone], [one("u1"), phone]])
        assert len({found.profile for found in told}) == 1
        [now] = {found.profile for found in told}
        assert {identity.current(workspace, old) for old in first} == {now}
        assert {(known.kind, known.value) for known in identity.of_person(workspace, now)} == {
            tuple(known) for known in (device, mail, phone, one("u1"))
        }


def test_a_text_that_no_table_holds_finds_nobody(workspace):
    with database.scope(workspace):
        assert identity.find(workspace, one("\x00")) is None
        assert identity.preview(workspace, [[one("new")]])[0].created
        assert identity.find(workspace, one("new")) is None
