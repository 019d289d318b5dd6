"""From a mail server's answer to whose fault the refusal is: its enhanced code (RFC 3463) counts before its number."""

from __future__ import annotations

import re

from cadenza.outreach.delivery.types import Fault, Refused

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.6.7"})
DEAD_WORDS = re.compile(
    r"user unknown|no such user|does not exist|unknown recipient|mailbox unavailable|invalid mailbox", re.I
)
POLICY = frozenset({550, 554, 521, 571, 556})


def refuse(code: int, words: str, to_receiver: bool = False) -> Refused:
    """What a 4xx or 5xx answer means. `to_receiver`: it answered RCPT, so it speaks of the address."""
    found = ENHANCED.search(words)
    enhanced = found[0] if found else ""
    return Refused(words[:500], code < 500, code, enhanced, _fault(code, enhanced, words, to_receiver))


def _fault(code: int, enhanced: str, words: str, to_receiver: bool) -> Fault:
    if enhanced in ADDRESS:
        return Fault.ADDRESS
    if enhanced.startswith(("5.2.", "4.2.")):
        return Fault.MAILBOX
    if enhanced.startswith(("5.7.8", "5.7.9", "5.7.13")) or code in (530, 534, 535, 538):
        return Fault.SETTINGS
    if enhanced.startswith(("5.7.", "4.7.")):
        return Fault.POLICY
    if enhanced.startswith("5.6.") or code == 552:
        return Fault.CONTENT
    if to_receiver and not enhanced and (code in (551, 553) or (code == 550 and DEAD_WORDS.search(words))):
        return Fault.ADDRESS
    if code < 500:
        return Fault.MAILBOX if to_receiver else Fault.CONNECTION
    return Fault.POLICY if code in POLICY else Fault.SETTINGS
