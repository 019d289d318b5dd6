"""From one cell to one typed value, a table of types; what does not fit says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.numbers import list_currencies

from cadenza.base import text as addresses
from cadenza.base.problem import BadInput
from cadenza.connect.imports import moment
from cadenza.connect.imports.amount import amount
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.types import Cell
from cadenza.connect.imports.unfit import Unfit

Comparable = Callable[[str, str], str]
"""A kind of identifier and what was told: the value as it is kept; raises BadInput."""
Converter = Callable[[Cell, str], Any]
"""Takes the cell and the row's key (for the hour of a day that has none)."""

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "lv", "lt", "et", "ru", "uk")
COUNTRY_ALIASES = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "uk": "GB",
    "eire": "IE",
    "england": "GB",
    "rsa": "ZA",
}
YES = frozenset("1 y yes true t on ja oui si sí tak jā taip da да истина x".split())
NO = frozenset("0 n no false f off nein non nie nē ne нет ложь".split())
GIVEN = YES | frozenset("given subscribed opted_in opt-in optin granted active confirmed".split())
REFUSED = NO | frozenset("refused denied not_subscribed never".split())
WITHDRAWN = frozenset("withdrawn unsubscribed opted_out opt-out optout revoked cleaned inactive".split())
MALE = frozenset("m male man mr mr. herr homme hombre mężczyzna vīrietis vyras м муж мужской".split())
FEMALE = frozenset(
    "f female woman mrs ms mrs. ms. frau femme mujer w k kobieta sieviete moteris ж жен женский".split()
)
OTHER = frozenset("other divers diverse d x non-binary nonbinary autre otro".split())
ORDER_STATUS = {
    "placed": "placed new pending open created processing on-hold неоплачен",
    "paid": "paid authorized completed complete оплачен",
    "delivered": "delivered shipped fulfilled closed доставлен",
    "cancelled": "cancelled canceled voided failed отменен отменён",
    "returned": "returned refunded возврат",
}


def text(longest: int) -> Converter:
    """Text that the database can hold, not longer than the field."""

    def convert(cell: Cell, _: str) -> str:
        told = str(cell).strip()
        found = told if told.isascii() else addresses.clean(told, longest + 1)  # NUL was refused before
        if len(found) > longest:
            raise Unfit(f"This is longer than {longest:,} characters.", "Shorten it.")
        return found

    return convert


def identifier(kind: str, longest: int, comparable: Comparable) -> Converter:
    """An id of a person as it is kept; the number of a bank card is none."""
    read = text(longest)

    def convert(cell: Cell, key: str) -> str:
        told = str(read(cell, key))
        try:
            return comparable(kind, told)
        except BadInput as refusal:
            raise Unfit(refusal.detail, refusal.hint or "", secret=is_number(told)) from None

    return convert


def is_number(told: str) -> bool:
    """Whether a refused id may be the number of a bank card: so many digits, and nothing else but gaps."""
    return sum(letter.isdigit() for letter in told) >= 13


def email(cell: Cell, _: str) -> str:
    return _asked(addresses.email, str(cell))


def phone(region: str) -> Converter:
    """E.164; `region` helps numbers without a country code."""
    return lambda cell, _: _asked(lambda found: addresses.phone(found, region), str(cell).removesuffix(".0"))


def _asked(check: Callable[[str], str], found: str) -> str:
    try:
        return check(found)
    except BadInput as refusal:
        raise Unfit(refusal.detail, refusal.hint or "") from None


def number(mark: str) -> Converter:
    """A Decimal of at most four places."""

    def convert(cell: Cell, _: str) -> Decimal:
        found = Decimal(str(cell)) if isinstance(cell, int | float | Decimal) else amount(str(cell), mark)
        if not found.is_finite():
            raise Unfit("This is not a number.", "Write it like 12.50.")
        return found.quantize(Decimal("0.0001")).normalize() + 0

    return convert


