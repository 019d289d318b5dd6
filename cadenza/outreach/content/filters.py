"""What a template may do with a value: dates, money and numbers as people of a locale write them, bounded text.

Every filter here is pure: the moment, the locale and the time zone come from the rendering context.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import (
    UnknownCurrencyError,
    format_currency,
    format_decimal,
    format_percent,
    validate_currency,
)
from liquid import RenderContext
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

LONGEST_VALUE = 200_000  # characters one value may grow to; a mail is clipped at 102 kB anyway
ANSWERS_MISSING = frozenset({"default", "size"})
STYLES = ("short", "medium", "long", "full")
STRFTIME = {
    "a": "EEE", "A": "EEEE", "b": "MMM", "B": "MMMM", "d": "dd", "e": "d", "H": "HH", "I": "hh", "j": "DDD",
    "m": "MM", "M": "mm", "p": "a", "S": "ss", "y": "yy", "Y": "yyyy", "h": "MMM", "-d": "d", "-m": "M",
    "-H": "H", "-I": "h", "-M": "m", "Z": "z", "z": "xx",
}  # fmt: skip


class TooLong(FilterArgumentError):
    """A value grew beyond what any mail can hold."""


def bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, refusing a result that cannot belong into a mail, before it is built where it can multiply."""
    estimate = GROWTH.get(name)

    @wraps(filter_)
    def guarded(value: Any, *arguments: Any, **named: Any) -> Any:
        if is_undefined(value) and name not in ANSWERS_MISSING:
            return value  # still unknown: a later `default` may answer, or the message is not sent
        if estimate and estimate(value, *arguments) > LONGEST_VALUE:
            raise TooLong(f"{name}: the result is too long", token=None)
        made = filter_(value, *arguments, **named)
        if isinstance(made, (str, list, tuple)) and len(made) > LONGEST_VALUE:
            raise TooLong(f"{name}: the result is too long", token=None)
        return made

    return guarded


def _replaced(value: Any, old: Any = "", new: Any = "", *_: Any) -> int:
    text = str(value)
    return len(text) + (text.count(str(old)) if str(old) else len(text) + 1) * len(str(new))


def _joined(value: Any, glue: Any = " ", *_: Any) -> int:
    return len(value) * len(str(glue)) if hasattr(value, "__len__") else 0


GROWTH: dict[str, Callable[..., int]] = {"replace": _replaced, "join": _joined}


@with_context
def formatted_date(value: Any, pattern: Any = "medium", *, context: RenderContext) -> str:
    """`{{ person.birth_date | date: "d MMMM" }}`: a style (short … full), a Babel pattern or strftime's `%d %B`."""
    moment = _moment(value, context)
    if moment is None:
        return "" if value is None else str(value)
    locale, wanted = _locale(_setting(context, "@locale")), str(pattern)
    try:
        if isinstance(moment, datetime):
            return (
                format_datetime(moment, _pattern(wanted), locale=locale)
                if wanted not in STYLES
                else format_date(moment.date(), wanted, locale=locale)
            )
        return format_date(moment, _pattern(wanted), locale=locale)
    except (ValueError, KeyError, AttributeError):
        raise FilterArgumentError(f"date: {wanted!r} is not a date pattern", token=None) from None


@lru_cache(maxsize=512)
def _pattern(wanted: str) -> str:
    if "%" not in wanted:
        return wanted
    out, at = [], 0
    while at < len(wanted):
        if wanted[at] != "%":
            out.append(
                "''" if wanted[at] == "'" else f"'{wanted[at]}'" if wanted[at].isalpha() else wanted[at]
            )
            at += 1
            continue
        width = 3 if wanted[at + 1 : at + 2] == "-" else 2
        out.append(STRFTIME.get(wanted[at + 1 : at + width], ""))
        at += width
    return "".join(out).replace("''", "\0").replace("\0", "''")


def _moment(value: Any, context: RenderContext) -> datetime | date | None:
    if isinstance(value, str) and value in ("now", "today"):
        value = context.resolve("now", default=None)
    if isinstance(value, str):
        value = _parsed(str(value))
    if isinstance(value, datetime):
        return value.astimezone(_zone(_setting(context, "@time_zone"))) if value.tzinfo else value
    return value if isinstance(value, date) else None


def _parsed(text: str) -> datetime | date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _setting(context: RenderContext, name: str) -> str:
    return str(context.resolve(name, default=None) or "")


@lru_cache(maxsize=256)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_") or "en_US")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@with_context
def money(value: Any, currency: Any = "", *, context: RenderContext) -> str:
    """`{{ 1299.5 | money }}` in the shop's currency, `{{ price | money: "EUR" }}` in another."""
    amount = _decimal(value)
    if amount is None:
        return "" if value is None else str(value)
    code = str(currency or _setting(context, "@currency") or "USD").upper()
    try:
        validate_currency(code)
    except UnknownCurrencyError:
        raise FilterArgumentError(f"money: {code!r} is not a currency code", token=None) from None
    return format_currency(amount, code, locale=_locale(_setting(context, "@locale")))


@with_context
def number(value: Any, digits: Any = None, *, context: RenderContext) -> str:
    """`{{ 12345.6 | number }}` is `12,345.6`; a second value fixes the digits after the point."""
    amount = _decimal(value)
    if amount is None:
        return "" if value is None else str(value)
    pattern = None if digits is None else "#,##0" + ("." + "0" * min(int(digits), 6) if int(digits) else "")
    return format_decimal(amount, pattern, locale=_locale(_setting(context, "@locale")))


@with_context
def percent(value: Any, *, context: RenderContext) -> str:
    """`{{ 0.25 | percent }}` is `25%`."""
    amount = _decimal(value)
    return "" if amount is None else format_percent(amount, locale=_locale(_setting(context, "@locale")))


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal(10) ** 18 else None


@with_context
def days_until(value: Any, *, context: RenderContext) -> int | str:
    """Whole days from today, in the shop's time zone, to a date."""
    until, today = _moment(value, context), _moment("now", context)
    if until is None or today is None:
        return ""
    return (_day(until) - _day(today)).days


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def possessive(value: Any) -> str:
    """`Ann` → `Ann’s`, `James` → `James’`."""
    text = "" if value is None else str(value)
    return text + ("" if not text else "’" if text[-1] in "sS" else "’s")


def filters() -> dict[str, Callable[..., Any]]:
    """What we add to Liquid's own filters, or put in their place."""
    return {
        "date": formatted_date,
        "money": money,
        "number": number,
        "percent": percent,
        "days_until": days_until,
        "possessive": possessive,
    }
