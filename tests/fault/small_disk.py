"""A small disk for a server under test: a tmpfs in a mount namespace of its own, filled and freed from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1 << 20


class SmallDisk:
    """A folder that holds `megabytes` and no more, for processes started with `inside`.

    `here` is where those processes see it; `seen` is where everybody else does.  Needs the right to mount (root).
    """

    def __init__(self, megabytes: int) -> None:
        self.here = Path(tempfile.mkdtemp(prefix="cadenza-disk-"))
        mount = f"mount -t tmpfs -o size={megabytes}m,mode=0755 tmpfs {self.here} && echo ready && exec sleep infinity"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._holder.stdout
        self.works = self._holder.stdout.readline() == b"ready\n"
        self.seen = Path(f"/proc/{self._holder.pid}/root{self.here}")
        self.inside = ("nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt")
        self._ballast = self.seen / "ballast"

    def free(self) -> int:
        """Bytes that are left."""
        found = os.statvfs(self.seen)
        return found.f_bavail * found.f_frsize

    def fill(self, but: int) -> None:
        """Leave no more than `but` bytes."""
        with self._ballast.open("ab") as out:
            size = out.tell()
            with suppress(OSError):
                if (more := self.free() - but) > 0:
                    os.posix_fallocate(out.fileno(), size, more)

    def empty(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the disk go with all that is on it."""
        self._holder.kill()
        self._holder.wait()
        shutil.rmtree(self.here, ignore_errors=True)
