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

from cadenza.cdp.ingest.types import About

LONGEST_AGENT = 512
LONGEST_VALUE = 200
UTM = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term",
       "utm_content": "content", "utm_id": "id"}  # fmt: skip
CLICK_IDS = frozenset(
    {"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid", "epik",
     "sccid", "rdt_cid"}
)  # fmt: skip
MOBILE = frozenset({"iOS", "Android", "HarmonyOS", "Windows Phone", "KaiOS", "BlackBerry OS", "Tizen"})
TELEVISION = re.compile(r"smart-?tv|appletv|googletv|hbbtv|bravia|roku|crkey|aft[a-z]\b|web0s", re.IGNORECASE)
UNKNOWN = "Other"  # ua-parser's word where it does not know

Properties = dict[str, Any]


class Agent(NamedTuple):
    """What a user agent tells; `bot` is the reason, empty where it is none."""

    type: str = ""
    os: str = ""
    browser: str = ""
    bot: str = ""


def enrich(context: Mapping[str, Any], about: About) -> Properties:
    """What goes beside the client's own context: only parts about which something is known."""
    found: Properties = {}
    agent = agent_of(context, about)
    if device := {name: value for name, value in zip(Agent._fields[:3], agent[:3], strict=True) if value}:
        told = context.get("device")
        found["device"] = {**told, **device} if isinstance(told, dict) else device
    own = about.ip if is_of_the_person(context, about) else ""
    if land := country(_text(context, "ip") or own):
        found["geo"] = {"country": land}
    campaign, clicks = _source(context)
    if campaign:
        found["campaign"] = campaign
    if clicks:
        found["click_id"] = clicks
    if agent.bot:
        found |= {"bot": True, "bot_reason": agent.bot}
    return found


def is_of_the_person(context: Mapping[str, Any], about: About) -> bool:
    """Whether the request came from the person's own browser or app, and not from a shop's server."""
    return bool(about.origin) or about.agent.startswith("Mozilla/") or _is_app(context)


def _is_app(context: Mapping[str, Any]) -> bool:
    return isinstance(context.get("device"), dict)


def agent_of(context: Mapping[str, Any], about: About) -> Agent:
    """What the user agent of the person tells; the libraries that apps send through look like bots and are none."""
    own = about.agent if is_of_the_person(context, about) and not _is_app(context) else ""
    found = read_agent(_text(context, "userAgent") or own)
    return found._replace(bot="") if found.bot and _is_app(context) else found


def _text(part: Mapping[str, Any], name: str) -> str:
    told = part.get(name)
    return told[:LONGEST_AGENT] if isinstance(told, str) else ""


@lru_cache(maxsize=20_000)
def read_agent(agent: str) -> Agent:
    """What a user agent tells."""
    if not agent:
        return Agent()
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


def _source(context: Mapping[str, Any]) -> tuple[Properties, Properties]:
    """Where the visit came from: the client's own word, else the address of the page."""
    told, page = context.get("campaign"), context.get("page")
    queried = _query(page) if isinstance(page, dict) else ""
    campaign, clicks = read_query(queried) if queried else ((), ())
    return ({} if isinstance(told, dict) and told else dict(campaign)), dict(clicks)


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
