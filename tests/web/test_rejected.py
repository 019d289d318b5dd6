"""Rejected events over HTTP: shown with their reason and the way out, mended, sent again."""

from __future__ import annotations

import json

import pytest

from cadenza.base import clock, database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.ingest import jobs, pipeline, store
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import EXPLAINED, Flaw, Reason
from tests.web.conftest import link

NOBODY = "00000000-0000-4000-8000-00000000beef"


@pytest.fixture
def reject(workspace):
    def keep(*items, code="no_event_name"):
        flaw = Flaw(0, code, "A track call names its event.", "event")
        with database.scope(workspace):
            store.reject(workspace, [(flaw, json.dumps(one).encode()) for one in items], clock.now(), "api")
            return [one.id for one in ingest.rejected(workspace, limit=len(items))]

    return keep


def test_every_reason_is_explained():
    assert set(EXPLAINED) == set(Reason)
    assert all(one.title and one.why and one.hint for one in EXPLAINED.values())


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
    pages.post("/rejected/act", {"do": "send-all", "code": "no_event_name"})
    page = pages.get("/rejected/").content.decode()
    assert "2 sent again" in page and "1 are still wrong" in page
    with database.scope(workspace):
        assert ingest.rejected_by_code(workspace) == [("no_event_name", 1)]


def test_only_those_ticked_are_sent(pages, reject, workspace):
    fine = {"type": "track", "userId": "u1", "event": "Searched"}
    ids = reject(fine, fine)
    pages.post("/rejected/act", {"do": "send", "id": [str(ids[0])]})
    with database.scope(workspace):
        assert ingest.rejected_by_code(workspace) == [("no_event_name", 1)]
    assert pages.post("/rejected/act", {"do": "send", "id": ["x"]}).status_code == 422
    assert "Nothing was chosen" in pages.post("/rejected/act", {"do": "send"}, follow=True).content.decode()


def test_many_pages(pages, reject):
    reject(*({"type": "track", "userId": f"u{n}"} for n in range(51)))
    first = pages.get("/rejected/?code=no_event_name")
    assert first.content.count(b'name="id"') == 50
    second = pages.get("/rejected/" + link(first, 'rel="next"'))
    assert second.content.count(b'name="id"') == 1
    assert link(second, 'rel="prev"') == "?code=no_event_name"


@pytest.mark.parametrize(
    ("address", "status"),
    [(f"/rejected/{NOBODY}/", 404), ("/rejected/?after=x", 422), ("/rejected/?code=x", 200)],
)
def test_a_broken_address(pages, address, status):
    assert pages.get(address).status_code == status


FINE = {"type": "track", "userId": "u1", "event": "Searched"}


def waits(workspace):
    with database.scope(workspace):
        return ingest.rejected_by_code(workspace)


def test_what_waits_is_filtered_by_reason_event_day_and_text(pages, reject):
    reject(FINE | {"properties": {"q": "bell"}}, {"type": "page", "userId": "u2"})
    reject(FINE | {"userId": "u3"}, code="bad_id")
    shown = lambda query: pages.get(f"/rejected/?{query}").content.decode().count('name="id"')  # noqa: E731
    today = clock.now().date()
    assert [shown("code=bad_id"), shown("name=Searched"), shown("name=Page+Viewed"), shown("q=bell")] == [
        1,
        2,
        1,
        1,
    ]
    assert [shown(f"since={today}"), shown(f"until={today}"), shown("since=2100-01-01"), shown("until=2000-01-01")] == [
        3, 3, 0, 0
    ]  # fmt: skip
    assert shown("name=Searched&q=u3&code=bad_id") == 1
    assert pages.get("/rejected/?since=yesterday").status_code == 422
    assert pages.get("/rejected/?until=9999-12-31").status_code == 422


def test_discarding_leaves_nothing(pages, reject, workspace):
    ids = reject(FINE, FINE, {"type": "page", "userId": "u2"})
    pages.post("/rejected/act", {"do": "discard", "id": [str(ids[-1])]})
    assert waits(workspace) == [("no_event_name", 2)]
    said = pages.post(
        "/rejected/act", {"do": "discard-all", "name": "Searched"}, follow=True
    ).content.decode()
    assert "1 discarded" in said and waits(workspace) == [("no_event_name", 1)]


def test_many_are_sent_again_by_a_worker_which_may_die_in_between(pages, reject, workspace, monkeypatch):
    monkeypatch.setattr(ingest, "REPLAYED_AT_ONCE", 2)
    reject(*[FINE | {"userId": f"u{n}"} for n in range(5)], {"type": "track", "userId": "u9"})
    pages.post("/rejected/act", {"do": "send-all"})
    with database.scope(workspace):
        running = ingest.replaying(workspace)
        assert (running.total, running.done) == (6, 0)
        assert ingest.carry_on_replay(workspace, running.id)  # then the worker dies
    assert "Sending again" in pages.get("/rejected/progress").content.decode()
    assert "already" in pages.post("/rejected/act", {"do": "send-all"}, follow=True).content.decode()
    jobs.replay_all(str(workspace), str(running.id))
    done = pages.get("/rejected/progress").content.decode()
    assert "6 in all" in done and "1 are still wrong" in done
    assert waits(workspace) == [("no_event_name", 1)]
    while pipeline.step():
        pass
    projection.drain()
    with database.scope(workspace):
        assert events.names(workspace) == [("Searched", 5)]


def test_a_replay_that_a_dead_worker_left_is_taken_up_again(reject, workspace, monkeypatch):
    from cadenza.base import jobs as queue

    monkeypatch.setattr(ingest, "REPLAYED_AT_ONCE", 1)
    put = []
    reject(FINE, FINE)
    with clock.fixed(clock.now()) as fixed:
        with database.scope(workspace):
            ingest.start_replay(workspace, ingest.Filter())
        monkeypatch.setattr(queue, "defer", lambda function, **told: put.append(told["workspace"]))
        ingest.resume_replays()
        assert str(workspace) not in put
        fixed.move(seconds=91)
        ingest.resume_replays()
        assert put.count(str(workspace)) == 1


def test_what_nests_too_deep_is_shown_and_refused_in_words(pages, workspace):
    deep = (
        b'{"type":"track","event":"e","userId":"u","properties":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    )
    with database.scope(workspace):
        store.reject(workspace, [(Flaw(0, "too_deep", "Too deep."), deep)], clock.now(), "api")
        one = ingest.rejected(workspace, limit=1)[0]
    assert pages.get("/rejected/").status_code == 200
    assert pages.get(f"/rejected/{one.id}/").status_code == 200
    answer = pages.post(f"/rejected/{one.id}/", {"payload": deep.decode()})
    assert answer.status_code == 422
    assert "This is not JSON" in answer.content.decode()


def test_half_a_character_is_shown_as_a_question_mark(pages, workspace):
    half = b'{"type":"track","event":"\\ud800x","userId":"u"}'
    with database.scope(workspace):
        store.reject(workspace, [(Flaw(0, "not_json", "Half a character."), half)], clock.now(), "api")
        one = ingest.rejected(workspace, limit=1)[0]
    assert "?x" in pages.get("/rejected/").content.decode()
    assert "?x" in pages.get(f"/rejected/{one.id}/").content.decode()
