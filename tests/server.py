"""A real server in a process of its own, for tests of what only a whole process shows."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from cadenza.base.postgres import server as postgres

START_SECONDS = 90


@dataclass
class Server:
    """A running server; it can be killed and started again on the same folder.

    `settings`: more of `CADENZA_*`; `before`: a program that runs it, with its words (`strace -f …`).
    """

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    write_key: str = ""
    secret_key: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, stderr: int | None = None, **settings: str) -> subprocess.Popen[bytes]:
        """Start `cadenza` with some words on this folder, with more settings than it has already."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("CADENZA_")}
        env |= {
            "CADENZA_DATA": str(self.data),
            "CADENZA_SINK_PORT": "0",
            "CADENZA_LOG_LEVEL": "ERROR",
            **self.settings,
            **settings,
        }
        return subprocess.Popen(
            [*self.before, sys.executable, "-m", "cadenza.cli.main", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = self.command("serve", "--port", str(self.port))
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, "the server ended before it answered"
            try:
                urllib.request.urlopen(f"{self.url}/health/live", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not answer in time")

    def make_keys(self) -> None:
        """Two keys, made on the command line beside the server."""
        self.write_key, self.secret_key = (self.say("key", kind) for kind in ("write", "secret"))

    def say(self, *words: str) -> str:
        """What a command prints; it must not fail."""
        process = self.command(*words)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, words
        return out.decode().strip()

    def kill(self) -> None:
        """End it as a power cut would: no goodbye."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a POST; `body` is bytes or something to encode."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key or self.write_key}"}
        return self._call(urllib.request.Request(self.url + path, data=data, headers=headers))

    def get(self, path: str, key: str | None = None) -> tuple[int, Any]:
        """Status and JSON of a GET with the secret key."""
        return self._call(
            urllib.request.Request(
                self.url + path, headers={"Authorization": f"Bearer {key or self.secret_key}"}
            )
        )

    def _call(self, asked: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read() or b"null")

    def counted(self) -> dict[str, int]:
        """The events that can be queried, by name."""
        return {row["name"]: row["count"] for row in self.get("/api/v1/events/names")[1]}

    def wait_for(self, events: int, seconds: float = 30) -> dict[str, int]:
        """Wait until so many events can be queried."""
        until = time.monotonic() + seconds
        while sum((found := self.counted()).values()) < events and time.monotonic() < until:
            time.sleep(0.1)
        return found


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    """A server on an empty folder, stopped and removed afterwards."""
    server = Server(Path(tempfile.mkdtemp(prefix="cadenza-server-")), free_port(), settings=settings)
    try:
        server.start()
        server.make_keys()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.data, ignore_errors=True)


@contextmanager
def truth(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the tables' owner to the bundled PostgreSQL of a server."""
    with psycopg.connect(postgres.address(server.data).url(postgres.OWNER), autocommit=True) as connection:
        connection.execute("set cadenza.workspace = '*'")
        yield connection


def processes(server: Server, word: str) -> list[int]:
    """The processes of `cadenza` with this word that work on the server's folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            data = f"CADENZA_DATA={server.data}".encode() in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if data and words[1:3] == [b"-m", b"cadenza.cli.main"] and word.encode() in words:
            found.append(int(folder.name))
    return found
