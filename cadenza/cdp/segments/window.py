"""The window of a condition, from JSON: the last days or hours, a stretch of the calendar, two ends, the first days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.compare import LONGEST_WINDOW, moment, whole
from cadenza.cdp.segments.leaves import Between, Calendar, FirstDays, Rolling, Unit, Window

KEYS = ("days", "hours", "in", "since", "until", "first_days")
CALENDAR = {
    "today": Calendar(Unit.DAY), "yesterday": Calendar(Unit.DAY, 1),
    **{f"{word}_{unit}": Calendar(unit, back) for unit in (Unit.WEEK, Unit.MONTH, Unit.YEAR)
       for back, word in enumerate(("this", "last"))},
}  # fmt: skip
EVER = "ever"  # since registration, without an end


def window(json: dict[str, Any], at: str) -> Window:
    """What the keys of `KEYS` say; None where there is none of them: ever."""
    told = {key: json[key] for key in KEYS if json.get(key) is not None}
    ends = told.keys() & {"since", "until"}
    if len(told) - len(ends) + bool(ends) > 1:
        raise BadInput(
            "A condition has one window.", at=f"{at}.{list(told)[-1]}", hint=f"Use one of {', '.join(KEYS)}."
        )
    if ends:
        return _between(told, at)
    return next((_READ[key](value, f"{at}.{key}") for key, value in told.items()), None)


def _between(told: dict[str, Any], at: str) -> Between:
    since, until = (moment(told[key], f"{at}.{key}") if key in told else None for key in ("since", "until"))
    if since and until and _day(until) < _day(since):
        raise BadInput("This window ends before it begins.", at=f"{at}.until", hint="Exchange the two.")
    return Between(since, until)


def _day(one: date | datetime) -> date:
    return one.date() if isinstance(one, datetime) else one


def _days(value: Any, at: str) -> Window:
    return Rolling(24 * whole(value, at, 1, LONGEST_WINDOW))


def _hours(value: Any, at: str) -> Window:
    return Rolling(whole(value, at, 1, 24 * LONGEST_WINDOW))


def _calendar(value: Any, at: str) -> Window:
    if not isinstance(value, str) or value not in CALENDAR:
        raise BadInput("There is no such stretch of the calendar.", at=at, hint=f"Use {', '.join(CALENDAR)}.")
    return CALENDAR[value]


def _first(value: Any, at: str) -> Window:
    return FirstDays(None if value == EVER else whole(value, at, 1, LONGEST_WINDOW))


_READ = {"days": _days, "hours": _hours, "in": _calendar, "first_days": _first}
