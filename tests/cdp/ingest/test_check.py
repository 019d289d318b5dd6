"""Checking by itself: the first flaw, with its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from cadenza.cdp.ingest.check import check, moment
from cadenza.cdp.ingest.types import MOST_EVENT_BYTES, Flaw
from tests.cdp.ingest.items import ANY, items

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
SOUND = {"type": "track", "userId": "u1", "event": "Searched"}


def deep(levels: int) -> dict:
    return {"a": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    "extra",
    [
        {}, {"userId": 0}, {"userId": None, "anonymousId": "a"}, {"userId": "", "anonymousId": 7}, {"timestamp": ""},
        {"userId": "x" * 320}, {"properties": None}, {"properties": deep(7)}, {"event": "x" * 200},
        {"timestamp": "2030-03-02T11:00:00Z"}, {"timestamp": "2031-01-01T00:00:00Z", "sentAt": "2031-01-01T00:00:01Z"},
        {"type": "alias", "previousId": 5}, {"type": "group", "groupId": "g"}, {"type": "page"},
        {"originalTimestamp": "2020-01-01", "timestamp": "2031-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_can_be_taken_in(extra):
    assert check(SOUND | extra, 0, 100, NOW) is None


@pytest.mark.parametrize(
    ("extra", "code", "at"),
    [
        ({"type": "tack"}, "unknown_type", "type"), ({"type": ["track"]}, "unknown_type", "type"),
        ({"event": None}, "no_event_name", "event"), ({"event": "  "}, "no_event_name", "event"),
        ({"event": "x" * 201}, "name_too_long", "event"),
        ({"type": "alias"}, "no_previous_id", "previousId"),
        ({"type": "group", "groupId": {}}, "no_group_id", "groupId"),
        ({"userId": None}, "no_id", "userId"), ({"userId": "  "}, "bad_id", "userId"),
        ({"userId": "\x00"}, "bad_id", "userId"), ({"userId": True}, "bad_id", "userId"),
        ({"userId": 1.5}, "bad_id", "userId"), ({"userId": 10**400}, "bad_id", "userId"),
        ({"anonymousId": "x" * 321}, "bad_id", "anonymousId"), ({"anonymousId": ["a"]}, "bad_id", "anonymousId"),
        ({"properties": []}, "not_an_object", "properties"), ({"context": "x"}, "not_an_object", "context"),
        ({"traits": {str(n): n for n in range(256)}}, "too_many_keys", "traits"),
        ({"properties": deep(8)}, "too_deep", "properties"),
        ({"properties": {"a": [[[[[[[[]]]]]]]]}}, "too_deep", "properties"),
        ({"other": deep(9)}, "too_deep", ""),
        ({"timestamp": 1767225600}, "bad_time", "timestamp"), ({"sentAt": "now"}, "bad_time", "sentAt"),
        ({"timestamp": "2030-03-03T12:00:00Z"}, "far_future", "timestamp"),
        ({"originalTimestamp": "2030-03-03T12:00:00Z"}, "far_future", "timestamp"),
        ({"timestamp": "2030-03-09T12:00:00Z", "sentAt": "2030-03-01T12:00:00Z"}, "far_future", "timestamp"),
    ],
)  # fmt: skip
def test_what_cannot_and_where(extra, code, at):
    flaw = check(SOUND | extra, 3, 100, NOW)
    assert flaw and (flaw.index, flaw.code, flaw.at) == (3, code, at)


def test_a_batch_says_by_its_sending_time_how_far_its_clock_is_off():
    ahead = SOUND | {"timestamp": "2030-03-05T12:00:00Z"}
    assert check(ahead, 0, 100, NOW).code == "far_future"
    assert check(ahead, 0, 100, NOW, "2030-03-05T12:00:01Z") is None
    assert check(ahead, 0, 100, NOW, {"no": "moment"}).code == "far_future"


def test_size_and_shape():
    assert check(SOUND, 0, MOST_EVENT_BYTES, NOW) is None
    assert check(SOUND, 0, MOST_EVENT_BYTES + 1, NOW).code == "too_large"
    assert check([SOUND], 0, 10, NOW).code == "not_an_object"


@given(items() | ANY)
def test_anything_is_taken_or_refused(item):
    assert isinstance(check(item, 0, 100, NOW), Flaw | None)


@pytest.mark.parametrize("told", [None, 5, "", "x", "2026-13-01", "2026-05-01" + " " * 40, []])
def test_what_is_no_moment(told):
    assert moment(told) is None


def test_a_moment_without_a_zone_is_utc():
    assert moment("2026-05-01T12:00:00") == datetime(2026, 5, 1, 12, tzinfo=UTC)
