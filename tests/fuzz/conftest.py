"""One real server for everything that is thrown at it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import server as servers


@pytest.fixture(scope="session")
def server() -> Iterator[servers.Server]:
    with servers.running() as found:
        yield found
