"""Is this item one that can be taken in? Cheap enough to ask before the answer is given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cadenza.cdp.ingest.correct import correct
from cadenza.cdp.ingest.types import (
    FUTURE_HOURS,
    LONGEST_ID,
    LONGEST_NAME,
    MOST_DEPTH,
    MOST_EVENT_BYTES,
    MOST_KEYS,
    TYPES,
    Flaw,
    Reason,
)

IDS = ("userId", "anonymousId")
OBJECTS = ("properties", "traits", "context", "integrations")
NO_LETTER = re.compile(r"[^a-z]+")
APPS = frozenset(
    {"android", "ios", "swift", "kotlin", "native", "flutter"}
)  # in the names of libraries for apps
MOMENTS = ("timestamp", "originalTimestamp", "sentAt")


def check(item: Any, index: int, size: int, now: datetime, sent_at: Any = None) -> Flaw | None:
    """The first flaw of an item of `size` bytes, or None. `now`: when it was received; `sent_at`: its batch's word."""
    if size > MOST_EVENT_BYTES:
        return Flaw(
            index, Reason.TOO_LARGE, f"An event may have {MOST_EVENT_BYTES} bytes; this one has {size}."
        )
    if not isinstance(item, dict):
        return Flaw(index, Reason.NOT_AN_OBJECT, "An event is a JSON object.")
    return (
        _type(item, index) or _ids(item, index) or _parts(item, index) or _moments(item, index, now, sent_at)
    )


def _type(item: dict[str, Any], index: int) -> Flaw | None:
    kind = item.get("type")
    if kind not in TYPES:
        return Flaw(index, Reason.UNKNOWN_TYPE, f"The type is one of {', '.join(TYPES)}.", "type")
    if kind == "track":
        name = item.get("event")
        if not isinstance(name, str) or not name.strip():
            return Flaw(index, Reason.NO_EVENT_NAME, "A track call names its event.", "event")
        if len(name) > LONGEST_NAME:
            return Flaw(
                index, Reason.NAME_TOO_LONG, f"An event's name has at most {LONGEST_NAME} letters.", "event"
            )
    if kind == "alias" and not _is_id(item.get("previousId")):
        return Flaw(
            index, Reason.NO_PREVIOUS_ID, "An alias call carries previousId and userId.", "previousId"
        )
    if kind == "group" and not _is_id(item.get("groupId")):
        return Flaw(index, Reason.NO_GROUP_ID, "A group call carries groupId.", "groupId")
    return None


def _is_id(value: Any) -> bool:
    return (
        isinstance(value, str | int)
        and not isinstance(value, bool)
        and 0 < len(str(value).replace("\x00", "").strip()) <= LONGEST_ID
    )


def _ids(item: dict[str, Any], index: int) -> Flaw | None:
    told = [name for name in IDS if item.get(name) not in (None, "")]
    if not told and not app_device(item):
        return Flaw(index, Reason.NO_ID, "An event needs userId or anonymousId.", "userId")
    for name in told:
        if not _is_id(item[name]):
            return Flaw(index, Reason.BAD_ID, f"An id is a text of at most {LONGEST_ID} letters.", name)
    return None


def app_device(item: dict[str, Any]) -> str:
    """The device by which an app's library knows somebody whom it names by nothing else; empty where it is none."""
    context = item.get("context")
    if not isinstance(context, dict) or item.get("anonymousId") not in (None, ""):
        return ""
    library, device = context.get("library"), context.get("device")
    if not isinstance(library, dict) or not isinstance(device, dict) or not _is_id(device.get("id")):
        return ""
    name = library.get("name")
    is_app = isinstance(name, str) and not APPS.isdisjoint(NO_LETTER.split(name.lower()))
    return str(device["id"]) if is_app else ""


def _parts(item: dict[str, Any], index: int) -> Flaw | None:
    for name in OBJECTS:
        part = item.get(name)
        if part is None:
            continue
        if not isinstance(part, dict):
            return Flaw(index, Reason.NOT_AN_OBJECT, f"{name} is a JSON object.", name)
        if len(part) > MOST_KEYS:
            return Flaw(index, Reason.TOO_MANY_KEYS, f"An object has at most {MOST_KEYS} keys.", name)
        if _deeper(part, MOST_DEPTH):
            return Flaw(index, Reason.TOO_DEEP, f"Objects nest at most {MOST_DEPTH} deep.", name)
    for name, part in item.items():
        if isinstance(part, dict | list) and name not in OBJECTS and _deeper(part, MOST_DEPTH):
            return Flaw(index, Reason.TOO_DEEP, f"Objects nest at most {MOST_DEPTH} deep.")
    return None


def _deeper(part: Any, left: int) -> bool:
    if left == 0:
        return True
    for one in part.values() if type(part) is dict else part:
        kind = type(one)
        if (kind is dict or kind is list) and _deeper(one, left - 1):
            return True
    return False


def _moments(item: dict[str, Any], index: int, now: datetime, sent_at: Any) -> Flaw | None:
    for name in MOMENTS:
        told = item.get(name)
        if told not in (None, "") and moment(told) is None:
            return Flaw(index, Reason.BAD_TIME, "A time is written like 2026-05-01T12:00:00.000Z.", name)
    told = moment(item.get("originalTimestamp")) or moment(item.get("timestamp"))
    if correct(told, moment(item.get("sentAt") or sent_at), now) > now + timedelta(hours=FUTURE_HOURS):
        return Flaw(
            index, Reason.FAR_FUTURE, f"This is more than {FUTURE_HOURS} hours in the future.", "timestamp"
        )
    return None


def moment(told: Any) -> datetime | None:
    """An ISO 8601 moment with its zone (UTC where none is told), or None."""
    if not isinstance(told, str) or len(told) > 40:
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
