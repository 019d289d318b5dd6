"""A million customers through the public importer by command line, beside a running server: speed and memory.

The ceiling, in the same run, is what no importer can avoid: Python's CSV reader and a COPY of the same columns into
one table of the same PostgreSQL, in the same chunks of a thousand rows, each committed.  Memory is the peak of the
importer's process above what the same command takes for a thousand rows.
"""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.product import command, running

ROWS, FEW = 1_000_000, 1_000
CHUNK = 1_000
LOOK_SECONDS = 0.2
HEADER = ("Customer", "Mail", "Name", "Phone", "Born", "City", "Country", "Points", "Since")
MAPPING = """
kind = "customers"
source = "bench"
region = "LV"
[basis]
legal = "contract"
source = "Made."
[columns]
Customer = "external_id"
Mail = "email"
Name = "full_name"
Phone = "phone"
Born = "birth_date"
City = "city"
Country = "country"
Points = { to = "traits.points", type = "integer" }
Since = "registered_at"
"""


def write(file: Path, rows: int) -> None:
    """A file of made customers."""
    chance = random.Random(3)
    with file.open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(HEADER)
        for n in range(rows):
            day = f"0{1 + n % 9}-1{n % 9}"
            who = (
                f"C{n}",
                f"c{n}@shop.example",
                f"Ann{n % 977} Lee{n}",
                f"+3712{n:07d}",
                f"19{50 + n % 50}-{day}",
            )
            city, points = chance.choice(("Riga", "Oslo", "Bonn")), chance.randrange(9999)
            lines.writerow((*who, city, "LV", points, f"2024-{day}T10:00:00Z"))


def run(scale: float) -> Iterator[dict[str, Any]]:
    """Import few and many, then the ceiling, on one folder."""
    rows = max(FEW * 5, int(ROWS * scale))
    folder = Path(tempfile.mkdtemp(prefix="cadenza-bench-"))
    try:
        few, many, mapping = folder / "few.csv", folder / "many.csv", folder / "map.toml"
        write(few, FEW)
        write(many, rows)
        mapping.write_text(MAPPING)
        with running() as product:
            _, at_rest = timed(product.data, few, mapping)
            seconds, peak = timed(product.data, many, mapping)
            ceiling = rows / bare(product.data, many)
        value = rows / seconds
        yield {
            "name": "import.customers", "value": round(value), "unit": "rows/s", "ceiling": round(ceiling),
            "ratio": round(value / ceiling, 3), "rows": rows, "seconds": round(seconds, 1),
            "megabytes_more": peak - at_rest, "megabytes_peak": peak,
        }  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def timed(data: Path, file: Path, mapping: Path) -> tuple[float, int]:
    """Seconds of an import by command line, and the peak of its memory in megabytes."""
    began = time.perf_counter()
    process = command(data, "import", "customers", str(file), "--map", str(mapping))
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        time.sleep(LOOK_SECONDS)
    if process.returncode:
        raise SystemExit(f"The import ended with {process.returncode}.")
    return time.perf_counter() - began, peak


def _peak(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in told.splitlines() if line.startswith("VmHWM")), 0)


def bare(data: Path, file: Path) -> float:
    """Seconds of reading the file and copying it, in a process of its own."""
    code = "import sys; from bench.imports import copy; copy(sys.argv[1], sys.argv[2])"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(data), str(file)], check=True)
    return time.perf_counter() - began


def copy(data: str, file: str) -> None:
    """Copy a file as it is, chunk by chunk."""
    import psycopg

    from cadenza.base.postgres import server

    url = server.address(Path(data)).url(server.OWNER)
    with psycopg.connect(url) as owner, open(file, newline="", encoding="utf-8") as text:
        columns = ", ".join(f"c{n} text" for n in range(len(HEADER)))
        owner.execute(f"create table bare_rows ({columns})")
        rows = csv.reader(text)
        next(rows)
        while chunk := list(islice(rows, CHUNK)):
            with owner.cursor() as cursor, cursor.copy("copy bare_rows from stdin") as out:
                for row in chunk:
                    out.write_row(row)
            owner.commit()
