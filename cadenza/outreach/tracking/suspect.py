"""Who is asking: a person, a picture proxy of a mailbox provider, or a machine that reads mail before people do.

Three simple rules, all documented in docs/delivery.md: a header that says "prefetch", a name that says robot or
scanner, and (in `burst`) all links of one mail followed within two seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PREFETCH = {b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"}
PREFETCHING = re.compile(rb"prefetch|preview|prerender", re.IGNORECASE)
ROBOT = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|scan|preview|headless|phantom|python-|curl/|wget|okhttp|go-http|java/|libwww|httpclient"
    rb"|barracuda|mimecast|proofpoint|symantec|messagelabs|forcepoint|trendmicro|safelinks|urldefense|ironport|fireeye",
    re.IGNORECASE,
)
PROXY = re.compile(rb"googleimageproxy|yahoomailproxy|ggpht", re.IGNORECASE)
BURST = timedelta(seconds=2)
FEW_LINKS = 3  # so many different links at once are a machine's, whatever else the mail holds


def suspect(headers: Mapping[bytes, bytes]) -> tuple[bool, bool]:
    """(is a machine, is a picture proxy), from lower-case request headers."""
    agent = headers.get(b"user-agent", b"")
    if PROXY.search(agent):
        return False, True
    told = any(PREFETCHING.search(headers[name]) for name in PREFETCH & headers.keys())
    return told or not agent or bool(ROBOT.search(agent)), False


def burst(clicks: Sequence[tuple[datetime, int]], links: int) -> bool:
    """Whether these clicks on one mail (moment, number of the link) of `links` links are a machine's.

    A person who clicks the same link twice in haste is none; one who opens two of ten is none either.
    """
    ordered = sorted(clicks)
    for at, _ in ordered:
        within = {number for moment, number in ordered if at <= moment < at + BURST}
        if len(within) >= FEW_LINKS or (links > 1 and len(within) >= links):
            return True
    return False
