"""Reading circumstances by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.ingest.enrich import enrich, read_agent
from cadenza.cdp.ingest.types import NOTHING, About
from tests.cdp.ingest.items import ANY, TEXT

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
RIGA, USA = "85.254.0.0", "8.8.8.0"


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (IPHONE, ("phone", "iOS", "Mobile Safari", "")),
        (FIREFOX, ("desktop", "Windows", "Firefox", "")),
        ("Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605 Version/16.1 Mobile/15E148 Safari/604.1",
         ("tablet", "iOS", "Mobile Safari", "")),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
         ("phone", "Android", "Chrome Mobile", "")),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 Version/6.0 TV Safari/537.36",
         ("tv", "Tizen", "Safari", "")),
        (GOOGLEBOT, ("", "", "", "Googlebot")),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
         ("", "", "", "HeadlessChrome")),
        ("python-requests/2.31", ("", "", "", "python-requests")),
        ("", ("", "", "", "")), ("x", ("", "", "", "")), ("\ud800", ("", "", "", "")),
    ],
)  # fmt: skip
def test_user_agents(agent, told):
    found = tuple(read_agent(agent))
    assert found == told or (found[:2], found[3]) == (
        told[:2],
        told[3],
    )  # how ua-parser calls a browser moves


def test_a_browser_tells_its_device_and_country_but_neither_agent_nor_address():
    found = enrich({}, About(ip=RIGA, agent=IPHONE))
    assert found["device"]["type"] == "phone" and found["geo"] == {"country": "LV"}
    assert RIGA not in str(found) and "Mozilla" not in str(found)


def test_a_shops_server_tells_nothing_of_its_customers():
    assert enrich({}, About(ip=USA, agent="python-requests/2.31")) == {}
    found = enrich({"ip": RIGA, "userAgent": FIREFOX}, About(ip=USA, agent="python-requests/2.31"))
    assert (found["geo"]["country"], found["device"]["os"]) == ("LV", "Windows")


def test_an_app_is_no_bot_whatever_library_it_sends_through():
    found = enrich({"device": {"id": "d1", "type": "android"}}, About(ip=RIGA, agent="okhttp/4.9"))
    assert found == {"geo": {"country": "LV"}}
    told = enrich({"device": {"id": "d1"}, "userAgent": "okhttp/4.9"}, NOTHING)
    assert "bot" not in told
    named = enrich({"device": {"id": "d1", "type": "ios"}, "userAgent": IPHONE}, NOTHING)
    assert (named["device"]["id"], named["device"]["type"]) == ("d1", "phone")


def test_a_bot_is_flagged_with_the_name_it_gives_itself():
    assert enrich({}, About(agent=GOOGLEBOT)) == {"bot": True, "bot_reason": "Googlebot"}


@pytest.mark.parametrize(
    "page",
    [{"url": "https://s/?utm_source=news&utm_campaign=May&GCLID=x1&fbclid=f&q=1"},
     {"search": "?utm_source=news&utm_campaign=May&gclid=x1&fbclid=f", "url": "https://s/?utm_source=other"}],
)  # fmt: skip
def test_campaign_and_click_ids_come_from_the_address(page):
    found = enrich({"page": page}, NOTHING)
    assert found == {
        "campaign": {"source": "news", "name": "May"},
        "click_id": {"gclid": "x1", "fbclid": "f"},
    }


def test_what_the_client_says_of_the_campaign_stands():
    found = enrich({"campaign": {"name": "mine"}, "page": {"search": "?utm_campaign=x&yclid=1"}}, NOTHING)
    assert found == {"click_id": {"yclid": "1"}}


@given(
    st.dictionaries(
        st.sampled_from(["page", "campaign", "device", "ip", "userAgent", "consent"]) | TEXT, ANY
    ),
    st.builds(About, ip=TEXT, agent=TEXT | st.just(GOOGLEBOT), origin=TEXT),
)
def test_anything_can_be_read(context, about):
    assert isinstance(enrich(context, about), dict)
