"""The bundled server starts once, is found again after a kill, and lives in folders of any name."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest

from cadenza.base.postgres import server


@pytest.fixture
def folder():
    """A folder that nobody else may enter."""
    made = Path(tempfile.mkdtemp(prefix="cadenza-pg-"))
    made.chmod(0o700)
    yield made
    for data in made.glob("**/postgres"):
        server.stop(data.parent)
    shutil.rmtree(made, ignore_errors=True)


def postmaster(data):
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def ask(data, role=server.APP):
    with psycopg.connect(server.address(data).url(role)) as connection:
        return connection.execute("select current_user").fetchone()[0]


def test_it_starts_is_attached_to_recovers_and_stops(folder):
    (folder / "postgres.making").mkdir()  # a first start that was killed in its middle
    server.start(folder)
    assert (ask(folder), ask(folder, server.OWNER)) == (server.APP, server.OWNER)
    first = postmaster(folder)
    server.start(folder)
    assert postmaster(folder) == first
    os.kill(first, signal.SIGKILL)  # its lock file stays, and its number may belong to somebody else by now
    lock = folder / "postgres" / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(first), str(os.getpid()), 1))
    lock.unlink() if os.getuid() != 0 else None
    server.start(folder)
    assert ask(folder) == server.APP
    server.stop(folder)
    assert not server.runs(folder)


def test_one_that_ends_by_itself_is_started_again(folder, monkeypatch):
    monkeypatch.setattr(server, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(server, "WATCH_SECONDS", 0.1)
    server.start(folder)
    first, stopping = postmaster(folder), threading.Event()
    keeper = threading.Thread(target=server.keep, args=(folder, stopping))
    keeper.start()
    try:
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 60
        while (not server.runs(folder) or postmaster(folder) == first) and time.monotonic() < until:
            time.sleep(0.1)
        assert postmaster(folder) != first
        assert ask(folder) == server.APP
    finally:
        stopping.set()
        keeper.join(60)


@pytest.mark.parametrize("name", ["Кафе & co 100%", "it's mine, too", "x" * 120])
def test_a_folder_may_have_any_name(folder, name):
    data = folder / name
    server.start(data)
    assert ask(data) == server.APP


def test_the_passwords_are_for_the_owner_of_the_folder_alone(folder):
    server.address(folder)
    assert (folder / "postgres.passwords").stat().st_mode & 0o777 == 0o600
