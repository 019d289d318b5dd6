"""Rejected events over HTTP: shown with their reason and the way out, mended, sent again."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from cadenza.base import clock, database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.ingest import check, pipeline, store
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Flaw
from cadenza.web.rejected import CODES
from tests.web.conftest import link


@pytest.fixture
def reject(workspace):
    def keep(*items, code="no_event_name"):
        flaw = Flaw(0, code, "A track call names its event.", "event")
        with database.scope(workspace):
            store.reject(workspace, [(flaw, json.dumps(one).encode()) for one in items], clock.now(), "api")
            return [one.id for one in ingest.rejected(workspace, limit=len(items))]

    return keep


def test_every_code_of_the_door_is_explained():
    source = (check.__file__, pipeline.__file__)
    told = {code for file in source for code in CODES if f'"{code}"' in Path(file).read_text()}
    assert set(CODES) - told == {"not_json"}  # said by the collector


def test_nothing_rejected_says_so(pages):
    assert "Nothing was rejected" in pages.get("/rejected/").content.decode()


def test_a_rejected_event_is_mended_and_sent_again(pages, reject, workspace):
    [id] = reject({"type": "track", "userId": "u1", "properties": {"price": 5}})
    listed = pages.get("/rejected/").content.decode()
    assert "No event name" in listed and "track · u1" in listed
    assert "Add event" in pages.get(f"/rejected/{id}/").content.decode()
    again = pages.post(f"/rejected/{id}/", {"payload": '{"type": "track", "userId": "u1"}'})
    assert (again.status_code, "still wrong" in again.content.decode()) == (422, True)
    nonsense = pages.post(f"/rejected/{id}/", {"payload": "{"})
    assert b'id="field-payload-error"' in nonsense.content
    mended = {"payload": '{\r\n "type": "track", "userId": "u1", "event": "Searched"}'}
    assert pages.post(f"/rejected/{id}/", mended).status_code == 302
    while pipeline.step():
        pass
    projection.drain()
    with database.scope(workspace):
        assert events.names(workspace) == [("Searched", 1)]
    assert "Sent again" in pages.get("/rejected/?all=1").content.decode()
    assert pages.post(f"/rejected/{id}/", mended).status_code == 404


def test_many_are_sent_again_and_the_wrong_ones_stay(pages, reject, workspace):
    fine, wrong = {"type": "track", "userId": "u1", "event": "Searched"}, {"type": "track", "userId": "u1"}
    reject(fine, fine, wrong)
    pages.post("/rejected/send", {"everything": "1", "code": "no_event_name"})
    page = pages.get("/rejected/").content.decode()
    assert "2 sent again" in page and "1 are still wrong" in page
    with database.scope(workspace):
        assert ingest.rejected_by_code(workspace) == [("no_event_name", 1)]


def test_only_those_ticked_are_sent(pages, reject, workspace):
    fine = {"type": "track", "userId": "u1", "event": "Searched"}
    ids = reject(fine, fine)
    pages.post("/rejected/send", {"id": [str(ids[0])]})
    with database.scope(workspace):
        assert ingest.rejected_by_code(workspace) == [("no_event_name", 1)]
    assert pages.post("/rejected/send", {"id": ["x"]}).status_code == 422
    assert "Nothing was chosen" in pages.post("/rejected/send", {}, follow=True).content.decode()


def test_many_pages(pages, reject):
    reject(*({"type": "track", "userId": f"u{n}"} for n in range(51)))
    first = pages.get("/rejected/?code=no_event_name")
    assert first.content.count(b'name="id"') == 50
    second = pages.get("/rejected/" + link(first, 'rel="next"'))
    assert second.content.count(b'name="id"') == 1
    assert link(second, 'rel="prev"') == "?code=no_event_name"


@pytest.mark.parametrize(
    ("address", "status"),
    [(f"/rejected/{uuid4()}/", 404), ("/rejected/?after=x", 422), ("/rejected/?code=x", 200)],
)
def test_a_broken_address(pages, address, status):
    assert pages.get(address).status_code == status
