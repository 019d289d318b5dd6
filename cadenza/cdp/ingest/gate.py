"""May this be stored? What the visitor's browser and the site's consent tool say, against the workspace's policy.

Orders, and what a person does with an account, are always taken in: the shop needs them to keep its contracts.
Everything else is browsing.  Who refused statistics is not watched, known or not; a browser that sends DNT or
Sec-GPC is not watched while it is nobody's.

Sec-GPC (Global Privacy Control) also opts out of sale and sharing, and that holds for the person too: see `opts_out`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cadenza.cdp.identity.types import DEVICES
from cadenza.cdp.ingest.types import About, Arrival, Dropped, Policy

SALE_OPT_OUT = "sale_opt_out"
NECESSARY = frozenset(
    {
        "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Signed Up", "Signed In", "Signed Out",
        "Account Created", "Account Updated", "Account Deleted", "Password Changed", "Email Verified",
        "Email Subscribed", "Email Unsubscribed", "Consent Given", "Consent Withdrawn", "Group Joined",
    }
)  # fmt: skip


def gate(arrival: Arrival, about: About, policy: Policy) -> Dropped | None:
    """Why this arrival must not be stored, or None."""
    if arrival.name is None or arrival.name in NECESSARY:
        return None
    if policy.consent and refuses(arrival.context, policy.categories):
        return Dropped.NO_CONSENT
    if not (about.dnt or about.gpc) or not is_anonymous(arrival):
        return None
    if policy.gpc and about.gpc:
        return Dropped.PRIVACY_CONTROL
    return Dropped.DO_NOT_TRACK if policy.dnt and about.dnt else None


def refuses(context: Mapping[str, Any], categories: tuple[str, ...]) -> bool:
    """Whether the consent tool says no to statistics (Segment: `context.consent.categoryPreferences`)."""
    told = context.get("consent")
    preferences = told.get("categoryPreferences") if isinstance(told, dict) else None
    return isinstance(preferences, dict) and any(preferences.get(name) is False for name in categories)


def is_anonymous(arrival: Arrival) -> bool:
    """Whether nothing but a device says whose this is."""
    return arrival.profile is None and all(one.kind in DEVICES for one in arrival.identifiers)


def opts_out(about: About) -> bool:
    """Whether the browser, and so whoever is known to use it, must not be sold or shared."""
    return about.gpc
