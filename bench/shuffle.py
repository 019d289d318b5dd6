"""Whether the order of arrival changes anything: the same events in many orders, doubled, late and by wrong clocks.

Each order goes into a workspace of its own, through inbox, pipeline and projection; afterwards everything that is
known of everybody is written down without the numbers that were given on the way, and hashed.  All hashes are the same,
or a difference is shown.  `python -m bench.shuffle EVENTS SHUFFLES [SEED]`.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Item = dict[str, Any]
State = dict[str, Any]

EVENTS, SHUFFLES = 200_000, 20
PER_PERSON = 20
DOUBLES, LATE, SKEWED = 0.10, 0.05, 0.01
LATEST = timedelta(days=7)
FASTEST_CLOCK = timedelta(days=3)
START = datetime(2030, 1, 1, tzinfo=UTC)
SENT = datetime(2030, 3, 1, tzinfo=UTC)  # when everything that is not late is sent
NAMES = ("Product Viewed", "Product Added", "Cart Viewed", "Products Searched")


@dataclass(frozen=True)
class Sharing:
    """How many of a hundred people share something with the person before them.

    A device is shared one after the other; an address or phone is claimed by two who have different customer numbers.
    """

    devices: int = 4
    phones: int = 2
    emails: int = 2


def made(events: int, seed: int, sharing: Sharing | None = None) -> list[Item]:
    """A shop's events, told once each, in the order in which they happened."""
    chance, found = random.Random(seed), []
    for person in range(max(2, events // PER_PERSON)):
        found += _life(person, chance, sharing or Sharing())
    return sorted(found[:events], key=lambda item: item["timestamp"])


def _life(person: int, chance: random.Random, sharing: Sharing) -> Iterator[Item]:
    """What one person does: looks around unknown, signs in, changes devices, buys and gives back."""
    user, devices = f"user-{person}", [f"device-{person}-{n}" for n in range(1 + person % 3)]
    email, phone = f"p{person}@shop.example", f"+371{20_000_000 + person}"
    before = person - 1
    if person and person % 100 < sharing.devices:
        devices.append(f"device-{before}-0")
    if person and 10 <= person % 100 < 10 + sharing.phones:
        phone = f"+371{20_000_000 + before}"
    if person and 20 <= person % 100 < 20 + sharing.emails:
        email = f"p{before}@shop.example"
    at = START + timedelta(seconds=chance.randrange(30 * 86400))
    for place in range(PER_PERSON):
        at += timedelta(milliseconds=chance.randrange(1, 86_400_000))
        told = _told(person, place, user, chance.choice(devices), email, phone, chance)
        yield told | {"messageId": f"{user}-{place}", "timestamp": _iso(at)}


def _told(
    person: int, place: int, user: str, device: str, email: str, phone: str, chance: random.Random
) -> Item:
    order = f"order-{person}"
    match place:
        case 4:
            return {"type": "identify", "userId": user, "anonymousId": device, "traits": {
                "email": email, "firstName": f"Ann{person}", "city": chance.choice(["Riga", "Liepaja"])}}  # fmt: skip
        case 7:
            return {"type": "identify", "anonymousId": device, "traits": {"email": email, "plan": "free"}}
        case 9:
            return {"type": "alias", "userId": user, "previousId": f"old-{person}"}
        case 10:
            return {"type": "track", "event": "Order Completed", "userId": user, "anonymousId": device,
                    "properties": _basket(order, chance)}  # fmt: skip
        case 12 if person % 3 == 0:
            return {"type": "track", "event": "Order Refunded", "userId": user,
                    "properties": {"order_id": order, "total": 5}}  # fmt: skip
        case 14 if person % 7 == 0:
            return {
                "type": "track",
                "event": "Order Cancelled",
                "anonymousId": device,
                "properties": {"order_id": order},
            }
        case 15:
            return {"type": "identify", "userId": user, "traits": {
                "phone": phone, "city": chance.choice(["Riga", "Ventspils", None]),
                "points": chance.randrange(99)}}  # fmt: skip
        case 16:
            return {"type": "page", "anonymousId": f"old-{person}", "name": "Home"}
        case _:
            who = {"userId": user} if place > 5 and chance.random() < 0.5 else {"anonymousId": device}
            return {"type": "track", "event": chance.choice(NAMES), **who,
                    "properties": {"product_id": f"p{chance.randrange(500)}",
                                   "price": chance.randrange(9000) / 100}}  # fmt: skip


def _basket(order: str, chance: random.Random) -> dict[str, Any]:
    lines = [{"product_id": f"p{chance.randrange(500)}", "price": chance.randrange(100, 9000) / 100, "quantity": 1}
             for _ in range(1 + chance.randrange(3))]  # fmt: skip
    return {
        "order_id": order,
        "total": round(sum(line["price"] for line in lines), 2),
        "currency": "EUR",
        "products": lines,
    }


def shuffled(items: Sequence[Item], seed: int) -> list[tuple[datetime, bytes]]:
    """Requests, each with the moment of its arrival: another order, other doubles, other late ones, other clocks."""
    chance = random.Random(seed)
    sent = [_sent(item, chance) for item in items]
    sent += [_sent(item, chance) for item in items if chance.random() < DOUBLES]
    chance.shuffle(sent)
    sent.sort(key=lambda told: told[0])  # those of one moment stay shuffled
    requests: list[tuple[datetime, bytes]] = []
    while sent:
        many = chance.randrange(1, 200)
        group, sent = sent[:many], sent[many:]
        for at in sorted({at for at, _ in group}):
            batch = [item for when, item in group if when == at]
            requests.append((at, json.dumps({"batch": batch}).encode()))
    return requests


def _sent(item: Item, chance: random.Random) -> tuple[datetime, Item]:
    late = LATEST * chance.random() if chance.random() < LATE else timedelta(0)
    late = timedelta(hours=late // timedelta(hours=1))  # arrivals of one hour stand in one request
    wrong = FASTEST_CLOCK * chance.random() if chance.random() < SKEWED else timedelta(0)
    wrong = timedelta(seconds=wrong // timedelta(seconds=1))
    told = datetime.fromisoformat(item["timestamp"]) + wrong
    return SENT + late, item | {"timestamp": _iso(told), "sentAt": _iso(SENT + late + wrong)}


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def take_in(requests: Sequence[tuple[datetime, bytes]]) -> Any:
    """Carry all out in a workspace of its own; gives the workspace."""
    from cadenza.base import clock, database, projection
    from cadenza.base.inbox import service as inbox
    from cadenza.cdp.ingest import pipeline
    from cadenza.trust.accounts import service as accounts
    from cadenza.trust.consent import service as consent

    with database.system_scope():
        made = accounts.create_workspace("Shuffled", currency="EUR")
        with database.scope(made.id):
            consent.ensure_topics(made.id)
    with clock.fixed(SENT) as now:
        for at, payload in requests:
            now.move(seconds=(at - clock.now()).total_seconds())
            with database.scope(made.id):
                inbox.append(made.id, "batch", payload, source="api")
        while pipeline.step():
            pass
    projection.drain()
    return made.id


def state(workspace: Any) -> State:
    """Everything known of everybody, by what recognises them and never by number."""
    from cadenza.base import clickhouse, database
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.ingest import service as ingest
    from cadenza.cdp.orders import service as orders
    from cadenza.cdp.profiles import service as profiles

    found: State = {}
    with database.scope(workspace):
        did, cursor = _did(clickhouse, workspace), ""
        while True:
            page = profiles.page(workspace, after=cursor or None, limit=500)
            for person in page.items:
                known = sorted(f"{one.kind}={one.value}" for one in identity.of_person(workspace, person.id))
                found[" ".join(known) or "nobody"] = {
                    "profile": _fields(person),
                    "told": {
                        name: told.at.isoformat()
                        for name, told in profiles.told(workspace, person.id).items()
                    },
                    "orders": sorted(map(_order, orders.of_person(workspace, person.id)), key=str),
                    "events": sorted(did.pop(person.id, {}).items()),
                }
            cursor = page.next or ""
            if not cursor:
                break
        found["(events of nobody)"] = sum(sum(counts.values()) for counts in did.values())
        found["(rejected)"] = sorted(map(list, ingest.rejected_by_code(workspace)))
    return found


def _did(clickhouse: Any, workspace: Any) -> dict[int, dict[str, int]]:
    rows = clickhouse.query(
        "select if(o.into = 0, e.profile, o.into) as who, e.name,"
        " count(), sum(cityHash64(e.id, e.at, e.properties)) from event e"
        " left join (select profile, into from profile_override final where workspace = {w:UUID}) o"
        " on o.profile = e.profile where e.workspace = {w:UUID} group by who, e.name",
        {"w": str(workspace)},
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for who, name, count, hashed in rows:
        found[who] |= {name: count, f"{name} #": hashed}
    return found


def _fields(person: Any) -> dict[str, Any]:
    left_out = {"id", "updated_at"}
    return {
        name: str(value) for name, value in sorted(vars(person).items()) if name not in left_out and value
    }


def _order(order: Any) -> dict[str, Any]:
    return {
        name: str(value)
        for name, value in sorted(vars(order).items())
        if name not in ("profile", "id", "home")
    }


def hashed(found: State) -> str:
    """The hash of a state."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()


def difference(one: State, other: State, most: int = 5) -> list[str]:
    """The first differences of two states, in words."""
    told = []
    for key in sorted(one.keys() | other.keys()):
        mine, theirs = one.get(key), other.get(key)
        if mine == theirs:
            continue
        if isinstance(mine, dict) and isinstance(theirs, dict):
            told += [
                f"{key[:160]}: {part}: {mine[part]} or {theirs[part]}"
                for part in mine
                if mine[part] != theirs[part]
            ]
        else:
            told.append(f"{key[:300]}: {'only in the first' if theirs is None else 'only in the second'}")
        if len(told) >= most:
            break
    return [line[:900] for line in told[:most]]


def compare(
    events: int, shuffles: int, seed: int, sharing: Sharing | None = None
) -> Iterator[dict[str, Any]]:
    """One line an order, with its hash, and what differs from the first."""
    items, first = made(events, seed, sharing), None
    for number in range(shuffles):
        began = time.perf_counter()
        found = state(take_in(shuffled(items, seed * 1000 + number)))
        first = first or found
        yield {
            "name": "shuffle", "seed": seed, "order": number, "events": len(items), "people": len(found) - 2,
            "hash": hashed(found)[:16], "seconds": round(time.perf_counter() - began, 1),
            "difference": difference(first, found),
        }  # fmt: skip


def main() -> None:
    """Compare on engines of its own."""
    events, shuffles, seed = (
        int(told) for told in (*sys.argv[1:], *(EVENTS, SHUFFLES, 1)[len(sys.argv) - 1 :])
    )
    os.environ |= {"CADENZA_DATA": tempfile.mkdtemp(prefix="cadenza-shuffle-"), "CADENZA_LOG_LEVEL": "ERROR"}
    from cadenza import engines

    def run() -> set[str]:
        hashes = set()
        for line in compare(events, shuffles, seed):
            print(json.dumps(line), flush=True)
            hashes.add(line["hash"])
        return hashes

    try:
        engines.start()
        found = engines.in_thread(run)
    finally:
        engines.stop()
        shutil.rmtree(os.environ["CADENZA_DATA"], ignore_errors=True)
    raise SystemExit(0 if len(found) == 1 else f"{len(found)} different states came of {shuffles} orders.")


if __name__ == "__main__":
    main()
