"""No file makes the importer fall over: it is refused in words, or its bad rows are told one by one."""

from __future__ import annotations

import gzip
import io
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as arrow
import zstandard
from hypothesis import strategies as st
from pyarrow import parquet

from cadenza.base.problem import Problem
from cadenza.connect.imports.files import detect
from cadenza.connect.imports.guess import guess
from cadenza.connect.imports.load import load
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.parse import parse
from cadenza.connect.imports.plan import plan
from cadenza.connect.imports.rows import open_table
from tests.fuzz import hostile
from tests.fuzz.asking import SLOWEST_SECONDS, TRIES, try_all

INPUTS = 4_000
MOST_ROWS = 2_000
NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
HEADERS = ("email", "Customer ID", "phone", "order_id", "Order Date", "price",
           "total", "event", "event_time", "user_id",
           "sku", "quantity", "topic", "state", "consent", "", " ", "a,b", 'x"y', "\x00", "e" * 500)  # fmt: skip
SETTINGS = ("kind", "basis", "columns", "lookups", "dates", "skip", "constants", "to", "type", "values", "formats",
            "file", "key", "source", "legal", "spread_hours", "shift", "csv", "encoding")  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "latin-1")

cells = st.one_of(st.sampled_from(hostile.TEXTS), st.text(max_size=30), st.integers().map(str), st.floats().map(str),
                  st.datetimes().map(str),
                  st.sampled_from(('"', '""', '"a', 'a"b', "a\nb", "a\r", ";", ",", "\t", "|")))  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Something like a CSV file, in some spelling."""
    wide = draw(st.integers(1, 8))
    header = draw(st.lists(st.one_of(st.sampled_from(HEADERS), cells), min_size=wide, max_size=wide))
    rows = draw(st.lists(st.lists(cells, min_size=max(0, wide - 1), max_size=wide + 1), max_size=12))
    comma, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(("\n", "\r\n", "\r")))
    quote = draw(st.booleans())
    lines = [comma.join(f'"{cell}"' if quote else cell for cell in row) for row in [header, *rows]]
    text = end.join(lines) * draw(st.sampled_from((1, 1, 1, 40)))
    return text.encode(draw(st.sampled_from(ENCODINGS)), "replace")


def columnar(values: list[str]) -> bytes:
    """A Parquet file of these texts and their places."""
    out = io.BytesIO()
    told = [value.encode("utf-8", "replace").decode() for value in values]
    parquet.write_table(arrow.table({"email": told, "n": list(range(len(told)))}), out)
    return out.getvalue()


packed = st.sampled_from((gzip.compress, zstandard.ZstdCompressor().compress))
files = st.one_of(
    tables(),
    tables(),
    st.binary(max_size=400),
    st.lists(cells, max_size=20).map(columnar),
    st.builds(lambda body, pack: pack(body), tables(), packed),
    st.builds(lambda body, pack, end: pack(body)[: int(end * 100)], tables(), packed, st.floats(0, 1)),
    st.builds(
        lambda values, end: columnar(values)[: int(end * 1000)], st.lists(cells, max_size=20), st.floats(0, 1)
    ),
    st.sampled_from(
        (
            b"",
            b"\n" * 5000,
            b'"' * 5000,
            b"," * 5000,
            b"a\n" + b'"' + b"x" * 100_000,
            b"PK\x03\x04",
            b"%PDF-1.7",
        )
    ),
    st.just(hostile.bomb(10**8)),
    st.just(b"email\n" + b"a," * 20_000),
)


def test_no_file_makes_the_importer_fall_over(tmp_path):
    file = tmp_path / "file"

    def check(raw: bytes) -> None:
        file.write_bytes(raw)
        for attempt in range(TRIES):
            began = time.monotonic()
            read(file)
            if time.monotonic() - began <= SLOWEST_SECONDS:
                return
            assert attempt + 1 < TRIES, f"{time.monotonic() - began:.1f} s for {raw[:200]!r}"

    try_all(files, INPUTS, check)


def read(file: Path) -> None:
    """Look into a file, guess what it holds, and read its rows; refusals are fine."""
    try:
        dialect = detect(file)
        with open_table(file, dialect) as table:
            rows = list(islice(table, MOST_ROWS))
            found = guess(
                table.header, [["" if c is None else str(c) for c in row.cells] for row in rows[:200]]
            )
            mapping = load(found.document | {"basis": {"legal": "contract", "source": "A test."}})
            calendar = Calendar(ZoneInfo("UTC"), NOW, mapping.date_formats, 10, mapping.spread_hours)
            how = plan(mapping, table.header, {}, calendar)
            for row in rows:
                if not row.fault:
                    parse(row, how)
    except Problem:
        return


def test_no_mapping_makes_the_importer_fall_over():
    def check(document: object) -> None:
        try:
            load(document if isinstance(document, dict) else {"columns": document})
        except Problem:
            return

    names = st.sampled_from(SETTINGS)
    documents = st.recursive(
        st.one_of(
            hostile.scalars,
            st.sampled_from(("customers", "orders", "events", "email", "external_id", "utf-8")),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=6)),
        max_leaves=15,
    )
    try_all(documents, INPUTS, check)
