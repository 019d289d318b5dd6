"""A shop of made-up people to search in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from cadenza.base import database
from cadenza.base.ids import ProfileId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.privacy import service as privacy

SIZE = 120
CATEGORIES = ("person.name", "person.birth_date", "location.area")
FIRST = "Liam Olivia Noah Emma Mateo Ava Kai Sofia Ezra Mia Omar Lucia Ivan Chloe Hugo Freya".split()
LAST = "Okafor Silva Novak Haddad Lindqvist Moreau Tanaka Kowalski Brandt Osei Ferrari Dubois Reyes".split()
PLACES = "Oslo Lagos Lyon Kyoto Porto Ghent Malmö Turin Gdańsk Cork Graz".split()
_numbers = count(1)


def cover(workspace: Any, *categories: str) -> None:
    """Extend purpose I.2, as a privacy officer would."""
    with database.scope(workspace):
        for category in categories or CATEGORIES:
            privacy.extend(workspace, "I.2", category, "a test", "Find people whom we know twice.")


def people(workspace: Any, *arrivals: list[Identifier]) -> list[ProfileId]:
    return [found.profile for found in identity.resolve(workspace, arrivals)]


def person(workspace: Any, at: datetime, **told: Any) -> ProfileId:
    """One person with these fields and a customer number."""
    with database.scope(workspace):
        [made] = people(workspace, [Identifier("external_id", f"n{next(_numbers)}")])
        profiles.apply(workspace, [TraitChange(made, told, at)])
        return made


def crowd(workspace: Any, at: datetime) -> None:
    """People who are nobody's duplicates: names and places repeat, whole people never."""
    for place in range(SIZE):
        born = date(1950, 1, 5) + timedelta(days=151 * place)
        person(
            workspace,
            at,
            first_name=FIRST[place % len(FIRST)],
            last_name=LAST[place % len(LAST)],
            birth_date=born.isoformat(),
            city=PLACES[place % len(PLACES)],
        )
