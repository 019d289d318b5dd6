"""Keeps the embedded event store whole when the disk is full.

A merge that finds no space leaves a part whose files are cut short, and says nothing (chDB 4.4).  What it was made
of lies on the disk for eight minutes more.  So with little space left nothing is merged; and once there is space
again every table is read anew, which throws away what is cut short and takes up what it was made of.
"""

from __future__ import annotations

import shutil
import time

from cadenza.base import clickhouse, log
from cadenza.base.config import config

LITTLE_BYTES = 256 << 20
LOOK_SECONDS = 1.0

_short = False
_looked = 0.0


def watch() -> None:
    """Look at the disk, at most once a second; called by the one who writes, between two writes."""
    global _short, _looked
    if config().clickhouse_url or time.monotonic() - _looked < LOOK_SECONDS:
        return
    _looked = time.monotonic()
    is_short = shutil.disk_usage(config().data).free < LITTLE_BYTES
    if is_short and not _short:
        log.get(__name__).error("projection.little_space")
        clickhouse.stop_merges()
    elif not is_short and (_short or clickhouse.is_suspect()):
        log.get(__name__).warning("projection.read_anew")
        clickhouse.read_anew()
    _short = is_short
