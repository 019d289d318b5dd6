"""The event store: one person's feed, paged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cadenza.base import database, projection
from cadenza.base.ids import new_id
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Event

START = datetime(2030, 1, 1, tzinfo=UTC)


def put(workspace, *told) -> None:
    with database.scope(workspace):
        events.append(
            workspace, [Event(new_id(), who, name, at, at, "api", values) for who, name, at, values in told]
        )
    projection.drain()


def test_a_feed_is_newest_first_and_goes_on_before_a_moment(workspace):
    told = [(n % 2 + 1, str(n), START + timedelta(milliseconds=n), {}) for n in range(6)]
    put(workspace, *told, (3, "other", START, {}))
    first = events.timeline(workspace, [1, 2], limit=4)
    assert [one.name for one in first] == ["5", "4", "3", "2"]
    assert [one.name for one in events.timeline(workspace, [1, 2], before=first[-1].at)] == ["1", "0"]


def test_properties_come_back_as_they_were_told(workspace):
    odd = {
        "a.b": 1,
        "a": {"b": [1, {"c": None}]},
        "big": 10**30,
        "far": 1e308,
        "nul": "\x00",
        "𝕏": "\u202e",
        "": True,
    }
    put(workspace, (1, "\x00", START, odd), (1, "Plain", START, {}))
    assert {one.name: one.properties for one in events.timeline(workspace, [1])} == {"\x00": odd, "Plain": {}}


def test_every_year_an_event_may_have_fits_one_write(workspace):
    put(workspace, *[(1, "E", datetime(year, 1, 2, tzinfo=UTC), {}) for year in range(1970, 2032)])
    assert events.names(workspace) == [("E", 62)]


def test_names_of_properties_and_their_values(workspace):
    put(
        workspace,
        (1, "E", START, {"k": "v", "n": 1}),
        (2, "E", START, {"k": "v"}),
        (2, "E", START, {"k": "w"}),
    )
    assert events.property_names(workspace, "E") == [("k", "text"), ("n", "number")]
    assert events.property_values(workspace, "E", "k") == ["v", "w"]
