"""The product as a user runs it: a process of its own on a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Product:
    """A running server, with a key of each kind."""

    port: int
    data: Path
    write_key: str
    secret_key: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it; `start` goes on with the same folder."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def start(self) -> None:
        """Start it again."""
        self.process = command(self.data, "serve", "--port", str(self.port))
        wait_for(self.port, self.process)

    def get(self, path: str) -> Any:
        """The JSON that the API answers."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {self.secret_key}"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: Path, *words: str, **more: str) -> subprocess.Popen[bytes]:
    """Start `cadenza` with a data folder."""
    env = os.environ | {
        "CADENZA_DATA": str(data),
        "CADENZA_SINK_PORT": "0",
        "CADENZA_LOG_LEVEL": "WARNING",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "cadenza.cli.main", *words], env=env, stdout=subprocess.PIPE
    )


@contextmanager
def running(**more: str) -> Iterator[Product]:
    """A server on an empty folder, stopped and removed afterwards."""
    data, port = Path(tempfile.mkdtemp(prefix="cadenza-bench-")), free_port()
    server = command(data, "serve", "--port", str(port), **more)
    try:
        wait_for(port, server)
        keys = [
            command(data, "key", kind, **more).communicate(timeout=60)[0].decode().strip()
            for kind in ("write", "secret")
        ]
        product = Product(port, data, keys[0], keys[1], server)
        try:
            yield product
        finally:
            server = product.process
    finally:
        server.terminate()
        server.wait(timeout=60)
        shutil.rmtree(data, ignore_errors=True)


def wait_for(port: int, server: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Wait until a server answers; raises RuntimeError where it ended instead."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError("The server ended before it answered.")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not answer in time.")
