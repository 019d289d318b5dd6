"""The engine and a slow evaluator that shares no code with it name the same people, for random trees and histories.

With merged profiles, late events, cancelled and returned orders, missing values and hostile texts.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap64

from cadenza.base import clickhouse
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.product_lists.fold import fold
from cadenza.cdp.product_lists.hear import hear
from cadenza.cdp.product_lists.store import mirrored
from cadenza.cdp.product_lists.types import Telling
from cadenza.cdp.segments import asking
from cadenza.cdp.segments.combine import combine
from cadenza.cdp.segments.compile import compile
from cadenza.cdp.segments.fits import fits
from cadenza.cdp.segments.leaves import Identified, Inside
from cadenza.cdp.segments.leaves import leaves as leaves_of
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.plan import Frame
from tests.cdp.segments.slow import LISTS, Happening, Line, Purchase, World
from tests.cdp.segments.trees import (
    BERLIN,
    BRANDS,
    CATEGORIES,
    CHANNELS,
    COUNTRIES,
    DAYS,
    EVENTS,
    FIELDS,
    KINDS,
    PRODUCTS,
    RIGA,
    SEGMENTS,
    SPORTS,
    STATUSES,
    TOPICS,
    leaves,
    trees,
)

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
NOBODYS = WorkspaceId(UUID(int=0))
SURVIVORS, MERGED = range(1, 9), range(101, 105)  # 101… were merged into someone, or never had a profile
ZONES = ("UTC", "Europe/Riga", "America/New_York", "Asia/Kathmandu")
TREES = int(os.environ.get("CADENZA_DIFFERENTIAL_TREES", "400"))
AT_ONCE = 25  # trees of one world, 20 to 30 of them

_LATE = [NOON, NOON + timedelta(hours=1), *(NOON - timedelta(days=days) for days in (1, 2, 7, 30, 365))]
_BORN = [
    datetime(1960, 1, 1, tzinfo=UTC),
    datetime(1985, 6, 15, tzinfo=UTC),
    datetime(1988, 2, 29, tzinfo=UTC),
    datetime(1990, 3, 1, tzinfo=UTC),
    datetime(1990, 3, 8, tzinfo=UTC),
    datetime(2029, 12, 31, 23, tzinfo=UTC),
]
_MONEY = [Decimal(amount) for amount in ("0", "0.0001", "5", "9.99", "10", "20.5", "25.5", "99.99", "100")]
_NUMBERS = [-1.0, 0.0, 1.0, 2.5, 10.0, 99.99]
_PLACES = {
    "riga": {"latitude": RIGA[0] + 0.01, "longitude": RIGA[1]},
    "jurmala": {"lat": 56.97, "lon": 23.8},
    "potsdam": {"latitude": 52.4, "longitude": 13.06},
    "half": {"latitude": BERLIN[0]},
}


def _world(seed: int) -> World:
    """A dense little history: hypothesis draws the seed, since what it draws itself is mostly empty."""
    chance = Random(seed)
    people = {number: _person(chance) for number in SURVIVORS if chance.random() < 0.9}
    return World(
        NOON,
        people,
        [_happening(chance, number) for number in chance.sample(range(1, 1000), 120)],
        [_purchase(chance) for _ in range(20)],
        {number: chance.choice(SURVIVORS) for number in MERGED if chance.random() < 0.7},
        chance.choice(ZONES),
        [_word(chance) for _ in range(12)],
        {kind: {one for one in people if chance.random() < 0.5} for kind in KINDS},
        {segment: {one for one in people if chance.random() < 0.5} for segment in SEGMENTS},
        {segment: {one for one in PRODUCTS if chance.random() < 0.5} for segment in SEGMENTS},
    )


def _word(chance: Random) -> tuple[int, str, str, str]:
    state = chance.choice(["given", "refused", "withdrawn"])
    return chance.choice([*SURVIVORS, *MERGED]), chance.choice(CHANNELS), chance.choice(TOPICS), state


def _moment(chance: Random) -> datetime:
    """Often on a border: now, exactly a window ago, in the future; and often close together."""
    return chance.choice(
        [
            *_LATE,
            *(NOON - timedelta(seconds=chance.randrange(400 * 86_400)) for _ in range(6)),
            *(NOON - timedelta(minutes=30 * chance.randrange(200)) for _ in range(6)),
        ]
    )


def _some(chance: Random, **choices: list[Any]) -> dict[str, Any]:
    return {name: chance.choice(values) for name, values in choices.items() if chance.random() < 0.7}


def _person(chance: Random) -> dict[str, Any]:
    return _some(
        chance,
        email=["known"],
        country=[*COUNTRIES, ""],
        city=["Riga", "berlin", "Bürühl"],
        score=_NUMBERS,
        is_customer=[True, False],
        birth_date=_BORN,
        registered_at=[_moment(chance), _moment(chance)],
        sports=[[], [SPORTS[0]], list(SPORTS[:2]), list(SPORTS)],
        first_seen_at=[_moment(chance), datetime.fromisoformat(DAYS[-1]), datetime.fromisoformat(DAYS[-2])],
    ) | chance.choice([{}, *_PLACES.values()])


def _happening(chance: Random, number: int) -> Happening:
    told = _some(
        chance, category=[*CATEGORIES, ""], price=_NUMBERS, gift=[True, False], product_id=["p1", "p2", "7"],
        sku=["s1"], campaign_id=["c1", "c2"], bot=[True, False, False],
    ) | chance.choice([{}, *_PLACES.values()])  # fmt: skip
    names = (*EVENTS, *LISTS, "Product Added", "Email Left Out")
    told |= _some(
        chance,
        quantity=[0.0, 1.0, 2.0],
        list=["cart", "wishlist"],
        products=[_pieces(chance), _pieces(chance)],
    )
    return Happening(
        chance.choice([*SURVIVORS, *MERGED]), chance.choice(names), _moment(chance), told, UUID(int=number)
    )


def _pieces(chance: Random) -> list[dict[str, Any]]:
    return [
        {
            "product_id": chance.choice(["p1", "p2", "p3"]),
            **_some(chance, quantity=[0.0, 1.0, 2.0], price=_NUMBERS[1:]),
        }
        for _ in range(chance.randrange(3))
    ]


def _purchase(chance: Random) -> Purchase:
    lines = [
        Line(chance.choice(CATEGORIES), chance.choice(_MONEY), chance.choice(PRODUCTS), chance.choice(BRANDS))
        for _ in range(chance.randrange(4))
    ]
    status = chance.choice([*STATUSES, "cancelled"])
    refunded = chance.choice([Decimal(0), Decimal(5)])
    return Purchase(chance.choice([*SURVIVORS, *MERGED]), _moment(chance), status, lines, refunded)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _insert(table: str, workspace: UUID, rows: list[dict[str, Any]]) -> None:
    lines = "\n".join(json.dumps({**row, "workspace": str(workspace)}) for row in rows)
    if rows:
        clickhouse.insert_lines(table, lines.encode(), str(uuid4()))


def _store(world: World, workspace: UUID) -> None:
    people = [_profile(number, known, 2, 0) for number, known in world.people.items()]
    # What a merge leaves behind: the merged one's profile, deleted by a later version.
    gone = [
        _profile(number, {"country": "US"}, version, version - 1)
        for number in world.merged
        for version in (1, 2)
    ]
    _insert("profile", workspace, people + gone)
    _insert("event", workspace, [_event(one) for one in world.events])
    _insert("product_list", workspace, _lists(world))
    _insert("purchase", workspace, [_order(n, one) for n, one in enumerate(world.orders)])
    # Merges that hold, and one that was undone: its row stays, deleted by a later version.
    undone = [{"profile": 1, "into": 2, "version": 1 + gone, "deleted": gone} for gone in (0, 1)]
    held = [{"profile": old, "into": new, "version": 1, "deleted": 0} for old, new in world.merged.items()]
    _insert("profile_override", workspace, held + undone)
    _insert("subscription", workspace, [_said(*one) for one in dict.fromkeys(world.said)])
    _insert(
        "product_member",
        workspace,
        [
            {"segment": segment, "product": product, "version": 1, "deleted": 0}
            for segment, some in world.products.items()
            for product in some
        ],
    )


def _lists(world: World) -> list[dict[str, Any]]:
    """As `product_lists` copies them: what was told of a person under any id is one story."""
    told: dict[tuple[int, str], list[Telling]] = {}
    for one in world.events:
        who = world.merged.get(one.profile, one.profile)
        if heard := hear(one.name, one.properties):
            telling = Telling(heard.name, heard.kind, heard.pieces, one.at, one.id, ProfileId(one.profile))
            told.setdefault((who, heard.name), []).append(telling)
    return [mirrored(NOBODYS, key, fold(some)) | {"version": 1} for key, some in told.items()]


def _said(profile: int, channel: str, topic: str, state: str) -> dict[str, Any]:
    """Each word about a contact point of its own."""
    point = ["given", "refused", "withdrawn"].index(state)
    return {
        "profile": profile, "channel": channel, "topic": topic, "point": point, "state": state, "version": 1,
        "deleted": 0,
    }  # fmt: skip


_TIMES = ("birth_date", "first_seen_at", "registered_at")
_COORDINATES = ("latitude", "longitude", "lat", "lon")


def _profile(number: int, known: dict[str, Any], version: int, deleted: int) -> dict[str, Any]:
    flag = {"has_email": int(known.get("email") is not None)}
    return {
        "profile": number, "version": version, "deleted": deleted, "created_at": _stamp(NOON),
        "text": {name: known[name] for name in ("country", "city") if name in known},
        "number": {name: known[name] for name in ("score", *_COORDINATES) if name in known},
        "list": {name: known[name] for name in ("sports",) if name in known},
        "time": {name: _stamp(known[name]) for name in _TIMES if name in known},
        "flag": flag | {name: int(known[name]) for name in ("is_customer",) if name in known},
    }  # fmt: skip


def _event(one: Happening) -> dict[str, Any]:
    told = one.properties
    text = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in told.items()
        if not isinstance(value, float | list)
    }
    return {
        "profile": one.profile, "name": one.name, "at": _stamp(one.at), "id": str(one.id), "received_at": _stamp(NOON),
        "source": "api", "properties": "{}",
        "text": text, "number": {n: v for n, v in told.items() if isinstance(v, float)},
    }  # fmt: skip


def _order(number: int, one: Purchase) -> dict[str, Any]:
    return {
        "profile": one.profile, "number": str(number), "version": 1, "deleted": 0, "placed_at": _stamp(one.placed_at),
        "status": one.status, "currency": "EUR", "total": str(one.total), "refunded": str(one.refunded),
        "line_product": [line.product for line in one.lines], "line_category": [line.category for line in one.lines],
        "line_brand": [line.brand for line in one.lines], "line_quantity": [1 for _ in one.lines],
        "line_total": [str(line.total) for line in one.lines],
    }  # fmt: skip


@pytest.mark.usefixtures("engines")
@settings(
    max_examples=max(1, TREES // AT_ONCE),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(st.integers(0, 2**32), st.lists(st.one_of(leaves, trees), min_size=20, max_size=30))
def test_the_engine_agrees_with_a_slow_evaluator(seed: int, json: list[Any]):
    world, workspace = _world(seed), uuid4()
    _store(world, workspace)
    parsed = [parse(tree, FIELDS) for tree in json]
    plan = compile(parsed, Frame(workspace, NOON, world.zone, bool(world.merged)))
    given = {
        leaf: BitMap64(
            world.inside[str(leaf.segment)] if isinstance(leaf, Inside) else world.identifiers[leaf.kind]
        )
        for leaf in leaves_of(parsed)
        if isinstance(leaf, Inside | Identified)
    }
    found = combine(parsed, plan, clickhouse.query(plan.sql, plan.parameters, asking.LIMITS), given)
    for tree, members in zip(json, found, strict=True):
        assert set(members) == world.members(tree), tree
    _one_person_alike(parsed, workspace, world, [set(members) for members in found])


def _one_person_alike(parsed: list[Any], workspace: UUID, world: World, found: list[set[int]]) -> None:
    """Asked of some people alone, the trees say the same; and so do the reasons for one of them."""
    frame = asking.spread(Frame(workspace, NOON, world.zone), [1, 3, 101])
    alone = set(frame.people or ())
    given = {
        leaf: BitMap64(
            world.inside[str(leaf.segment)] if isinstance(leaf, Inside) else world.identifiers[leaf.kind]
        )
        for leaf in leaves_of(parsed)
        if isinstance(leaf, Inside | Identified)
    }
    assert [set(members) for members in asking.ask(parsed, frame, given)] == [
        members & alone for members in found
    ]
    if 1 in world.people:
        held = {leaf: 1 in members for leaf, members in given.items()}
        told = asking.ask_why(parsed, asking.spread(Frame(workspace, NOON, world.zone), [1]))
        held |= {leaf: holds for leaf, (_, holds) in told.items()}
        assert [fits(tree, held) for tree in parsed] == [1 in members for members in found]


@pytest.mark.usefixtures("engines")
def test_a_large_set_comes_back_whole():
    """Up to 32 people a set is written plainly, above as a compressed bitmap: both sides of that border."""
    for size in (0, 1, 32, 33, 5000):
        workspace = uuid4()
        _insert("profile", workspace, [_profile(number * 7_000_003, {}, 1, 0) for number in range(size)])
        tree = parse({"all": []}, FIELDS)
        [members] = asking.ask([tree], Frame(workspace, NOON, merges=False))
        assert set(members) == {number * 7_000_003 for number in range(size)}
