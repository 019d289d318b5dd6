"""How segments are spoken of on their pages: when their people are found, what was found of one, where to go."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from cadenza.cdp.segments.types import Mode, Schedule, Segment, Use
from cadenza.web import wording

AREA = (
    ("segments", "Segments", "/segments/"),
    ("groups", "Groups", "/segments/groups/"),
    ("products", "Product segments", "/segments/products/"),
    ("traits", "Computed traits", "/segments/traits/"),
)
PAGES = (("people", "People", ""), ("history", "History", "history/"), ("why", "Why", "why/"),
         ("overlap", "Overlap", "overlap/"))  # fmt: skip
LIVE = "Followed live: people come and go within seconds of what they do."
BY_HAND = "Put together by hand: people stay until they are taken out."
ICONS = {Mode.REALTIME: "zap", Mode.SCHEDULED: "calendar-clock", Mode.STATIC: "list"}
BADGES = {Mode.SCHEDULED: "On a schedule", Mode.STATIC: "By hand"}
USES = {"segment": "blend", "campaign": "send", "group": "layers"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")


def area() -> list[dict[str, str]]:
    """The pages about segments, beside each other."""
    return [{"key": key, "label": label, "href": href} for key, label, href in AREA]


def pages(segment: Segment) -> list[dict[str, str]]:
    """The pages of one segment."""
    return [
        {"key": key, "label": label, "href": f"/segments/{segment.id}/{path}"} for key, label, path in PAGES
    ]


def kind(segment: Segment) -> str:
    """When the people of a segment are found, as a sentence."""
    if segment.mode is Mode.STATIC:
        return BY_HAND
    return found_every(segment.schedule) if segment.schedule else LIVE


def found_every(schedule: Schedule) -> str:
    """`Found every Monday to Friday at 6:00.`"""
    match schedule.every:
        case "day":
            when = "every day"
        case "weekday":
            when = "every Monday to Friday"
        case _:
            when = f"every month on the {nth(schedule.day)}"
    late = ", in shorter months on the last day" if schedule.every == "month" and schedule.day > 28 else ""
    return f"Found {when} at {schedule.hour}:00{late}."


def nth(number: int) -> str:
    """1 → 1st, 12 → 12th, 22 → 22nd."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def value(condition: Any, told: str) -> str:
    """What a condition found of a person, as one reads it; "" where nothing is known. A text stays as it is."""
    if not told:
        return _nothing(condition)
    if _MOMENT.fullmatch(told):
        return wording.moment(datetime.fromisoformat(told).replace(tzinfo=UTC))
    if not _NUMBER.fullmatch(told) or "attribute" in condition:
        return told
    if "did" in condition and told in ("0", "1"):
        return ("never", "once")[int(told)]
    number = wording.thousands(float(told), 0 if float(told).is_integer() else 2)
    return f"{number} times" if "did" in condition else number


def _nothing(condition: Any) -> str:
    """How it is said that nothing was found, where that is an answer too."""
    match condition:
        case {"did": _} | {"first": _} | {"last": _} | {"message": _}:
            return "never"
        case {"orders": "count" | "sum"} | {"list": _}:
            return "0"
        case {"orders": _}:
            return "no orders"
        case {"subscription": _}:
            return "never asked"
        case _:
            return ""


def people(count: int) -> str:
    """1 person, 12 people."""
    return "1 person" if count == 1 else f"{wording.thousands(count)} people"


def products(count: int) -> str:
    """1 product, 12 products."""
    return "1 product" if count == 1 else f"{wording.thousands(count)} products"


def uses(found: list[Use]) -> list[tuple[Use, str]]:
    """Where something is used, each with its sign; what needs it first."""
    return [(one, USES.get(one.kind, "link")) for one in sorted(found, key=lambda one: not one.needs)]
