"""The event store of a server under test: a ClickHouse that can be killed, and a line to it that can be cut."""

from __future__ import annotations

import hashlib
import json
import re
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests import server as servers

START_SECONDS = 60
HEARD = 1 << 16
HEAD = 4096
EVENTS_IN = re.compile(rb"INSERT INTO event\b", re.IGNORECASE)  # elsewhere doubles would not be seen


class ClickHouse:
    """A ClickHouse over HTTP (see clickhouse_server.py), started, killed and started again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "tests.fault.clickhouse_server", str(self.port), str(self.folder)]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/ping", timeout=5).close()
                return
            time.sleep(0.1)
        raise AssertionError("ClickHouse did not start in time")

    def kill(self) -> None:
        """End it without a goodbye."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def rows(self, sql: str) -> list[list[Any]]:
        """The rows of a query."""
        asked = f"{self.url}/?query={quote(sql + ' format JSONCompactEachRow')}"
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]


class Line(threading.Thread):
    """A proxy for TCP that cuts: `cut(many)` hangs up on both sides after the next inserts of events were carried out.

    Whoever sent them learns nothing.
    """

    def __init__(self, to: int) -> None:
        super().__init__(daemon=True)
        self._to, self._left, self._lock = to, 0, threading.Lock()
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def cut(self, many: int) -> None:
        """Cut the next inserts."""
        with self._lock:
            self._left = many

    def run(self) -> None:
        while True:
            with suppress(OSError):
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server:
            inserting = False
            while ready := select.select([client, server], [], [])[0]:
                if client in ready:
                    told = client.recv(HEARD)
                    inserting = inserting or bool(EVENTS_IN.search(told[:HEAD]))
                    server.sendall(told)
                elif inserting and self._is_cut():
                    server.recv(HEARD)  # it was carried out and is answered: the answer is lost
                    return
                else:
                    told, inserting = server.recv(HEARD), False
                    client.sendall(told)
                if not told:
                    return

    def _is_cut(self) -> bool:
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            self.cuts += 1
            return True


def told(server: servers.Server, event: str) -> dict[UUID, int]:
    """What the log of accepted requests says of the events of a name: the id of each, and a hash of what it tells."""
    found = {}
    with servers.truth(server) as connection:
        for (payload,) in connection.execute("select payload from inbox_arrival"):
            for item in json.loads(bytes(payload)).get("batch", ()):
                if item and item.get("event") == event:
                    number = hashlib.blake2b(item["messageId"].encode(), digest_size=16).digest()
                    found[UUID(bytes=number)] = _hash(UUID(bytes=number), event, item["properties"])
    return found


def stored(store: ClickHouse, event: str) -> list[tuple[UUID, int]]:
    """What the event store holds of them, doubles included."""
    rows = store.rows(f"select id, name, properties from event where name = '{event}'")
    return [
        (UUID(number), _hash(UUID(number), name, json.loads(properties))) for number, name, properties in rows
    ]


def _hash(number: UUID, name: str, properties: dict[str, Any]) -> int:
    text = f"{number} {name} {json.dumps(properties, sort_keys=True)}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def hash_sum(hashes: Iterable[int]) -> int:
    """The sum of hashes: the same for the same rows in any order, another one where a row is missing or doubled."""
    return sum(hashes) & (2**64 - 1)
