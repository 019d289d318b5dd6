"""A 2xx is written after the disk has the event, and not before: seen in the system calls of server and database."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server as servers
from tests.fault.harness import new_seed, publish, sized

STRACE = shutil.which("strace")
pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(not STRACE, reason="strace is not installed: apt-get install strace"),
]

REQUESTS = sized(20, 500)
CALLS = "fdatasync,fsync,pwrite64,pwritev,write,writev,sendto,sendmsg"
SYNCED = re.compile(r"^\d+ +(?:<\.\.\. )?f(?:data)?sync(?:\(\d+| resumed>)\)? += 0")


@pytest.fixture(scope="module")
def trace() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cadenza-trace-"))
    yield folder / "calls"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(trace: Path) -> Iterator[servers.Server]:
    before = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "65536", "-e", f"trace={CALLS}", "-o", str(trace))
    running = servers.Server(
        Path(tempfile.mkdtemp(prefix="cadenza-server-")), servers.free_port(), before=before
    )
    try:
        running.start()
        running.before = ()
        running.make_keys()
        yield running
    finally:
        for number in servers.processes(running, "serve"):
            os.kill(number, signal.SIGTERM)
        if running.process:
            running.process.wait(120)
        shutil.rmtree(running.data, ignore_errors=True)


def test_each_answer_follows_the_sync_of_what_it_promises(server, trace):
    seed = new_seed()
    names = [f"needle{seed:06d}x{n:05d}" for n in range(REQUESTS)]
    for name in names:
        told = {"userId": name, "event": "Traced", "messageId": name, "properties": {"again": [name, name]}}
        assert server.post("/v1/track", told)[0] == 200
    lines = trace.read_text(errors="replace").splitlines()
    found = [in_order(lines, name) for name in names]
    observed = {"requests": REQUESTS, "synced_before_answered": sum(found)}
    publish("order of sync", seed, load=f"{REQUESTS} requests, one at a time", faults="none; system calls are read",
            expected={"synced_before_answered": REQUESTS}, observed=observed)  # fmt: skip
    assert all(found), f"answered before it was synced: {json.dumps(names[found.index(False)])}"


def in_order(lines: list[str], name: str) -> bool:
    """Whether the write of a request to the log, the end of a sync and the answer follow each other in this order."""
    told = next(n for n, line in enumerate(lines) if name in line)  # by the server, to the database
    answered = next(n for n in range(told, len(lines)) if "HTTP/1.1 200" in lines[n])
    written = [n for n in range(told, answered) if name in lines[n] and "pwrite" in lines[n]]
    return bool(written) and any(SYNCED.match(lines[n]) for n in range(written[0], answered))


def test_the_reader_of_traces_sees_an_answer_that_came_too_early():
    told, write, sync = (
        "3 sendto(8, …needle…",
        '7 pwrite64(5, "…needle…", 8192, 0) = 8192',
        "7 fdatasync(5) = 0",
    )
    answer = '3 write(9, "HTTP/1.1 200 OK…"'
    assert in_order([told, write, sync, answer], "needle")
    assert in_order(
        [told, write, "7 fdatasync(5 <unfinished ...>", "7 <... fdatasync resumed>) = 0", answer], "needle"
    )
    assert not in_order([told, write, answer, sync], "needle")
    assert not in_order(
        [told, write, "7 fdatasync(5 <unfinished ...>", answer, "7 <... fdatasync resumed>) = 0"], "needle"
    )
