"""Files of the installation, under names that we make, in one folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cadenza.base import disk
from cadenza.base.config import config
from cadenza.base.ids import new_id


def keep_temporary_files_within() -> None:
    """Put what this process writes for a moment (uploads, blocks for the event store) into the data folder.

    What a killed process left there is gone at the next start: it may tell of people.
    """
    within = config().data / "tmp"
    shutil.rmtree(within, ignore_errors=True)
    within.mkdir(mode=0o700, parents=True)
    tempfile.tempdir = str(within)


def path(workspace: UUID, name: str) -> Path:
    """Where a file of a workspace lies; `name` is one that `save` gave."""
    root = (config().data / "files" / str(workspace)).absolute()
    found = (root / name).absolute()
    if found.parent != root or name == "..":
        raise ValueError("A file's name holds no folder.")
    return found


def save(workspace: UUID, source: BinaryIO, suffix: str = "") -> str:
    """Store a stream; gives back the name to open it by. `suffix` is ours, never the uploader's.

    Raises Unavailable while the disk is nearly full.
    """
    disk.need_room()
    name = f"{new_id()}{suffix}"
    target = path(workspace, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "xb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    return name


def delete(workspace: UUID, name: str) -> None:
    """Forget a file; one that is gone already is no error."""
    path(workspace, name).unlink(missing_ok=True)
