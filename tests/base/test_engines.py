"""Two instances on one folder are impossible, and the second one says why."""

from __future__ import annotations

import os
import subprocess
import sys

from cadenza import engines as running


def test_a_second_instance_says_who_is_there(engines):
    told = subprocess.run(
        [sys.executable, "-m", "cadenza.cli.main", "serve", "--port", "18799"],
        capture_output=True, text=True, timeout=60,
        env=os.environ | {"CADENZA_DATA": str(engines)},
    )  # fmt: skip
    said = told.stderr + told.stdout
    assert told.returncode != 0
    assert f"process {os.getpid()}" in said and "CADENZA_DATA" in said
    assert "Traceback" not in said
    assert running.is_locked(engines)
