"""Turns a list of complaints into one failure that reads like advice."""

from __future__ import annotations

import pytest


def none_of(complaints: list[str]) -> None:
    """Fail with every complaint on a line of its own."""
    if complaints:
        pytest.fail(f"{len(complaints)} to mend:\n" + "\n".join(complaints), pytrace=False)
