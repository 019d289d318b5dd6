"""The order in which things are told makes no difference to who is who."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cadenza.base import clickhouse, database, projection
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.cdp.identity import models
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.partition import Known, Link, partition
from cadenza.cdp.identity.resolve import tidy, told_together
from cadenza.cdp.identity.types import Identifier, Rules

RULES = Rules(limits={"external_id": 1, "email": 2, "phone": 2}, blocked={"*": frozenset({"unknown"})})
KINDS = ("external_id", "external_id:crm", "email", "phone", "anonymous_id", "household")
ONE = st.builds(Identifier, st.sampled_from(KINDS), st.sampled_from(["a", "b", "c", "unknown"]))
CLOSE = st.sampled_from([
    Identifier("external_id", "a"), Identifier("external_id", "b"), Identifier("email", "a"), Identifier("email", "b"),
    Identifier("phone", "a"), Identifier("anonymous_id", "a"), Identifier("anonymous_id", "b"),
])  # fmt: skip
DEVICE = Identifier("anonymous_id", "a")
SHARED = st.lists(st.builds(lambda one: list({one, DEVICE}), CLOSE), min_size=1, max_size=7)
ARRIVALS = st.one_of(
    SHARED,
    st.lists(st.lists(CLOSE, min_size=1, max_size=3, unique=True), min_size=1, max_size=9),
    st.lists(st.lists(ONE, min_size=1, max_size=4, unique=True), min_size=1, max_size=9),
    st.tuples(SHARED, st.lists(st.lists(CLOSE, min_size=1, max_size=2, unique=True), max_size=5)).map(
        lambda two: two[0] + two[1]
    ),
)
SLOWLY = settings(
    max_examples=150,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def tell(arrivals, cuts, rules=RULES):
    """Who is one in the end, and with whom each arrival is kept."""
    workspace = WorkspaceId(new_id())
    with database.scope(workspace):
        identity.set_rules(workspace, rules)
        homes = {}
        for batch in batches(arrivals, cuts):
            for arrival, found in zip(batch, identity.resolve(workspace, batch), strict=True):
                homes.setdefault(tuple(sorted(arrival)), set()).add(found.home)
        people = groups(workspace)
        kept = {
            arrival: {frozenset(people.get(identity.current(workspace, home), ())) for home in found}
            for arrival, found in homes.items()
        }
        return {frozenset(some) for some in people.values()}, kept


def batches(arrivals, cuts):
    places = [0, *sorted(cut % (len(arrivals) + 1) for cut in cuts), len(arrivals)]
    return [arrivals[start:end] for start, end in pairwise(places) if start < end]


def groups(workspace):
    people = {}
    for row in models.Identifier.objects.filter(workspace_id=workspace):
        people.setdefault(row.profile_id or -row.id, set()).add(Identifier(row.kind, row.value))
    return people


def by_the_book(arrivals, rules=RULES):
    """The partition of all that was told, at once."""
    told = [tidy(one, rules) for one in arrivals]
    nodes = {one: number for number, one in enumerate(sorted({one for some in told for one in some}))}
    links = [Link(nodes[a], nodes[b]) for a, b in told_together(told)]
    parts = partition({number: Known(one) for one, number in nodes.items()}, links, [], [], rules)
    found = {}
    for one, number in nodes.items():
        found.setdefault(parts.of[number], set()).add(one)
    return {frozenset(some) for some in found.values()}


@SLOWLY
@given(ARRIVALS, st.randoms(use_true_random=False), st.lists(st.integers(0, 9), max_size=6))
def test_any_order_and_any_batches_end_in_the_same_people(engines, arrivals, chance: random.Random, cuts):
    people, kept = tell(arrivals, range(len(arrivals)))  # one by one
    assert people == by_the_book(arrivals)
    assert all(len(found) == 1 for found in kept.values())
    shuffled = [chance.sample(one, len(one)) for one in chance.sample(arrivals, len(arrivals))]
    assert tell(shuffled, cuts) == (people, kept)


@settings(SLOWLY, max_examples=25)
@given(ARRIVALS, st.lists(st.integers(0, 9), max_size=4), st.randoms(use_true_random=False))
def test_the_event_store_follows_every_merge_and_every_undoing(engines, arrivals, undone, chance):
    workspace = WorkspaceId(new_id())
    for arrival in arrivals:
        with database.scope(workspace):
            identity.resolve(workspace, [arrival])
    with database.scope(workspace):
        people = sorted(
            {
                row.profile_id
                for row in models.Identifier.objects.filter(workspace_id=workspace)
                if row.profile_id
            }
        )
        identity.merge_many(workspace, [tuple(chance.choices(people, k=2)) for _ in range(3)], "file")
        merges = [row.id for row in models.Merge.objects.filter(workspace_id=workspace).exclude(a=None)]
        for place in undone:
            if merges and not models.Merge.objects.get(id=merges[place % len(merges)]).undone_at:
                identity.unmerge(workspace, merges[place % len(merges)])
        kept = database.rows(
            'select profile_id, "into" from identity_override where workspace_id = %s', [workspace]
        )
        living = {row.profile_id for row in models.Identifier.objects.filter(workspace_id=workspace)}
        homes = dict(
            models.Identifier.objects.filter(workspace_id=workspace)
            .exclude(home=None)
            .values_list("home", "profile_id")
        )
    projection.drain()
    sql = "select profile, into from profile_override final where workspace = {w:UUID}"
    assert sorted(clickhouse.query(sql, {"w": str(workspace)})) == sorted(kept)
    assert (
        not {old for old, _ in kept} & living and {now for _, now in kept} <= living
    )  # one hop, to the living
    assert {home: dict(kept).get(home, home) for home in homes} == homes
