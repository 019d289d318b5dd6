"""The error file of a run: each row that was rejected, or went in with a value left out, as it stood, with the reasons.

It is a CSV that can be corrected and imported again.  What was written after the last committed
chunk is cut off before more is written, so that a crash leaves no row twice.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from cadenza.connect.imports.guarded import guarded, unguarded
from cadenza.connect.imports.types import Cell, Fault

SHORT = 6  # an id of this length may stand inside another by chance
OWN = ("import row", "import outcome", "import reasons")


def append(path: Path, header: Sequence[str], faults: Sequence[Fault], committed: int) -> int:
    """Add faults after the first `committed` bytes and wait for the disk; gives the new size, to be committed too."""
    if not faults:
        return committed
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    if not committed:
        lines.writerow([*OWN, *header])
    for one in faults:
        lines.writerow([guarded(cell) for cell in (str(one.row), one.outcome, one.reasons, *one.cells)])
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "r+b" if path.exists() else "w+b") as file:
        file.truncate(committed)
        file.seek(committed)
        file.write(text.getvalue().encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def read(path: Path, after: int, limit: int) -> list[Fault]:
    """Some lines of an error file, after so many."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        return [_fault(line) for line in islice(lines, after, after + limit)]


def _fault(line: list[str]) -> Fault:
    row, outcome, reasons, *cells = map(unguarded, line)
    return Fault(int(row), outcome, reasons, tuple(cells))


def texts(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Cells as the error file writes them."""
    return tuple("" if cell is None else str(cell) for cell in cells)


def forget(path: Path, values: frozenset[str]) -> int:
    """Take out every row with one of these values (lower case) in a cell; gives how many."""
    if not path.exists():
        return 0
    fresh, gone = path.with_suffix(".new"), 0
    with (
        open(path, encoding="utf-8", newline="") as old,
        open(fresh, "w", encoding="utf-8", newline="") as new,
    ):
        kept = csv.writer(new, lineterminator="\r\n")
        for line in csv.reader(old):
            if any(holds(cell, values) for cell in line[len(OWN) - 1 :]):
                gone += 1
            else:
                kept.writerow(line)
    fresh.replace(path)
    return gone


def holds(cell: str, values: frozenset[str]) -> bool:
    """Whether a cell is, or contains, one of these values (lower case)."""
    lowered = unguarded(cell).strip().lower()
    return lowered in values or any(len(value) > SHORT and value in lowered for value in values)
