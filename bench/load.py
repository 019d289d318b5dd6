"""A client that costs little: prebuilt requests over kept-alive connections, answers counted by their status line."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What came of a load: seconds of each answered request, answers that were not 200, and the wall clock."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds below which `share` (0..1) of the answers came."""
        ordered = sorted(self.latencies)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else 0.0


def request(path: str, body: bytes, headers: dict[str, str], host: str = "localhost") -> bytes:
    """The bytes of one POST."""
    told = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return (
        f"POST {path} HTTP/1.1\r\n{''.join(f'{k}: {v}' + chr(13) + chr(10) for k, v in told.items())}\r\n".encode()
        + body
    )


async def send(port: int, requests: list[bytes], connections: int) -> Outcome:
    """Send all requests over some connections, each waiting for its answer before the next."""
    outcome, waiting = Outcome(), iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*[_one(port, waiting, outcome) for _ in range(connections)])
    outcome.seconds = time.perf_counter() - started
    return outcome


async def _one(port: int, waiting: object, outcome: Outcome) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    for data in waiting:  # type: ignore[attr-defined]
        began = time.perf_counter()
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        if length:
            await reader.readexactly(length)
        outcome.latencies.append(time.perf_counter() - began)
        outcome.failed += not head.startswith(b"HTTP/1.1 200")
    writer.close()
