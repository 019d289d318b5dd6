"""How accepted requests travel and lie on NATS: some of one partition together, each with the name it keeps for ever.

All fields of `Accepted` are written by their names: who reads an older frame finds the defaults of fields that came
later, and who reads a newer one passes over what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from cadenza.base.inbox.port import Accepted

MOST_BYTES = 512 << 10  # of payloads in one frame; one request alone may be larger


@dataclass(frozen=True)
class Part:
    """A request, or what one partition got of it."""

    name: str
    accepted: Accepted

    @property
    def size(self) -> int:
        return len(self.accepted.payload) + len(self.accepted.flaws or b"")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Part])


def pack(parts: Sequence[Part]) -> bytes:
    """One frame."""
    return _encoder.encode(parts)


def unpack(frame: bytes) -> list[Part]:
    """What a frame holds, in its order."""
    return _decoder.decode(frame)


def bundles(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Parts in their order, as many together as go into one frame."""
    bundle: list[Part] = []
    size = 0
    for part in parts:
        if bundle and size + part.size > MOST_BYTES:
            yield bundle
            bundle, size = [], 0
        bundle.append(part)
        size += part.size
    if bundle:
        yield bundle
