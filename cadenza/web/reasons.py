"""Why a message was not sent, said so that a marketer understands it and knows whether something can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# reason → of one, of many, what can be done
LEFT_OUT = {
    "no_consent": (
        "has not agreed to this topic",
        "have not agreed to this topic",
        "Ask for their consent first, for example when they order.",
    ),
    "no_address": (
        "has no e-mail address",
        "have no e-mail address",
        "An import or your site can bring addresses.",
    ),
    "withdrawn": ("unsubscribed", "unsubscribed", "They left this topic. Nothing is sent to them any more."),
    "refused": ("said no to this topic", "said no to this topic", "They were asked, and declined."),
    "suppressed": (
        "has an address that we never write to",
        "have addresses that we never write to",
        "Dead addresses, complaints, and those you added by hand.",
    ),
    "erased": ("was erased", "were erased", "They asked to be forgotten."),
    "duplicate_address": (
        "shares an address with somebody else",
        "share an address with somebody else",
        "Each address gets the mail once.",
    ),
    "missing_data": (
        "lacks data that the template needs",
        "lack data that the template needs",
        "Give its variables a default, and they are not left out.",
    ),
    "template_error": (
        "could not get the template filled",
        "could not get the template filled",
        "Preview the template as one of them to see why.",
    ),
}
FAILED = {
    "mailbox": ("mailbox was full or resting", "mailboxes were full or resting", "Tried for three days."),
    "policy": (
        "mail was refused as unwanted",
        "mails were refused as unwanted",
        "The receiving server distrusts the sender. Check your signature (DKIM) in the settings.",
    ),
    "content": (
        "mail was refused for what it holds",
        "mails were refused for what they hold",
        "See what the server said.",
    ),
    "settings": (
        "mail failed on your settings",
        "mails failed on your settings",
        "Test the connection in the settings of sending.",
    ),
    "connection": (
        "mail found no server",
        "mails found no server",
        "Nobody answered for the address's domain.",
    ),
    "gave_up": (
        "mail was given up after three days",
        "mails were given up after three days",
        "The receiving server kept putting it off.",
    ),
    "address": ("address does not exist", "addresses do not exist", "They are suppressed from now on."),
    "fault": (
        "mail failed inside Cadenza",
        "mails failed inside Cadenza",
        "The log of the server says more.",
    ),
    "resolved_by_operator": (
        "mail was found not to have arrived",
        "mails were found not to have arrived",
        "Somebody looked it up in the mail server's log.",
    ),
}


@dataclass(frozen=True)
class Line:
    """One reason with how many it concerns, as words: `52` `have not agreed to this topic`."""

    reason: str
    count: int
    words: str
    hint: str


def lines(counted: Mapping[str, int]) -> list[Line]:
    """The reasons, most people first."""
    known = LEFT_OUT | FAILED
    found = []
    for reason, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
        one, many, hint = known.get(reason, (said(reason).lower(),) * 2 + ("",))
        found.append(Line(reason, count, one if count == 1 else many, hint))
    return found


def said(reason: str) -> str:
    """One reason about one person or mail, as a short sentence without a point."""
    if reason in LEFT_OUT:
        return LEFT_OUT[reason][0].capitalize()
    words = FAILED[reason][0] if reason in FAILED else reason.replace("_", " ")
    return words[:1].upper() + words[1:]
