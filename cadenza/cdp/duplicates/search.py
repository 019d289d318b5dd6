"""Looks through a workspace's people in three walks: take in who is new or changed, learn, compare.

Every batch is a transaction of its own.  Who was looked at before and has not changed since is compared with
those who have, and with nobody else; a search that died anywhere is simply begun again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from itertools import combinations
from math import ceil
from typing import Any

from cadenza.base import clock, crypto, database, log
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import Conflict, Problem
from cadenza.cdp.duplicates import models, store
from cadenza.cdp.duplicates.block import block
from cadenza.cdp.duplicates.choose import choose
from cadenza.cdp.duplicates.compare import compare
from cadenza.cdp.duplicates.estimate import estimate
from cadenza.cdp.duplicates.explain import explain
from cadenza.cdp.duplicates.sample import sample
from cadenza.cdp.duplicates.score import score
from cadenza.cdp.duplicates.simplify import simplify
from cadenza.cdp.duplicates.types import LEVELS, Chosen, Model, Pattern, Person, Search
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.trust.privacy import service as privacy

PURPOSE = "I.2"
LIKELY = 0.5  # more probably one person than two
PAGE, AT_ONCE = 1000, 2000  # people read, and people compared, in one transaction
HELD = 100_000  # people held in memory, some 600 bytes each
CROWD = 50  # a key that more people share tells too little to compare them all
SLICE = 50_000  # people whose keys, on average, are fetched at once
LEARNT_FROM = 50_000  # people whose keys, on average, the model is learnt from
ANYWHERE, BY_CHANCE = 2_000, 200_000  # people, and pairs of them, taken from everywhere
GROWN = 2  # the model is learnt anew when there are so many times the people
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
NAMES = ("first_name", "last_name")
Pair = tuple[int, int]
Sources = dict[str, tuple[str, ...]]
_log = log.get(__name__)


@dataclass(frozen=True)
class Walk:
    """One search: when it began, whom it need not compare again, and from which fields it reads."""

    workspace: WorkspaceId
    at: datetime
    since: datetime | None
    sources: Sources
    people: int = 0
    held: dict[int, Person] = field(default_factory=dict)
    """People read already; a bounded part of them, for most are of several keys."""
    names: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in NAMES})
    """How many people are called so."""


def chosen(workspace: WorkspaceId) -> Chosen:
    """What the purpose lets us compare here; refused where not even names are covered."""
    found = choose(profiles.fields(workspace), privacy.allowed(workspace, PURPOSE))
    if "first_name" not in found.sources:
        privacy.check(workspace, PURPOSE, found.refused)
    return found


def carry(workspace: WorkspaceId) -> Search:
    """Search to the end. Must be called outside of a transaction."""
    try:
        walk = _begin(workspace)
        walk = replace(walk, people=_look(walk))
        walk, model = _model(walk)
        _finish(walk, _compare(walk, model))
    except Problem as problem:
        with database.scope(workspace):
            told = {"state": "failed", "error": str(problem), "finished_at": clock.now()}
            models.Search.objects.filter(workspace_id=workspace).update(**told)
    with database.scope(workspace):
        return store.seen(store.search(workspace))


def _begin(workspace: WorkspaceId) -> Walk:
    with database.scope(workspace):
        sources = dict(chosen(workspace).sources)
        now = clock.now()
        row, _ = models.Search.objects.get_or_create(workspace_id=workspace, defaults={"touched_at": now})
        if row.sources != {field: list(names) for field, names in sources.items()}:
            store.start_anew(workspace)  # what was never compared before may make a pair of anybody
            row.refresh_from_db()
        row.state, row.error, row.done, row.pairs = "running", "", 0, 0
        row.started_at, row.touched_at, row.sources = now, now, sources
        row.total = 2 * profiles.count(workspace, kind="known")
        row.save()
        return Walk(workspace, now, row.until, sources)


def _look(walk: Walk) -> int:
    """Take in the keys of everybody who is known by more than a device; gives how many those are."""
    done, after = 0, None
    while True:
        with database.scope(walk.workspace):
            page = profiles.page(walk.workspace, kind="known", after=after, limit=PAGE)
            people = [(_person(walk, one), one.updated_at) for one in page.items]
            keyed = [(person.id, _keys(walk, person), changed) for person, changed in people]
            store.look(walk.workspace, keyed, walk.at)
            for name, counts in walk.names.items():
                counts.update(called for person, _ in people if (called := getattr(person, name)))
            done, after = done + len(keyed), page.next
            _tell(walk, done=done)
        if not after:
            return done


def _person(walk: Walk, profile: Profile) -> Person:
    told = {name: _first(profile, names) for name, names in walk.sources.items()}
    return simplify(profile.id, told)


def _first(profile: Profile, names: Sequence[str]) -> str:
    found = (profile.traits.get(name) or getattr(profile, name, "") for name in names)
    value: Any = next(filter(None, found), "")
    return value.isoformat() if isinstance(value, date) else str(value)


def _keys(walk: Walk, person: Person) -> list[int]:
    """The keys of a person as keyed digests: what they were made of cannot be read from them."""
    digests = (crypto.digest(walk.workspace, f"duplicates:{key}") for key in block(person))
    return sorted(int.from_bytes(one[:8], "big", signed=True) for one in digests)


def _people(walk: Walk, ids: Sequence[int]) -> dict[int, Person]:
    if len(walk.held) > HELD:
        walk.held.clear()
    missing = [ProfileId(number) for number in ids if number not in walk.held]
    for number, profile in profiles.many(walk.workspace, missing).items():
        walk.held[number] = _person(walk, profile)
    return {number: walk.held[number] for number in ids if number in walk.held}


def _model(walk: Walk) -> tuple[Walk, Model]:
    """The model, learnt anew where it does not fit any more: then everybody is compared."""
    with database.scope(walk.workspace):
        row = store.search(walk.workspace)
        model = _loaded(row.model if row else {})
    if model and walk.people < GROWN * model.people and walk.people * GROWN > model.people:
        return walk, model
    model = _learn(walk)
    with database.scope(walk.workspace):
        models.Search.objects.filter(workspace_id=walk.workspace).update(model=asdict(model))
    return replace(walk, since=None), model


def _loaded(told: dict[str, Any]) -> Model | None:
    """A model as it was kept; none where an older version of this program compared otherwise."""
    shape = {field: len(levels) for field, levels in LEVELS.items()}
    if not told or {field: len(shares) for field, shares in told["same"].items()} != shape:
        return None
    same, other = ({name: tuple(shares) for name, shares in told[part].items()} for part in ("same", "other"))
    return Model(told["prior"], same, other, told["people"])


def _learn(walk: Walk) -> Model:
    share = min(1.0, LEARNT_FROM / max(walk.people, 1))
    near: Counter[Pattern] = Counter()
    for pairs, people in _pairs(walk, (LOWEST, LOWEST + int(share * (HIGHEST - LOWEST))), None):
        for one, two in pairs:
            near[compare(people[one], people[two])] += _stands_for(people[one], people[two], share)  # type: ignore[assignment]
    with database.scope(walk.workspace):
        everywhere = list(_people(walk, store.some(walk.workspace, ANYWHERE)).values())
    anywhere = Counter(
        compare(everywhere[one], everywhere[two]) for one, two in sample(len(everywhere), BY_CHANCE)
    )
    return estimate(near, anywhere, walk.people)


def _stands_for(one: Person, two: Person, share: float) -> float:
    """How many pairs one stands for that was met in a share of all keys (Horvitz and Thompson, JASA 47, 1952)."""
    return 1 / (1 - (1 - share) ** len(block(one) & block(two))) if share < 1 else 1.0


def _compare(walk: Walk, model: Model) -> int:
    """Compare all pairs that are new or changed, and suggest the likely ones; gives how many were compared."""
    slices = max(1, ceil(walk.people / SLICE))
    bounds = [LOWEST + (HIGHEST - LOWEST) * place // slices for place in range(slices)] + [HIGHEST + 1]
    compared = 0
    for place in range(slices):
        for pairs, people in _pairs(walk, (bounds[place], bounds[place + 1] - 1), walk.since):
            _suggest(walk, pairs, people, model)
            compared += len(pairs)
        with database.scope(walk.workspace):
            _tell(walk, done=walk.people + walk.people * (place + 1) // slices, pairs=compared)
    return compared


def _suggest(walk: Walk, pairs: Sequence[Pair], people: dict[int, Person], model: Model) -> None:
    found = []
    for pair in pairs:
        one, two = people[pair[0]], people[pair[1]]
        probability = score(compare(one, two), model, _sharing(walk, one))
        if probability >= LIKELY:
            found.append((*pair, probability, explain(one, two)))
    with database.scope(walk.workspace):
        _tell(walk)
        if found:
            store.suggest(walk.workspace, found, walk.at)


def _sharing(walk: Walk, person: Person) -> dict[str, float]:
    """The share of all people who are called as this one is."""
    return {name: counts[getattr(person, name)] / (walk.people or 1) for name, counts in walk.names.items()}


def _pairs(
    walk: Walk, span: store.Span, since: datetime | None
) -> Iterator[tuple[list[Pair], dict[int, Person]]]:
    """Pairs that share a key of this span, each once, in batches with the people that they are of."""
    with database.scope(walk.workspace):
        blocks = store.blocks(walk.workspace, span, CROWD, since)
    met: set[Pair] = set()
    for batch in _batches(blocks):
        fresh = {
            pair
            for ids, new in batch
            for pair, either in zip(combinations(ids, 2), combinations(new, 2), strict=True)
            if any(either) and pair not in met
        }
        met |= fresh
        with database.scope(walk.workspace):
            people = _people(walk, sorted({number for pair in fresh for number in pair}))
        yield [pair for pair in sorted(fresh) if pair[0] in people and pair[1] in people], people


def _batches(blocks: Sequence[tuple[list[int], list[bool]]]) -> Iterator[list[tuple[list[int], list[bool]]]]:
    batch: list[tuple[list[int], list[bool]]] = []
    size = 0
    for one in blocks:
        batch.append(one)
        size += len(one[0])
        if size >= AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _tell(walk: Walk, **told: int) -> None:
    """Say how far the walk is, and end it where what it reads has been taken back meanwhile."""
    rows = models.Search.objects.filter(workspace_id=walk.workspace, started_at=walk.at)
    if not rows.update(touched_at=clock.now(), **told):
        raise Conflict("The search was stopped.", hint="Begin it again.")


def _finish(walk: Walk, compared: int) -> None:
    with database.scope(walk.workspace):
        store.forget_outdated(walk.workspace, walk.since, walk.at)
        now = clock.now()
        models.Search.objects.filter(workspace_id=walk.workspace).update(
            state="finished", finished_at=now, touched_at=now, until=walk.at, people=walk.people, pairs=compared,
            done=2 * walk.people, total=2 * walk.people,
        )  # fmt: skip
    _log.info("duplicates.searched", workspace=str(walk.workspace), people=walk.people, pairs=compared)
