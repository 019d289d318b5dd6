"""Rows of one open table: its header, then record after record with the faults of those that cannot be read.

An open quotation mark would swallow all that follows it; here only the line on which it stands is
lost: the lines after it are read again.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from cadenza.base.problem import BadInput, TooLarge
from cadenza.connect.imports.files import LIMITS, Limits, Unpacked
from cadenza.connect.imports.types import Cell, Dialect, Row

QUOTE_HINT = 'Double a quotation mark inside a value (""), and close each value that opens with one.'


class Table:
    """An open file of rows. Use as a context manager; iterate once."""

    header: tuple[str, ...]

    def __iter__(self) -> Iterator[Row]:
        raise NotImplementedError

    def fraction(self) -> float:
        """How much has been read, from 0 to 1."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_table(path: Path, dialect: Dialect, header: tuple[str, ...] = (), limits: Limits = LIMITS) -> Table:
    """Open a file as it was found to be written; `header` names the columns of a file that does not."""
    if dialect.format == "parquet":
        return ParquetTable(path, limits)
    return CsvTable(path, dialect, header, limits)


class CsvTable(Table):
    """A text file of rows."""

    def __init__(self, path: Path, dialect: Dialect, header: tuple[str, ...], limits: Limits) -> None:
        self._bytes = Unpacked(path, dialect.compression, limits)
        errors = "replace" if dialect.encoding == "utf-16" else "surrogateescape"
        self._text = io.TextIOWrapper(
            io.BufferedReader(cast(io.RawIOBase, self._bytes), 1 << 16),
            encoding=dialect.encoding,
            errors=errors,
            newline="",
        )
        self._lines = _Lines(self._text, limits.line)
        self._records = _Records(self._lines, dialect)
        try:
            self.header = named(header or self._first(), limits)
        except Exception:
            self.close()
            raise
        self._records.width = len(self.header)

    def _first(self) -> tuple[str, ...]:
        for _, cells, fault, hint in self._records:
            if fault:
                raise BadInput(f"The header cannot be read. {fault}", at="line 1", hint=hint)
            if len(cells) == 1 and cells[0].lower().startswith("sep="):
                continue
            return tuple(cells)
        raise BadInput("The file holds no header.", hint="Its first line names the columns.")

    def __iter__(self) -> Iterator[Row]:
        number = 0
        for line, cells, fault, hint in self._records:
            number += 1
            if not fault and self._bytes.broken and self._lines.cut:
                fault = "The file ends in the middle of this row."
            yield Row(number, line, tuple(cells), fault, hint)
        if self._bytes.broken:
            yield Row(
                number + 1, self._lines.number + 1, (), self._bytes.broken, "Send the whole file again."
            )

    def fraction(self) -> float:
        return self._bytes.fraction()

    def close(self) -> None:
        self._text.close()
        self._bytes.close()


