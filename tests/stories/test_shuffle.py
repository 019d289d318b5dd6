"""The same events in any order, some twice, some late, some by a wrong clock, end in the same people."""

from __future__ import annotations

import json

import pytest

from bench import shuffle
from tests.fault.harness import new_seed, publish, sized

pytestmark = pytest.mark.story

EVENTS = sized(2_000, 200_000)
SHUFFLES = sized(3, 20)
SHARING = shuffle.Sharing(devices=12, phones=6, emails=6)


def test_in_whatever_order_events_arrive_everything_known_is_the_same(engines):
    seed, hashes, differences = new_seed(), set(), []
    for line in shuffle.compare(EVENTS, SHUFFLES, seed, SHARING):
        print(json.dumps(line))
        hashes.add(line["hash"])
        differences += line["difference"]
    publish("shuffle", seed, load=f"{EVENTS} events, {SHUFFLES} orders",
            faults="10 % doubled, 5 % late, 1 % by a wrong clock",
            expected={"hashes": 1}, observed={"hashes": len(hashes), "hash": sorted(hashes)[0]})  # fmt: skip
    assert differences == []
    assert len(hashes) == 1


def test_what_is_compared_tells_people_apart(engines):
    """One event less, or one value otherwise, and the hash is another."""
    items = shuffle.made(200, 7)
    whole = shuffle.state(shuffle.take_in(shuffle.shuffled(items, 1)))
    assert len(whole) > 10
    assert sum(
        count
        for one in whole.values()
        if isinstance(one, dict)
        for name, count in one["events"]
        if "#" not in name
    )
    without = shuffle.state(shuffle.take_in(shuffle.shuffled(items[:-1], 1)))
    assert shuffle.hashed(whole) != shuffle.hashed(without)
    assert shuffle.difference(whole, without)
    other = json.loads(json.dumps(items).replace("Riga", "Cesis"))
    assert shuffle.hashed(whole) != shuffle.hashed(shuffle.state(shuffle.take_in(shuffle.shuffled(other, 1))))
