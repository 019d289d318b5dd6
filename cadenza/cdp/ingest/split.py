"""Divide a request among partitions: what is told of one person goes to one, so that it stays in order.

The person is whom the item names most surely: `userId`, else `anonymousId`.  Items that name nobody have
no order to keep, and no place of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

import msgspec

from cadenza.base.inbox.port import Accepted


class _Named(msgspec.Struct):
    userId: Any = None
    anonymousId: Any = None


_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])
_batch = msgspec.json.Decoder(list[msgspec.Raw])
_named = msgspec.json.Decoder(_Named)
_any = msgspec.json.Decoder()


def split(accepted: Accepted, partitions: int) -> Mapping[int, Accepted]:
    """The request, or its parts, by partition. The items of each part keep their order, and their flaws."""
    if accepted.kind != "batch":
        return {_partition(accepted, accepted.payload, partitions): accepted}
    envelope = _envelope.decode(accepted.payload)
    items: dict[int, list[msgspec.Raw]] = defaultdict(list)
    places: list[tuple[int, int]] = []
    for raw in _batch.decode(envelope["batch"]):
        partition = _partition(accepted, raw, partitions)
        places.append((partition, len(items[partition])))
        items[partition].append(raw)
    if len(items) < 2:
        return {next(iter(items), 0): accepted}
    flaws = _divided(accepted.flaws, places)
    return {
        partition: replace(
            accepted,
            payload=msgspec.json.encode({**envelope, "batch": raws}),
            flaws=msgspec.json.encode(flaws[partition]) if partition in flaws else None,
        )
        for partition, raws in items.items()
    }


def _partition(accepted: Accepted, raw: bytes | msgspec.Raw, partitions: int) -> int:
    try:
        item = _named.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return 0
    told = item.anonymousId if item.userId in (None, "") else item.userId
    name = "" if told is None else str(told).strip()
    return crc32(accepted.workspace.bytes + name.encode("utf-8", "replace")) % partitions


def _divided(flaws: bytes | None, places: list[tuple[int, int]]) -> dict[int, list[list[Any]]]:
    """What was found wrong, with the places that the items have in their parts."""
    found: dict[int, list[list[Any]]] = defaultdict(list)
    for index, *reason in _any.decode(flaws) if flaws else ():
        partition, place = places[index]
        found[partition].append([place, *reason])
    return found