class _Lines:
    """Lines of a text, none longer than allowed; `cut` tells that the last one has no end."""

    def __init__(self, text: io.TextIOWrapper, longest: int) -> None:
        self._text, self._longest = text, longest
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.cut = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self.cut = not line.endswith(("\n", "\r"))
        return line

    def _read(self) -> str:
        line = self._text.readline(self._longest)
        if len(line) >= self._longest and not line.endswith(("\n", "\r")):
            while (rest := self._text.readline(self._longest)) and not rest.endswith(("\n", "\r")):
                pass
            return TOO_LONG + "\n"
        return line

    def give_back_all_but_first(self) -> str:
        """Read the lines taken for one record again, without its first, which is given."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        return self.taken[0]


TOO_LONG = "\x00too long\x00"


class _Records:
    """Records from lines: (line, cells, fault, hint)."""

    def __init__(self, lines: _Lines, dialect: Dialect) -> None:
        self._lines = lines
        self.width = 0
        quoting: Any = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
        self._reader = csv.reader(
            lines, delimiter=dialect.delimiter, quotechar=dialect.quote or None, quoting=quoting, strict=True
        )

    def __iter__(self) -> Iterator[tuple[int, list[str], str, str]]:
        while True:
            self._lines.taken.clear()
            fault, cells = "", []
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                fault = _said(str(error))
            taken = len(self._lines.taken)
            line = self._lines.number - taken + 1
            if cells == [TOO_LONG]:
                yield line, [], "The line is too long.", "Check that rows end with a line break."
            elif fault or (taken > 1 and self.width and len(cells) != self.width):
                first = self._lines.give_back_all_but_first()
                yield line, [first.rstrip("\r\n")], fault or _said("unclosed"), QUOTE_HINT
            elif self._lines.cut and len(cells) < self.width:
                yield line, cells, "The file ends in the middle of this row.", "Send the whole file again."
            elif cells:
                yield line, cells, "", ""


def _said(error: str) -> str:
    if "field larger" in error or "unexpected end" in error or error == "unclosed":
        return "A quotation mark opens a value and is never closed."
    return "A quotation mark stands in the middle of a value."


def named(header: tuple[str, ...], limits: Limits = LIMITS) -> tuple[str, ...]:
    """Column names: trimmed, none empty, none twice."""
    if len(header) > limits.columns:
        hint = (
            "Check the delimiter."
            if len(header) < 10 * limits.columns
            else "Check that rows end with a line break."
        )
        raise TooLarge(f"The table has {len(header):,} columns; {limits.columns:,} are allowed.", hint=hint)
    found: list[str] = []
    for place, name in enumerate(header, 1):
        plain = name.strip().lstrip("\ufeff").replace("\x00", "")[:200] or f"column {place}"
        times = sum(1 for known in found if known == plain or known.startswith(f"{plain} ("))
        found.append(f"{plain} ({times + 1})" if plain in found else plain)
    return tuple(found)


class ParquetTable(Table):
    """A Parquet file, read in batches of rows."""

    BATCH = 1000
    ROW_GROUP = 2 << 30

    def __init__(self, path: Path, limits: Limits) -> None:
        from pyarrow import ArrowException, parquet  # heavy: only where a Parquet file is met

        try:
            self._file = parquet.ParquetFile(path)
        except (ArrowException, OSError, ValueError):
            hint = "Send the whole file again."
            raise BadInput("The Parquet file is damaged or ends too early.", hint=hint) from None
        self.header = named(tuple(self._file.schema_arrow.names), limits)
        self._guard(path, limits)
        self._done = 0

    def _guard(self, path: Path, limits: Limits) -> None:
        found = self._file.metadata
        sizes = [found.row_group(place).total_byte_size for place in range(found.num_row_groups)]
        bomb = sum(sizes) > max(limits.ratio_from, limits.ratio * path.stat().st_size)
        if bomb or sum(sizes) > limits.unpacked or max(sizes, default=0) > self.ROW_GROUP:
            raise TooLarge(
                "The Parquet file is too large when unpacked.", hint="Write it with smaller row groups."
            )

    def __iter__(self) -> Iterator[Row]:
        from pyarrow import ArrowException

        try:
            for batch in self._file.iter_batches(batch_size=self.BATCH):
                columns = [[_plain(value) for value in column.to_pylist()] for column in _exact(batch)]
                for cells in zip(*columns, strict=True):
                    self._done += 1
                    yield Row(self._done, 0, cells)
        except (ArrowException, OSError):
            yield Row(
                self._done + 1, 0, (), "The Parquet file is damaged here.", "Send the whole file again."
            )

    def fraction(self) -> float:
        return self._done / self._file.metadata.num_rows if self._file.metadata.num_rows else 1.0

    def close(self) -> None:
        self._file.close()


def _exact(batch: Any) -> list[Any]:
    """The columns of a batch with times in microseconds, which Python's own type can hold."""
    import pyarrow as arrow

    found = []
    for column in batch.columns:
        if arrow.types.is_timestamp(column.type) and column.type.unit == "ns":
            column = column.cast(arrow.timestamp("us", column.type.tz), safe=False)
        found.append(column)
    return found


def _plain(value: Any) -> Cell:
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if value is None or isinstance(value, str | int | bool | Decimal | date | datetime):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, default=str, ensure_ascii=False)
