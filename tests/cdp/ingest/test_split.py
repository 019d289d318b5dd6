"""What is told of one person goes to one partition, whole and in order; nothing is lost on the way."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cadenza.base.ids import WorkspaceId
from cadenza.base.inbox.port import Accepted
from cadenza.cdp.ingest.split import split

SHOP = WorkspaceId(UUID(int=7))
AT = datetime(2030, 1, 1, tzinfo=UTC)


def request(payload: bytes, kind: str = "batch", flaws: bytes | None = None) -> Accepted:
    return Accepted(SHOP, kind, payload, AT, "api", flaws)


def batch(*items: object, **more: object) -> Accepted:
    return request(msgspec.json.encode({"batch": items, **more}))


def items(part: Accepted) -> list:
    return msgspec.json.decode(part.payload)["batch"]


IDS = st.none() | st.integers(0, 9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
ITEMS = (
    st.fixed_dictionaries({"userId": IDS, "anonymousId": IDS, "n": st.integers(0, 99)})
    | st.none()
    | st.integers(0, 9)
)


@given(st.lists(ITEMS, max_size=30), st.integers(1, 9))
def test_every_item_is_in_one_part_and_each_part_keeps_the_order(told, partitions):
    parts = split(batch(*told), partitions)
    assert set(parts) <= set(range(partitions))
    found = [item for part in parts.values() for item in items(part)]
    assert sorted(map(repr, found)) == sorted(map(repr, told))
    for part in parts.values():
        left = iter(told)
        assert all(any(item == one for one in left) for item in items(part))


@given(IDS, IDS, st.integers(2, 9))
def test_a_person_has_one_partition_however_it_is_told(user, device, partitions):
    item = {"userId": user, "anonymousId": device}
    alone = set(split(batch(item), partitions))
    among = split(batch({"userId": "a"}, item, {"userId": "b"}, {"userId": "c"}), partitions)
    single = set(split(request(msgspec.json.encode(item), "track"), partitions))
    assert alone == single == {partition for partition, part in among.items() if item in items(part)}


def test_the_strongest_id_decides_and_a_number_is_a_text():
    def place(**told: object) -> set[int]:
        return set(split(batch(told), 1000))

    assert place(userId="u", anonymousId="x") == place(userId=" u ", anonymousId="y") == place(userId="u")
    assert place(userId=7) == place(userId="7")
    assert place(anonymousId="x") == place(userId="", anonymousId="x") != place(userId="u")


def test_workspaces_are_strewn_apart():
    other = Accepted(WorkspaceId(UUID(int=8)), "batch", b'{"batch":[{"userId":"u"}]}', AT)
    assert set(split(other, 1000)) != set(split(batch({"userId": "u"}), 1000))


def test_the_envelope_goes_with_each_part_and_flaws_follow_their_items():
    told = [{"userId": f"u{n}", "n": n} for n in range(20)]
    flaws = [[n, "wrong", f"number {n}", "at"] for n in (0, 7, 19)]
    payload = msgspec.json.encode({"sentAt": "2030", "batch": told, "context": {"a": 1}})
    parts = split(request(payload, flaws=msgspec.json.encode(flaws)), 4)
    assert len(parts) == 4
    named = defaultdict(list)
    for part in parts.values():
        envelope = msgspec.json.decode(part.payload)
        assert (envelope["sentAt"], envelope["context"]) == ("2030", {"a": 1})
        for index, code, detail, at in msgspec.json.decode(part.flaws) if part.flaws else []:
            named[items(part)[index]["n"]].append([code, detail, at])
    assert named == {n: [["wrong", f"number {n}", "at"]] for n in (0, 7, 19)}


def test_what_stays_whole_is_not_written_anew():
    for told in (batch({"userId": "u"}, {"userId": "u"}), batch(), request(b'{"userId":"u"}', "track")):
        [part] = split(told, 8).values()
        assert part is told
