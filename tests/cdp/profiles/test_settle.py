"""Settling by itself: which address counts, which waits, and where somebody's clock stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from cadenza.cdp.profiles.fold import Telling
from cadenza.cdp.profiles.settle import SETTLED, settle, unsettle, zone_of_country, zone_of_phone
from tests.cdp.profiles.test_fold import TELLINGS, folded

START = datetime(2030, 1, 1, tzinfo=UTC)


def settled(*told):
    known = folded([
        ({"email": email}, Telling(START + timedelta(hours=hour), "api", confirmed=confirmed))
        for hour, email, confirmed in told
    ])  # fmt: skip
    found = settle(known.values, known.told)
    return found.get("email"), found.get("pending_email"), found.get("email_confirmed_at")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([(0, "a@x.eu", False)], ("a@x.eu", None, None)),
        ([(0, "a@x.eu", False), (1, "b@x.eu", False)], ("b@x.eu", None, None)),
        ([(0, "a@x.eu", True)], ("a@x.eu", None, START)),
        ([(0, "a@x.eu", True), (1, "b@x.eu", False)], ("a@x.eu", "b@x.eu", START)),
        ([(0, "a@x.eu", True), (1, "b@x.eu", False), (2, "a@x.eu", False)], ("a@x.eu", None, START)),
        ([(1, "a@x.eu", True), (0, "b@x.eu", False)], ("a@x.eu", None, START + timedelta(hours=1))),
        ([(0, "a@x.eu", True), (1, "b@x.eu", False), (2, "b@x.eu", True)],
         ("b@x.eu", None, START + timedelta(hours=2))),
        ([(0, "a@x.eu", True), (1, None, False)], (None, None, None)),
        ([(0, "a@x.eu", True), (2, "b@x.eu", False), (1, None, False)], ("b@x.eu", None, None)),
    ],
)  # fmt: skip
def test_which_address_counts(told, found):
    assert settled(*told) == settled(*reversed(told)) == found


@given(TELLINGS)
def test_columns_hold_all_that_was_told_of_addresses(tellings):
    known = folded(tellings)
    columns = settle(known.values, known.told)
    values = {name: columns[name] for name in ("email", "phone") if name in columns}
    unsettle(values, {name: columns.get(name, "") for name in SETTLED})
    told = {name: known.values.get(name) for name in ("email", "@confirmed_email")}
    assert values == {name: value for name, value in told.items() if value}


@pytest.mark.parametrize(
    ("values", "zone", "source"),
    [
        ({"time_zone": "Asia/Tokyo", "phone": "+37120000000"}, "Asia/Tokyo", "told"),
        ({"phone": "+37120000000", "country": "EE"}, "Europe/Riga", "phone"),
        ({"phone": "+12025550123", "country": "ee"}, "Europe/Tallinn", "geo"),
        ({"country": "Latvia"}, None, None), ({"country": "US"}, None, None), ({}, None, None),
    ],
)  # fmt: skip
def test_where_a_clock_stands(values, zone, source):
    found = settle(values, {})
    assert (found.get("time_zone"), found.get("time_zone_source")) == (zone, source)


def test_countries_of_one_clock():
    assert (zone_of_country("DE"), zone_of_country("GB"), zone_of_country("RU")) == (
        "Europe/Berlin",
        "Europe/London",
        "",
    )
    assert (zone_of_phone("+447911123456"), zone_of_phone("+79161234567"), zone_of_phone("+"), zone_of_phone("")) == (
        "Europe/London", "", "", "",
    )  # fmt: skip
