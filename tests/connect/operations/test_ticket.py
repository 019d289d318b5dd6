"""A ticket is good for its customer, its workspace and its day alone; who may call what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.connect.operations.admit import Caller, admit, may_call
from cadenza.connect.operations.ticket import LASTS, holder, issue
from cadenza.connect.operations.types import PointKey
from tests.connect.operations.test_parse import POINT, operation

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
HERE, THERE = WorkspaceId(UUID(int=1)), WorkspaceId(UUID(int=2))
ANN = ProfileId(7)


def test_a_ticket_names_its_holder():
    ticket = issue(HERE, ANN, NOON)
    assert holder(HERE, ticket, NOON + LASTS) == ANN
    assert holder(THERE, ticket, NOON) is None
    assert holder(HERE, ticket, NOON + LASTS + timedelta(seconds=1)) is None


@given(st.text(max_size=60), st.integers(0, 50))
def test_no_other_text_is_a_ticket(text, place):
    ticket = issue(HERE, ANN, NOON)
    altered = ticket[:place] + ("A" if ticket[place : place + 1] != "A" else "B") + ticket[place + 1 :]
    assert holder(HERE, text, NOON) is None and holder(HERE, altered, NOON) is None


KEY = PointKey(UUID(int=5), POINT.id, POINT.workspace, "production", "", NOON)
FOREIGN = PointKey(UUID(int=5), UUID(int=9), POINT.workspace, "production", "", NOON)
SHOP = POINT.__class__(**{**vars(POINT), "sites": ("https://a.example",)})


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (Caller(KEY, True), 0), (Caller(None, True), 401), (Caller(FOREIGN, True), 401), (Caller(None), 401),
        (Caller(None, origin="https://A.example", device="d"), 0), (Caller(None, origin="https://a.example"), 403),
        (Caller(None, origin="https://b.example", device="d"), 403), (Caller(None, origin="null", device="d"), 403),
    ],
)  # fmt: skip
def test_who_may_call_anything(caller, status):
    refusal = admit(caller, SHOP)
    assert (refusal.status if refusal else 0) == status
    assert admit(caller, None).status == 401


@pytest.mark.parametrize(
    ("access", "ticket", "fine"),
    [("secret", True, False), ("ticket", False, False), ("ticket", True, True), ("open", False, True)],
)  # fmt: skip
def test_what_a_browser_may_call(access, ticket, fine):
    one = operation("check").__class__(**{**vars(operation("check")), "access": access})
    assert (may_call(Caller(None), one, ticket) is None) is fine
    assert may_call(Caller(KEY, True), one, False) is None
