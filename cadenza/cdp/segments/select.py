"""Which events are meant, from JSON: their name, what is known of them, on which days, at which hours and where."""

from __future__ import annotations

from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.compare import LONGEST_WINDOW, compare, number, text, whole
from cadenza.cdp.segments.leaves import Near, Step, Where, Which

KEYS = ("where", "on", "between_hours", "near")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_WHERE = 20  # property comparisons of one event
FARTHEST = 20_000  # km: half around the world

Json = dict[str, Any]


def select(json: Json, key: str, at: str) -> Which:
    """The events that `json` picks; `key` holds their name."""
    return Which(
        text(json[key], f"{at}.{key}"),
        wheres([] if json.get("where") is None else json["where"], f"{at}.where"),
        _weekdays(json.get("on"), f"{at}.on"),
        _hours(json.get("between_hours"), f"{at}.between_hours"),
        near(json, at) if json.get("near") is not None else None,
    )


def wheres(json: Any, at: str) -> tuple[Where, ...]:
    """Conditions on the properties of one event."""
    if not isinstance(json, list):
        raise BadInput("`where` must be a list.", at=at, hint='Write [{"property": …, "is": …}].')
    if len(json) > MOST_WHERE:
        raise BadInput(f"At most {MOST_WHERE} property conditions.", at=at, hint="Leave some out.")
    return tuple(_where(part, f"{at}.{n}") for n, part in enumerate(json))


def _where(json: Any, at: str) -> Where:
    if not isinstance(json, dict) or "property" not in json:
        raise BadInput("This is not a property condition.", at=at, hint='Write {"property": …, "is": …}.')
    return Where(text(json["property"], f"{at}.property"), compare(json, None, ("property",), at), at)


def _weekdays(told: Any, at: str) -> tuple[int, ...]:
    if told is None:
        return ()
    if not isinstance(told, list) or not told or any(one not in WEEKDAYS for one in told):
        raise BadInput("This is no list of weekdays.", at=at, hint='Write ["saturday", "sunday"].')
    return tuple(number for number, name in enumerate(WEEKDAYS, 1) if name in told)


def _hours(told: Any, at: str) -> tuple[int, int] | None:
    if told is None:
        return None
    if not isinstance(told, list) or len(told) != 2:
        raise BadInput("These are no two hours.", at=at, hint="Write [9, 18] for 9:00 until 18:00.")
    since, until = (whole(one, f"{at}.{n}", 0, 24) for n, one in enumerate(told))
    if since == until or since == 24:
        raise BadInput("This is no part of a day.", at=at, hint="Write [9, 18], or [22, 6] for a night.")
    return since, until


def near(json: Json, at: str) -> Near:
    """Within some kilometres of a point."""
    told, here = json["near"], f"{at}.near"
    if not isinstance(told, dict):
        way = 'Write {"latitude": 56.95, "longitude": 24.1, "km": 10}.'
        raise BadInput("This is no place.", at=here, hint=way)
    only(told, ("latitude", "longitude", "km"), here)
    return Near(
        _within(told.get("latitude"), f"{here}.latitude", 90),
        _within(told.get("longitude"), f"{here}.longitude", 180),
        _within(told.get("km"), f"{here}.km", FARTHEST, 0),
        at,
    )


def _within(value: Any, at: str, most: float, least: float | None = None) -> float:
    found = number(value, at)
    if not (-most if least is None else least) <= found <= most:
        raise BadInput("This number lies outside.", at=at, hint=f"Up to {most}.")
    return found


def step(json: Any, at: str, first: bool) -> Step:
    """One step of a sequence."""
    if not isinstance(json, dict) or not json.keys() & {"did", "did_not"}:
        raise BadInput(
            "This is not a step.", at=at, hint='Write {"did": …} or {"did_not": …, "within_days": 2}.'
        )
    key = "did_not" if "did_not" in json else "did"
    only(json, (key, *KEYS, *(() if first else ("within_days", "within_hours"))), at)
    within = None if first else _time(json, at)
    if key == "did_not" and (first or within is None):
        raise BadInput(
            "What was not done needs a time, and something before it.", at=at, hint='Add "within_days": 2.'
        )
    return Step(select(json, key, at), within, key == "did_not")


def _time(json: Json, at: str) -> int | None:
    days, hours = json.get("within_days"), json.get("within_hours")
    if days is not None and hours is not None:
        raise BadInput(
            "A step has one time.", at=f"{at}.within_hours", hint="Use within_days or within_hours."
        )
    if days is not None:
        return 24 * whole(days, f"{at}.within_days", 1, LONGEST_WINDOW)
    return None if hours is None else whole(hours, f"{at}.within_hours", 1, 24 * LONGEST_WINDOW)


def only(json: Json, known: tuple[str, ...], at: str) -> None:
    """Refuse keys that mean nothing here."""
    for key in json:
        if key not in known:
            way = f"Known here: {', '.join(known)}."
            raise BadInput(f"{str(key)[:60]!r} has no meaning here.", at=f"{at}.{str(key)[:60]}", hint=way)
