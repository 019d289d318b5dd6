"""From what was told to what holds: which address counts and which still waits, and in which time zone somebody is.

A confirmed address counts until another is confirmed or it is taken away; a newer one that nobody confirmed waits.
Where no time zone was told, the phone number or the country tells it, if there is but one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from cadenza.cdp.profiles.fold import CONFIRMED

INVALID = {"email": "@invalid_email", "phone": "@invalid_phone"}
RARE = frozenset((*CONFIRMED.values(), *INVALID.values()))
SETTLED = ("pending_email", "pending_phone", "invalid_email", "invalid_phone", "time_zone_source", "email_confirmed_at",
           "phone_confirmed_at")  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLES = [
    datetime(2025, month, 15, tzinfo=UTC) for month in range(1, 13)
]  # a year shows who changes clocks when


def settle(values: Mapping[str, Any], told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The columns that follow from the registers; those that are empty are left out."""
    found = {name: address for name in CONFIRMED if (address := values.get(name))}
    if not RARE.isdisjoint(values):
        _settle_registers(found, values, told)
    if zone := values.get("time_zone"):
        found["time_zone"], found["time_zone_source"] = zone, "told"
    elif (phone := found.get("phone")) and (zone := zone_of_phone(phone)):
        found["time_zone"], found["time_zone_source"] = zone, "phone"
    elif (country := values.get("country")) and (zone := zone_of_country(country)):
        found["time_zone"], found["time_zone_source"] = zone, "geo"
    return found


def _settle_registers(
    found: dict[str, Any], values: Mapping[str, Any], told: Mapping[str, list[Any]]
) -> None:
    for name, register in CONFIRMED.items():
        if confirmed := values.get(register):
            latest, found[name] = values.get(name), confirmed
            found[f"{name}_confirmed_at"] = moment(told[register][0])
            if latest != confirmed:
                found[f"pending_{name}"] = latest
        if dead := values.get(INVALID[name]):
            found[f"invalid_{name}"] = dead


def zone_of_phone(phone: str) -> str:
    """The time zone of a number in E.164, where its country has but one."""
    return _zone_of_code(phone[1:4])


@lru_cache(maxsize=1024)
def _zone_of_code(digits: str) -> str:
    for end in (1, 2, 3):  # no calling code begins another
        code = digits[:end]
        if regions := COUNTRY_CODE_TO_REGION_CODE.get(int(code) if code.isdecimal() else 0):
            return _zone_of(regions)
    return ""


@lru_cache(maxsize=1024)
def zone_of_country(country: str) -> str:
    """The time zone of a country (ISO 3166, `LV`), where its clocks all agree."""
    return _zone_of((country.strip().upper(),))


@lru_cache(maxsize=1024)
def _zone_of(countries: tuple[str, ...]) -> str:
    zones = [zone for country in countries for zone in _zones().get(country, ())]
    return zones[0] if zones and _agree(zones) else ""


def _agree(zones: Iterable[str]) -> bool:
    clocks = {tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in SAMPLES) for zone in zones}
    return len(clocks) == 1


@cache
def _zones() -> Mapping[str, list[str]]:
    """The zones of each country, the most peopled first, as the IANA's table has them."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country].append(zone)
    return found


def unsettle(values: dict[str, Any], columns: Mapping[str, Any]) -> None:
    """Put the registers of addresses that such columns came from among the values."""
    for name, register in CONFIRMED.items():
        if columns[f"{name}_confirmed_at"]:
            values[register] = values[name]
            values[name] = columns[f"pending_{name}"] or values[name]
        if dead := columns[f"invalid_{name}"]:
            values[INVALID[name]] = dead


def moment(milliseconds: int) -> datetime:
    """A moment from the milliseconds in which tellings are dated."""
    return EPOCH + timedelta(milliseconds=milliseconds)
