"""How numbers, money, moments and names are written on a page. Nothing here knows what it is about."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from zlib import crc32

from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

from cadenza.base import clock

LOCALE = "en_US"
NOTHING = "–"
JUST_NOW = timedelta(seconds=45)
LONG_AGO = timedelta(days=30)  # beyond this a date says more than "5 months ago"

Number = int | float | Decimal


def thousands(value: Number | str | None, places: int = 0) -> str:
    """18148 → 18,148; a dash for what is not known."""
    if value is None or isinstance(value, str):
        return NOTHING
    return format_decimal(value, format="#,##0" + ("." + "0" * places if places else ""), locale=LOCALE)


def compact(value: Number | str | None) -> str:
    """18148 → 18.1K, for tiles and axes."""
    if value is None or isinstance(value, str):
        return NOTHING
    return format_compact_decimal(value, fraction_digits=0 if -1000 < value < 1000 else 1, locale=LOCALE)


def money(value: Number | str | None, currency: str = "USD") -> str:
    """1234.5 → $1,234.50, with the digits of the currency."""
    return (
        NOTHING
        if value is None or isinstance(value, str)
        else format_currency(value, currency, locale=LOCALE)
    )


def money_compact(value: Number | str | None, currency: str = "USD") -> str:
    """1234567 → $1.2M, for tiles and axes."""
    if value is None or isinstance(value, str):
        return NOTHING
    digits = 0 if -1000 < value < 1000 else 1
    return format_compact_currency(value, currency, fraction_digits=digits, locale=LOCALE)


def percent(share: Number | None, places: int = 1) -> str:
    """0.1234 → 12.3%; the argument is a share, not a percentage."""
    return NOTHING if share is None or share == "" else f"{float(share) * 100:,.{places}f}%"


def _local(at: datetime | date) -> datetime | date:
    return timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at


def day(at: datetime | date | None) -> str:
    """12 Nov 2026."""
    return NOTHING if not at else f"{_local(at).day} {_local(at):%b %Y}"


def moment(at: datetime | None) -> str:
    """12 Nov 2026, 14:03, in the active time zone, as a `<time>` element."""
    if not at:
        return NOTHING
    return format_html('<time datetime="{}">{}, {}</time>', at.isoformat(), day(at), f"{_local(at):%H:%M}")


def ago(at: datetime | None) -> str:
    """3 minutes ago; in 2 hours; the date where it is long ago. The exact moment is its title."""
    if not at:
        return NOTHING
    exact = f"{day(at)}, {_local(at):%H:%M %Z}".strip()
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, _distance(at))


def _distance(at: datetime) -> str:
    apart = clock.now() - at
    if abs(apart) < JUST_NOW:
        return "just now"
    if abs(apart) > LONG_AGO:
        return day(at)
    if apart > timedelta():
        return f"{timesince(at, clock.now(), depth=1)} ago"
    return f"in {timesince(clock.now(), at, depth=1)}"


def initials(name: str | None) -> str:
    """Ann Lee Brown → AB; one letter for one word; ? for no name."""
    words = [
        word for word in (name or "").replace("@", " ").split() if unicodedata.category(word[0])[0] in "LN"
    ]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(key: object) -> int:
    """A colour angle that stays the same for the same key, in every process."""
    return crc32(str(key).encode()) % 12 * 30


def humanised(word: str) -> str:
    """left_out → Left out."""
    return str(word).replace("_", " ").replace("-", " ").capitalize()
