"""The gate by itself: what may be stored of whom."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest.gate import NECESSARY, gate
from cadenza.cdp.ingest.order import NAMES
from cadenza.cdp.ingest.types import NOTHING, About, Arrival, Dropped, Policy

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
DEVICE, ANN = Identifier("anonymous_id", "d1"), Identifier("external_id", "u1")
DNT, GPC, BOTH = About(dnt=True), About(gpc=True), About(dnt=True, gpc=True)
STRICT = Policy()


def arrival(name="Page Viewed", *who, **more):
    return Arrival(uuid4(), who or (DEVICE,), NOW, NOW, "api", name, **more)


def refused(**preferences):
    return {"consent": {"categoryPreferences": preferences}}


@pytest.mark.parametrize(
    ("about", "policy", "why"),
    [
        (NOTHING, STRICT, None), (DNT, STRICT, Dropped.DO_NOT_TRACK), (GPC, STRICT, Dropped.PRIVACY_CONTROL),
        (BOTH, STRICT, Dropped.PRIVACY_CONTROL), (DNT, Policy(dnt=False), None), (GPC, Policy(gpc=False), None),
        (BOTH, Policy(gpc=False), Dropped.DO_NOT_TRACK),
    ],
)  # fmt: skip
def test_signals_of_an_anonymous_browser(about, policy, why):
    assert gate(arrival(), about, policy) is why


@pytest.mark.parametrize("about", [DNT, GPC, BOTH])
def test_a_known_person_is_not_an_anonymous_visitor(about):
    assert gate(arrival("Product Viewed", DEVICE, ANN), about, STRICT) is None


@pytest.mark.parametrize("name", [*sorted({*NAMES, "Signed Up", "Email Unsubscribed"}), None])
def test_orders_and_account_events_stay_whatever_is_said(name):
    assert gate(arrival(name, context=refused(analytics=False)), BOTH, STRICT) is None


def test_every_order_event_is_necessary():
    assert set(NAMES) <= NECESSARY


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (refused(analytics=False), Dropped.NO_CONSENT), (refused(analytics=True), None), (refused(), None),
        (refused(advertising=False), None), (refused(C0002=False), Dropped.NO_CONSENT),
        (refused(analytics="false"), None), ({"consent": {"categoryPreferences": []}}, None), ({"consent": 5}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_word_of_a_consent_tool_counts_for_everybody(context, why):
    for who in ((DEVICE,), (DEVICE, ANN)):
        assert gate(arrival("Product Viewed", *who, context=context), NOTHING, STRICT) is why
    assert gate(arrival("Product Viewed", context=context), NOTHING, Policy(consent=False)) is None
