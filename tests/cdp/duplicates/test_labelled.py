"""Scored on people whose duplicates are known: the whole search, in PostgreSQL, with one threshold for all sets.

Nothing is tuned to a set and nothing is learnt from labels: they are looked at to count, at the end.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cadenza.base import database
from cadenza.cdp.duplicates import models, service
from cadenza.cdp.duplicates.search import LIKELY
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.privacy import service as privacy
from tests.cdp.duplicates import labelled

AT = datetime(2026, 1, 1, tzinfo=UTC)
LEAST_F1 = {"FEBRL 1": 0.99, "FEBRL 2": 0.99, "FEBRL 3": 0.99, "splink fake 1000": 0.90}


@pytest.mark.skipif(not labelled.ARCHIVE.exists(), reason=labelled.MISSING)
@pytest.mark.parametrize("name", labelled.SETS)
def test_it_finds_the_duplicates_that_are_known(name: str, workspace: Any, capsys: Any) -> None:
    people = labelled.people(name)
    place = _take_in(workspace, people)
    done = service.find_now(workspace)
    assert (done.state, done.error) == ("finished", "")
    with database.scope(workspace):
        rows = models.Suggestion.objects.filter(workspace_id=workspace, state="open")
        found = {(place[row.first], place[row.second]) for row in rows}
    fit = labelled.fit(found, people.pairs)
    baseline = labelled.fit(labelled.naive(people), people.pairs)
    with capsys.disabled():
        print(
            f"\n{name}: {len(people.told):,} records, {len(people.pairs):,} true pairs, {done.pairs:,} compared"
        )
        print(f"  at {LIKELY}:  {fit}")
        print(f"  same name and birth date:  {baseline}")
    assert fit.f1 >= LEAST_F1[name] > baseline.f1
    assert fit.precision >= 0.97


def test_a_shop_without_duplicates_is_left_in_peace(workspace: Any) -> None:
    _take_in(workspace, labelled.customers(6000))
    assert service.find_now(workspace).pairs > 10_000
    with database.scope(workspace):
        assert service.count(workspace) == 0


def _take_in(workspace: Any, people: labelled.Labelled) -> dict[int, int]:
    """Make every record a person; gives profile → place of the record. In the order of the file."""
    with database.scope(workspace):
        for category in ("person.name", "person.birth_date", "location.area", "custom.fields"):
            privacy.extend(workspace, "I.2", category, "a test", "Find people whom we know twice.")
        arrivals = [[Identifier("external_id", str(place))] for place in range(len(people.told))]
        who = [one.profile for one in identity.resolve(workspace, arrivals, at=AT)]
        told = [
            TraitChange(profile, {name: value for name, value in values.items() if value}, AT)
            for profile, values in zip(who, people.told, strict=True)
        ]
        for start in range(0, len(told), 1000):
            profiles.apply(workspace, told[start : start + 1000])
    return {profile: place for place, profile in enumerate(who)}
