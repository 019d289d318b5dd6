"""What all fault tests share: their sizes and seeds, clients under load, and the line of JSON that each leaves behind.

`CADENZA_FAULT_SCALE=full` runs the published sizes, `CADENZA_FAULT_SEED` repeats a run, and
`CADENZA_FAULT_RESULTS` names the file that the lines are added to.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests import server as servers

Size = TypeVar("Size")
FULL = os.environ.get("CADENZA_FAULT_SCALE", "small") == "full"
RESULTS = Path(os.environ.get("CADENZA_FAULT_RESULTS") or Path(__file__).parents[2] / "fault-results.jsonl")
CLIENTS = 6
PER_BATCH = 20
AGAIN_SECONDS = 0.05


def sized(small: Size, full: Size) -> Size:
    """The size of a run: that of every day, or the published one."""
    return full if FULL else small


def new_seed() -> int:
    """The seed of a run: told, or by chance."""
    return int(os.environ.get("CADENZA_FAULT_SEED") or random.randrange(10**6))


def publish(name: str, seed: int, *, load: Any, faults: Any, expected: Any, observed: Any) -> None:
    """Print the outcome as one JSON line and add it to the results, whether it is good or bad."""
    line = json.dumps({"name": name, "seed": seed, "load": load, "faults": faults, "expected": expected,
                       "observed": observed})  # fmt: skip
    print(line)
    with RESULTS.open("a") as out:
        out.write(line + "\n")


@dataclass
class Clients:
    """Threads that send batches of events, each again under the same ids until it is accepted.

    `rate`: events a second of all clients together, or as fast as answers come; `bad`: items of each batch that
    the door must reject.
    """

    server: servers.Server
    event: str
    rate: float = 0
    bad: int = 0
    clients: int = CLIENTS
    properties: dict[str, Any] = field(default_factory=dict)
    accepted: int = 0
    rejected: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    slowest: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, client: int) -> None:
        """Send one batch after another until it is time to stop."""
        began, number, line = time.monotonic(), 0, _Line(self.server)
        while not self.stopping.is_set():
            self._send(line, f"c{client}-{number}")
            number += 1
            if self.rate:
                due = began + number * PER_BATCH * self.clients / self.rate
                self.stopping.wait(max(0.0, due - time.monotonic()))
        line.close()

    def _send(self, line: _Line, name: str) -> None:
        items = [self._event(f"{name}-{n}") for n in range(PER_BATCH)]
        items += [_bad(f"{self.event}-{name}-bad-{n}") for n in range(self.bad)]
        body = json.dumps({"batch": items}).encode()
        while True:  # to the end, also when it is time to stop: what was tried must become known
            began = time.monotonic()
            status, told = line.post(body)
            with self.lock:
                self.answers[status] += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.without_retry_after += status in (429, 503) and "retry-after" not in told
                if status == 200:
                    self.accepted += PER_BATCH
                    self.rejected += self.bad
                    return
            time.sleep(AGAIN_SECONDS)

    def _event(self, name: str) -> dict[str, Any]:
        return {"type": "track", "event": self.event, "userId": name, "messageId": f"{self.event}-{name}",
                "properties": {"n": name, **self.properties}}  # fmt: skip

    def under(self, faults: Callable[[], None]) -> Clients:
        """Work while something goes wrong."""
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(self.clients)]
        for one in threads:
            one.start()
        try:
            faults()
        finally:
            self.stopping.set()
            for one in threads:
                one.join(90)
        assert not any(one.is_alive() for one in threads), "a batch was never accepted"
        return self

    def outcome(self, seconds: float = 60) -> dict[str, Any]:
        """What came of it, once all that was accepted can be queried, or nothing more has come for so long."""
        stored, grown = -1, time.monotonic()
        while stored < self.accepted and time.monotonic() - grown < seconds:
            time.sleep(0.2)
            if (found := self._stored()) > stored:
                stored, grown = found, time.monotonic()
        time.sleep(1)  # a double would come late
        stored = self._stored()
        return {"accepted": self.accepted, "stored": stored, "lost": max(0, self.accepted - stored),
                "doubled": max(0, stored - self.accepted), "answers": dict(self.answers),
                "slowest_answer": round(self.slowest, 2)}  # fmt: skip

    def _stored(self) -> int:
        try:
            return self.server.counted().get(self.event, 0)
        except (OSError, ValueError, TypeError):
            return -1


def _bad(message: str) -> dict[str, Any]:
    """An event without a name: the door rejects it, and takes in its neighbours."""
    return {"type": "track", "userId": "nobody", "messageId": message}


class _Line:
    """A kept-alive connection of one client, made anew after a fault."""

    def __init__(self, server: servers.Server) -> None:
        self._server = server
        self._line: http.client.HTTPConnection | None = None

    def post(self, body: bytes) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer; status 0 where nobody answered: it may have been stored or not."""
        self._line = self._line or http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._server.write_key}"}
        try:
            self._line.request("POST", "/v1/batch", body, headers)
            answer = self._line.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, {}

    def close(self) -> None:
        """Hang up."""
        if self._line:
            self._line.close()
        self._line = None


class Watcher:
    """Asks something again and again beside the load, and counts the answers; `ask` gives a status."""

    def __init__(self, ask: Callable[[], int], seconds: float = 0.05) -> None:
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self._ask, self._pause = ask, seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(90)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                status = self._ask()
            except (OSError, ValueError):
                status = 0
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers[status] += 1
            self._stopping.wait(self._pause)