def integer(mark: str) -> Converter:
    """A whole number; `3.0` is one too."""
    read = number(mark)

    def convert(cell: Cell, key: str) -> int:
        found = read(cell, key)
        if found != found.to_integral_value():
            raise Unfit("This is not a whole number.", "Write it without decimals.")
        return int(found)

    return convert


def flag(cell: Cell, _: str) -> bool:
    """Yes or no, in the words of several languages."""
    word = str(cell).strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Unfit("This is neither yes nor no.", "Say in the mapping's `values` what it means.")


def _one_of(groups: dict[str, frozenset[str]], what: str) -> Converter:
    words = {word: name for name, group in groups.items() for word in (*group, name)}

    def convert(cell: Cell, _: str) -> str:
        if found := words.get(str(cell).strip().lower()):
            return found
        raise Unfit(f"This is not {what} that is known.", f"Use {', '.join(groups)}, or map it in `values`.")

    return convert


gender = _one_of({"male": MALE, "female": FEMALE, "other": OTHER}, "a gender")
state = _one_of({"given": GIVEN, "refused": REFUSED, "withdrawn": WITHDRAWN}, "a state of consent")
order_status = _one_of(
    {name: frozenset(words.split()) for name, words in ORDER_STATUS.items()}, "an order status"
)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Country names of several languages, lower case, to ISO 3166 codes."""
    found = dict(COUNTRY_ALIASES)
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(name.lower(), code)
                found.setdefault(code.lower(), code)
    return found


def country(cell: Cell, _: str) -> str:
    """The ISO 3166 code of a country's code or name."""
    if found := _countries().get(str(cell).strip().lower()):
        return found
    raise Unfit("This is not a country.", "Use its two-letter code, or map it in `values`.")


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def currency(cell: Cell, _: str) -> str:
    found = str(cell).strip().upper()
    if found in _currencies():
        return found
    raise Unfit("This is not a currency.", "Use its three-letter code, like EUR.")


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Names of the IANA time zones."""
    return frozenset(available_timezones())


def time_zone(cell: Cell, _: str) -> str:
    found = str(cell).strip()
    if found in zones():
        return found
    raise Unfit("This is not a time zone.", "Use a name like Europe/Riga.")


def url(longest: int) -> Converter:
    """An address of the web: http or https, nothing that runs."""
    read = text(longest)

    def convert(cell: Cell, key: str) -> str:
        found = str(read(cell, key))
        if not found.lower().startswith(("https://", "http://")) or any(mark in found for mark in ' "<>\\\n'):
            raise Unfit("This is not a web address.", "Begin it with https://.")
        return found

    return convert


def converter(
    type: str, calendar: Calendar, *, mark: str, region: str, longest: int, shifted: bool, kind: str,
    comparable: Comparable,
) -> Converter:  # fmt: skip
    """The converter of a type. `kind`: of the identifier, where it is one."""
    return {
        "identifier": identifier(kind, longest, comparable),
        "text": text(longest),
        "url": url(longest),
        "email": email,
        "phone": phone(region),
        "decimal": number(mark),
        "integer": integer(mark),
        "flag": flag,
        "gender": gender,
        "state": state,
        "order_status": order_status,
        "country": country,
        "currency": currency,
        "time_zone": time_zone,
        "birth_date": lambda cell, _: moment.birth_date(cell, calendar),
        "date": lambda cell, _: moment.day(cell, calendar, shifted),
        "time": lambda cell, key: moment.moment(cell, calendar, key, shifted),
    }[type]


def calendar_of(base: Calendar, formats: tuple[str, ...]) -> Calendar:
    """The same calendar with the formats of one column."""
    return replace(base, formats=formats) if formats else base


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name that was checked."""
    return ZoneInfo(name or "UTC")


def shown(cell: Cell, longest: int = 60) -> str:
    """A cell, short enough for a message."""
    found = cell.isoformat() if isinstance(cell, date | datetime) else str(cell if cell is not None else "")
    return found if len(found) <= longest else found[: longest - 1] + "…"
