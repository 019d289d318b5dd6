"""Runs a command with one more listener: whatever is told of segments is written down in the teller's transaction.

`python -m tests.fault.listening python -m cadenza.cli.main serve …`, over a table `told` that the test has made.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from typing import Any

from cadenza.base.fact import listen
from cadenza.cdp.segments.facts import SegmentEntered, SegmentLeft


def heard(facts: Sequence[Any]) -> None:
    """Who entered, or left."""
    from django.db import connection

    rows = [(str(one.segment), one.profile, isinstance(one, SegmentEntered)) for one in facts]
    with connection.cursor() as cursor:
        cursor.executemany("insert into told (segment, profile, entered) values (%s, %s, %s)", rows)


if __name__ == "__main__":
    listen(SegmentEntered, heard)
    listen(SegmentLeft, heard)
    _, _, _, module, *words = sys.argv
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__")
