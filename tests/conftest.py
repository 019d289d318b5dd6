"""The real engines for every test: one bundled PostgreSQL and one chDB a test process, a fresh workspace a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import pytest

DATA = Path(tempfile.mkdtemp(prefix="cadenza-test-"))
os.environ["CADENZA_DATA"] = str(DATA)
os.environ["CADENZA_SINK_PORT"] = "0"
os.environ["DJANGO_SETTINGS_MODULE"] = "cadenza.settings"
os.environ.setdefault("CADENZA_LOG_LEVEL", "ERROR")
django.setup()


@pytest.fixture(scope="session")
def engines() -> Iterator[Path]:
    """PostgreSQL and ClickHouse, migrated, for as long as the tests run."""
    from cadenza import engines as running

    running.start()
    yield DATA
    running.stop()
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture
def workspace(engines: Path) -> Any:
    """A workspace of its own for each test, with its topics."""
    from cadenza.base import database
    from cadenza.trust.accounts import service as accounts
    from cadenza.trust.consent import service as consent

    with database.system_scope():
        made = accounts.create_workspace("Test shop", currency="EUR")
    with database.scope(made.id):
        consent.ensure_topics(made.id)
    return made.id


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands at noon of 1 March 2030 until it is moved."""
    from cadenza.base import clock

    with clock.fixed(datetime(2030, 3, 1, 12, tzinfo=UTC)) as fixed:
        yield fixed


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: packed ones differ from second to second, and processes must agree on the names."""
    return argname if isinstance(val, bytes) else None
