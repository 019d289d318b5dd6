"""However a rejected event is mended, sending it again gives no 5xx."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import strategies as st

from cadenza.base import clock, database
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest import store
from cadenza.cdp.ingest.types import Flaw
from cadenza.trust.accounts import service as accounts
from tests.fuzz import hostile
from tests.fuzz.asking import try_all
from tests.web.conftest import user

INPUTS = 1_000


@pytest.fixture
def pages(engines):
    with database.system_scope():
        shop = accounts.create_workspace("Fuzzed", currency="EUR").id
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(user(shop), backend="django.contrib.auth.backends.ModelBackend")
    return shop, client


def test_no_mended_event_ends_badly(pages):
    shop, client = pages

    def check(told: tuple[bytes, bytes]) -> None:
        before, mended = told
        with database.scope(shop):
            store.reject(
                shop, [(Flaw(0, "no_id", "An event needs an id.", "userId"), before)], clock.now(), "api"
            )
            one = ingest.rejected(shop, limit=1)[0]
        address = f"/rejected/{one.id}/"
        assert client.get(address).status_code < 500
        answer = client.post(address, {"payload": mended.decode("utf-8", "replace")})
        assert answer.status_code < 500, (answer.status_code, mended[:300])

    try_all(st.tuples(hostile.bodies, hostile.bodies), INPUTS, check)
