"""What the circumstances of an event tell: kind of device, system, browser, country, campaign, click ids, bot.

The user agent and the IP address are read and let go: only what is derived from them goes on.  Where a client tells
them itself (`context.userAgent`, `context.ip`), its word counts; those of the request count only where the person's
own device sent it, for a shop's server tells nothing of its customers.  Each distinct text is read once.

Countries come from the tables of the regional registries (iptocc), not from measuring; bots from the list of
monperrus/crawler-user-agents; the rest of the user agent through ua-parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import crawleruseragents
import iptocc
import ua_parser

from cadenza.cdp.ingest.types import LONGEST_AGENT, About

LONGEST_VALUE = 200
UTM = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term",
       "utm_content": "content", "utm_id": "id"}  # fmt: skip
CLICK_IDS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid", "epik",
     "sccid", "rdt_cid"}
)  # fmt: skip
MOBILE = frozenset({"iOS", "Android", "HarmonyOS", "Windows Phone", "KaiOS", "BlackBerry OS", "Tizen"})
TELEVISION = re.compile(r"smart-?tv|appletv|googletv|hbbtv|bravia|roku|crkey|aft[a-z]\b|web0s", re.IGNORECASE)
DEVICE = ("type", "os", "browser")
UNKNOWN = "Other"  # ua-parser's word where it does not know

Properties = dict[str, Any]


class Agent(NamedTuple):
    """What a user agent tells; `bot` is the reason, empty where it is none."""

    type: str = ""
    os: str = ""
    browser: str = ""
    bot: str = ""


def enrich(context: Mapping[str, Any], about: About) -> Mapping[str, Any]:
    """What goes beside the client's own context: only parts about which something is known. Not to be changed."""
    app = context.get("device")
    is_app = isinstance(app, dict)
    mine = is_app or bool(about.origin) or about.agent.startswith("Mozilla/")
    page, campaign = context.get("page"), context.get("campaign")
    found = derive(
        _text(context, "userAgent") or (about.agent if mine and not is_app else ""),
        _text(context, "ip") or (about.ip if mine else ""),
        _query(page) if isinstance(page, dict) else "",
        bool(campaign) and isinstance(campaign, dict),
    )
    return _of_app(app, found) if isinstance(app, dict) else found


def _of_app(device: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """An app tells its device itself; the library that it sends through looks like a bot and is none."""
    own = {name: part for name, part in found.items() if name not in ("bot", "bot_reason")}
    return {**own, "device": {**device, **own["device"]}} if "device" in own else own


@lru_cache(maxsize=50_000)
def derive(agent: str, ip: str, query: str, has_campaign: bool) -> Mapping[str, Any]:
    """What these tell together; a campaign that the client names itself is not read from the address again."""
    found: Properties = {}
    told = read_agent(agent)
    if device := {name: value for name, value in zip(DEVICE, told, strict=False) if value}:
        found["device"] = device
    if land := country(ip):
        found["geo"] = {"country": land}
    campaign, clicks = read_query(query) if query else ((), ())
    if campaign and not has_campaign:
        found["campaign"] = dict(campaign)
    if clicks:
        found["click_id"] = dict(clicks)
    if told.bot:
        found |= {"bot": True, "bot_reason": told.bot}
    return found


def _text(part: Mapping[str, Any], name: str) -> str:
    told = part.get(name)
    return told[:LONGEST_AGENT] if isinstance(told, str) else ""


@lru_cache(maxsize=20_000)
def read_agent(agent: str) -> Agent:
    """What a user agent tells."""
    if not agent:
        return Agent()
    agent = agent if agent.isascii() else agent.encode("utf-8", "replace").decode()
    if bot := _crawler(agent):
        return Agent(bot=bot)
    found = ua_parser.parse(agent)
    system = found.os.family if found.os else ""
    browser = found.user_agent.family if found.user_agent else ""
    known = "" if system == UNKNOWN else system
    return Agent(
        _type(agent, known, found.device.family if found.device else ""),
        known,
        "" if browser == UNKNOWN else browser,
    )


def _crawler(agent: str) -> str:
    """The word by which a bot names itself; "" for what is none."""
    if not crawleruseragents.is_crawler(agent):
        return ""
    place = crawleruseragents.matching_crawlers(agent)[0]
    found = re.search(crawleruseragents.CRAWLER_USER_AGENTS_DATA[place]["pattern"], agent)
    return (found.group().strip(" /;()") if found else "")[:60] or "crawler"


def _type(agent: str, system: str, family: str) -> str:
    if TELEVISION.search(agent):
        return "tv"
    if family == "iPad" or "Tablet" in agent or (system == "Android" and "Mobile" not in agent):
        return "tablet"
    if system in MOBILE or "Mobile" in agent:
        return "phone"
    return "desktop" if system else ""


@lru_cache(maxsize=50_000)
def country(ip: str) -> str:
    """The country that a registry gave an address to, as two letters; "" where it is not known."""
    try:
        return (iptocc.country_code(ip) or "") if ip else ""
    except ValueError:
        return ""


def _query(page: Mapping[str, Any]) -> str:
    search, url = page.get("search"), page.get("url")
    if isinstance(search, str) and len(search) > 1:
        return search.removeprefix("?")
    if not isinstance(url, str) or "?" not in url:
        return ""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=20_000)
def read_query(query: str) -> tuple[Pairs, Pairs]:
    """The campaign and the click ids of a query."""
    try:
        told = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return (), ()
    pairs = [(name.lower(), value[:LONGEST_VALUE]) for name, value in told]
    return (
        tuple((UTM[name], value) for name, value in pairs if name in UTM),
        tuple((name, value) for name, value in pairs if name in CLICK_IDS),
    )
