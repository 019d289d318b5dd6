"""Following people one by one comes to the same as finding everyone anew, whatever happens in whatever order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cadenza.base import clock, database, projection
from cadenza.base.clock import FixedClock
from cadenza.base.fact import Fact, listen
from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Told
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import OrderChange, OrderLine
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.segments import asking, knowledge, models, refresh, service, store
from cadenza.cdp.segments.facts import SegmentEntered, SegmentLeft
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State, TopicKind
from cadenza.trust.privacy import service as privacy
from tests.cdp.segments.trees import CATEGORIES, COUNTRIES, EVENTS, PRODUCTS, SEGMENTS, SPORTS, leaves, trees

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
EXAMPLES = 30 if os.environ.get("CADENZA_FAULT_SCALE") == "full" else 4
STEPS = 14

_told: list[Fact] = []


def _keep(facts: Sequence[Fact]) -> None:
    _told.extend(facts)


def _fits(tree: Any) -> bool:
    """Whether this shop can be asked that."""
    if isinstance(tree, dict):
        return "products" not in tree and all(map(_fits, tree.values()))  # no product segments in this test
    return all(map(_fits, tree)) if isinstance(tree, list) else True


def _named(tree: Any, segments: dict[str, str]) -> Any:
    """The tree with segments that there are."""
    if isinstance(tree, dict):
        return {key: _named(value, segments) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_named(one, segments) for one in tree]
    return segments.get(tree, tree) if isinstance(tree, str) else tree


def _shop() -> WorkspaceId:
    with database.system_scope():
        made = accounts.create_workspace("Test shop", currency="EUR", time_zone="Europe/Riga")
    with database.scope(made.id):
        consent.ensure_topics(made.id)
        consent.add_topic(made.id, "style", "Style", TopicKind.MARKETING)
        for name, kind in (("score", "decimal"), ("is_customer", "boolean"), ("sports", "list")):
            profiles.define_field(made.id, name, kind)  # type: ignore[arg-type]
        for category in privacy.vocabulary() - privacy.allowed(made.id, "I.4"):
            privacy.extend(made.id, "I.4", category, "test", "The test asks everything.")
    return made.id


class _Life:
    """What happens in a shop, by chance."""

    def __init__(self, workspace: WorkspaceId, seed: int, clock: FixedClock) -> None:
        self.workspace, self.chance, self.clock = workspace, Random(seed), clock
        self.people: list[ProfileId] = []
        self.undoable: list[UUID] = []
        self.number = 0

    def step(self) -> None:
        happens = self.chance.choices(
            [
                self.arrives,
                self.acts,
                self.changes,
                self.buys,
                self.merges,
                self.parts,
                self.says,
                self.waits,
            ],
            [2, 8, 2, 4, 2, 2, 2, 9],
        )[0]
        happens()

    def _who(self) -> ProfileId:
        if not self.people:
            self.arrives()
        return identity.current(self.workspace, self.chance.choice(self.people))

    def _home(self, who: ProfileId) -> ProfileId:
        """The id under which something is told of a person: any that is theirs now."""
        return self.chance.choice(identity.all_ids(self.workspace, who))

    def _when(self) -> datetime:
        """Now, long ago, ahead, and most often a little before some window lets it go."""
        edge = timedelta(hours=self.chance.choice([1, 24, 36, 48, 7 * 24, 30 * 24, 365 * 24]))
        return self.clock.now() + self.chance.choice([
            timedelta(0), timedelta(hours=self.chance.randrange(1, 20)), -timedelta(days=self.chance.randrange(400)),
            *[timedelta(minutes=self.chance.randrange(180)) - edge] * 4,
        ])  # fmt: skip

    def arrives(self) -> None:
        self.number += 1
        kind = self.chance.choice(["external_id", "anonymous_id"])
        [found] = identity.resolve(
            self.workspace, [[Identifier(kind, f"p{self.number}")]], at=self.clock.now()
        )
        self.people.append(found.profile)
        profiles.apply(self.workspace, [TraitChange(found.profile, {}, self.clock.now())])

    def changes(self) -> None:
        born = self.chance.choice(["1988-02-29", "1985-06-15", "1990-03-04"])
        told = {
            "country": self.chance.choice([*COUNTRIES, ""]), "score": self.chance.choice([0, 2.5, 10]),
            "birth_date": born, "is_customer": self.chance.choice([True, False]), "registered_at": self._when(),
            "sports": self.chance.choice([[], [SPORTS[0]], list(SPORTS[:2]), list(SPORTS)]),
        }  # fmt: skip
        names = self.chance.sample(sorted(told), 2)
        who, values = self._who(), {name: told[name] for name in names}
        profiles.apply(self.workspace, [TraitChange(who, values, self.clock.now(), home=self._home(who))])

    def acts(self) -> None:
        told = []
        for _ in range(self.chance.randrange(1, 6)):
            self.number += 1
            said = {
                "category": self.chance.choice(CATEGORIES), "price": self.chance.choice([1, 10.0, 99.99]),
                "product_id": self.chance.choice(PRODUCTS), "campaign_id": "c1", "gift": True,
            }  # fmt: skip
            name = self.chance.choice([one for one in EVENTS if one != "Order Completed"])
            who = self._who()
            told.append(Told(who, name, said, f"e{self.number}", self._when(), self._home(who)))
        ingest.accept_all_of(self.workspace, told, "test")

    def buys(self) -> None:
        self.number += 1
        line = OrderLine(
            1, self.chance.choice(PRODUCTS), Decimal(1), Decimal(self.chance.choice(["5", "99.99"])),
            category=self.chance.choice(CATEGORIES), brand="b1",
        )  # fmt: skip
        number = f"o{self.chance.randrange(1, self.number + 1)}"
        status = self.chance.choice(["placed", "paid", "delivered", "cancelled"])
        who = self._who()
        change = OrderChange(
            number, self.clock.now(), who, self._when(), status, "EUR", line.total, lines=(line,),
            home=self._home(who),
        )  # fmt: skip
        orders.upsert(self.workspace, [change])

    def merges(self) -> None:
        one, other = self._who(), self._who()
        if one != other:
            self.undoable.append(identity.merge(self.workspace, one, other))

    def parts(self) -> None:
        if self.undoable:
            merge = self.undoable.pop(self.chance.randrange(len(self.undoable)))
            identity.unmerge(self.workspace, merge)

    def says(self) -> None:
        who = self._who()
        channel = self.chance.choice(["email", "sms"])
        address = f"p{who}@shop.example" if channel == "email" else f"+3712000{who:04}"
        state, topic = self.chance.choice(list(State)), self.chance.choice(["newsletter", "style"])
        consent.record(
            self.workspace,
            [ConsentChange(who, channel, address, topic, state, self.clock.now(), "test", "words")],
        )

    def waits(self) -> None:
        days = 3 if self.chance.random() < 0.1 else 0
        self.clock.move(days=days, seconds=self.chance.choice([0.4, 5, 900, 3600, 7200, 10_000]))


@pytest.mark.usefixtures("engines")
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(st.integers(0, 2**32), st.lists(st.one_of(leaves, trees).filter(_fits), min_size=15, max_size=25))
def test_following_people_comes_to_the_same_as_finding_everyone(seed: int, json: list[Any]):
    listen(SegmentEntered, _keep)
    listen(SegmentLeft, _keep)
    with clock.fixed(NOON) as fixed:
        workspace = _shop()
        life = _Life(workspace, seed, fixed)
        with database.scope(workspace):
            for _ in range(6):
                life.step()
            named = _first_segments(workspace)
            saved = [service.save(workspace, str(n), _named(tree, named)).id for n, tree in enumerate(json)]
        projection.drain()
        with database.scope(workspace):
            service.refresh(workspace)
        _told.clear()
        before = _members(workspace)
        with database.scope(workspace):
            since = store.last_move(workspace)
        for _ in range(STEPS):
            with database.scope(workspace):
                life.step()
            projection.drain()
            with database.scope(workspace):
                service.tick(workspace, time_too=True)
                _as_if_found_anew(workspace, json, saved)
        with database.scope(workspace):
            _facts_tell_the_whole_way(before, _members(workspace), since)


def _first_segments(workspace: WorkspaceId) -> dict[str, str]:
    """A static, a scheduled and a live segment that others may ask for."""
    made = [
        service.save(workspace, "static", mode="static"),
        service.save(
            workspace, "daily", {"did": "Product Viewed"}, mode="scheduled", schedule={"every": "day"}
        ),
        service.save(workspace, "live", {"did": "Product Viewed", "days": 2}),
    ]
    return {known: str(one.id) for known, one in zip(SEGMENTS, made, strict=True)}


def _as_if_found_anew(workspace: WorkspaceId, json: list[Any], saved: list[SegmentId]) -> None:
    here = refresh.catalogue(workspace)
    assert [one.problem for one in service.all(workspace) if one.problem] == []
    chosen = [here.trees[one] for one in saved]
    anew = asking.ask(chosen, knowledge.frame(workspace, here.known), knowledge.given(workspace, chosen))
    held = store.members(workspace, saved)
    for tree, segment, members in zip(json, saved, anew, strict=True):
        assert set(held[segment]) == set(members), tree
        assert models.State.objects.get(segment_id=segment).count == len(members)


def _members(workspace: WorkspaceId) -> dict[SegmentId, set[int]]:
    with database.scope(workspace):
        return {one.id: set(service.members(workspace, one.id)) for one in service.all(workspace)}


def _facts_tell_the_whole_way(
    before: dict[SegmentId, set[int]], after: dict[SegmentId, set[int]], since: int
) -> None:
    """Who entered once more than they left is in now, who left once more is out: nothing was told twice.

    Who is in for somebody that they are since, or are no more, entered nothing: that alone is not told.
    """
    moves: Counter[tuple[SegmentId, int]] = Counter()
    for fact in _told:
        moves[fact.segment, fact.profile] += 1 if isinstance(fact, SegmentEntered) else -1  # type: ignore[attr-defined]
    for silent in models.Transition.objects.filter(
        segment_id__in=after, id__gt=since, entered=True, cause="merge"
    ):
        moves[SegmentId(silent.segment_id), silent.profile_id] += 1
    for segment, members in after.items():
        changed = {person: n for (one, person), n in moves.items() if one == segment and n}
        came, went = members - before[segment], before[segment] - members
        assert changed == dict.fromkeys(came, 1) | dict.fromkeys(went, -1)
