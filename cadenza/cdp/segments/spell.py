"""What became of a message, told as the events that say so: `not_opened` is sent, and not opened.

Messages live above segments; what the world answers comes in again as events, and those are asked here.
"""

from __future__ import annotations

from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.events.types import CHANNELS
from cadenza.cdp.segments.compare import text
from cadenza.cdp.segments.select import only
from cadenza.cdp.segments.window import KEYS as WINDOW

EVENTS = {
    "sent": "Sent", "delivered": "Delivered", "opened": "Opened", "clicked": "Link Clicked", "bounced": "Bounced",
    "complained": "Complained", "unsubscribed": "Unsubscribed", "left_out": "Left Out",
}  # fmt: skip
MISSING = {"not_opened": "opened", "not_clicked": "clicked"}
BY_PEOPLE = ("opened", "clicked")  # machines look at mails too; their opens and clicks are marked

Json = dict[str, Any]


def spell(json: Json, at: str) -> tuple[Json, Json | None]:
    """The event that must have happened, and one that must not have."""
    only(json, ("message", "channel", "campaign", "reason", *WINDOW), at)
    what, channel = json["message"], json.get("channel", "email")
    if not isinstance(what, str) or what not in EVENTS.keys() | MISSING.keys():
        way = f"Use {', '.join((*EVENTS, *MISSING))}."
        raise BadInput("Messages have no such fate.", at=f"{at}.message", hint=way)
    if not isinstance(channel, str) or channel not in CHANNELS:
        raise BadInput("There is no such channel.", at=f"{at}.channel", hint=f"Use {', '.join(CHANNELS)}.")
    if json.get("reason") is not None and what != "left_out":
        raise BadInput(
            "Only who was left out has a reason.", at=f"{at}.reason", hint='Use "message": "left_out".'
        )
    if what in MISSING:
        return _did("sent", json, channel, at), _did(MISSING[what], json, channel, at)
    return _did(what, json, channel, at), None


def _did(what: str, json: Json, channel: str, at: str) -> Json:
    where: list[Json] = [
        {"property": name, "is": text(json[key], f"{at}.{key}")}
        for key, name in (("campaign", "campaign_id"), ("reason", "reason"))
        if json.get(key) is not None and (key != "reason" or what == "left_out")
    ]
    if what in BY_PEOPLE:
        where.append({"property": "bot", "is_not": True})
    window = {key: json[key] for key in WINDOW if json.get(key) is not None}
    return {"did": f"{CHANNELS[channel]} {EVENTS[what]}", "where": where, **window}
