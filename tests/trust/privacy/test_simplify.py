"""An export is plain JSON in one order, and its emptiness can be told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cadenza.trust.privacy.simplify import left_in, simplify
from cadenza.trust.privacy.types import Action

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.decimals(allow_nan=False), st.datetimes(),
    st.uuids(), st.sampled_from(Action),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner)
)


@dataclass(frozen=True)
class Held:
    at: datetime
    total: Decimal


def test_every_kind_of_value_becomes_json():
    held = {
        "b": Held(datetime(2030, 1, 1, tzinfo=UTC), Decimal("1.50")), "a": {"y", "x"}, 1: b"\x0f",
        "d": date(2030, 1, 1), "id": UUID(int=1), "action": Action.EXTEND,
    }  # fmt: skip
    assert simplify(held) == {
        "1": "0f", "a": ["x", "y"], "action": "extend", "b": {"at": "2030-01-01T00:00:00+00:00", "total": "1.50"},
        "d": "2030-01-01", "id": "00000000-0000-0000-0000-000000000001",
    }  # fmt: skip


@given(VALUES)
def test_whatever_a_share_hands_over_can_be_written(value):
    assert json.loads(json.dumps(simplify(value))) == simplify(value)


def test_what_is_left_is_named_without_its_value():
    assert left_in({"orders": [], "name": "", "traits": {"size": None}, "count": 0, "flag": False}) == []
    assert left_in({"orders": [{"number": "A1"}], "name": ""}) == ["orders"]
