"""Rows are streamed; one that cannot be read is told as a fault, and the others go on."""

import gzip
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from cadenza.base.problem import BadInput, TooLarge
from cadenza.connect.imports.files import Limits, detect
from cadenza.connect.imports.rows import named, open_table
from cadenza.connect.imports.types import Row


def rows(path: Path, raw: bytes, limits: Limits | None = None) -> list[Row]:
    path.write_bytes(raw)
    with open_table(path, detect(path), (), limits or Limits()) as table:
        return list(table)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_values_may_hold_delimiters_quotes_and_lines(path: Path) -> None:
    found = rows(path, b'id,text\n1,"a, b ""c""\nd"\n2,e\n')
    assert [row.cells for row in found] == [("1", 'a, b "c"\nd'), ("2", "e")]
    assert [row.line for row in found] == [2, 4]


def test_empty_lines_are_no_rows(path: Path) -> None:
    assert [row.cells for row in rows(path, b"a,b\r\n\r\n1,2\r\n\r\n")] == [("1", "2")]


def test_an_open_quote_costs_one_row_only(path: Path) -> None:
    found = rows(path, b'a,b\n1,2\n3,"oops\n' + b"4,5\n" * 100)
    assert [row.fault for row in found[:2]] == ["", "A quotation mark opens a value and is never closed."]
    assert (found[1].line, found[1].cells) == (3, ('3,"oops',))
    assert [row.cells for row in found[2:]] == [("4", "5")] * 100


def test_two_open_quotes_far_apart_cost_two_rows(path: Path) -> None:
    found = rows(path, b'a,b\n1,"oops\n2,x\n3,x\n4,"oops\n5,x\n')
    assert [row.line for row in found if row.fault] == [2, 5]
    assert [row.cells for row in found if not row.fault] == [("2", "x"), ("3", "x"), ("5", "x")]


def test_a_cut_off_last_row_is_told(path: Path) -> None:
    found = rows(path, b"a,b,c\n1,2,3\n4,5")
    assert found[-1].fault == "The file ends in the middle of this row."
    assert rows(path, b"a,b,c\n1,2,3\n4,5,6")[-1].fault == ""


def test_a_cut_off_archive_tells_its_last_row_and_why(path: Path) -> None:
    raw = gzip.compress(b"a,b,c\n" + b"".join(b"%d,%d,x\n" % (n, n * 7919) for n in range(50_000)))
    found = rows(path, raw[:-2000])
    assert len(found) > 10_000
    assert "damaged or ends too early" in found[-1].fault
    assert all(not row.fault for row in found[:-2])


def test_a_line_without_end_is_passed_over(path: Path) -> None:
    found = rows(path, b"a,b\n1,2\n" + b"x" * 5000 + b"\n3,4\n", Limits(line=1000))
    assert [row.fault for row in found] == ["", "The line is too long.", ""]


def test_a_million_columns_are_refused(path: Path) -> None:
    with pytest.raises(TooLarge, match="columns"):
        rows(path, b",".join(b"c%d" % n for n in range(20_000)) + b"\n")


def test_bytes_that_are_no_text_survive_to_be_told(path: Path) -> None:
    found = rows(path, "имя,x\n".encode() + "Анна,1\n".encode() * 20 + b"Jos\xe9,2\n")
    assert found[-1].cells == ("Jos\udce9", "2")


def test_columns_get_names_of_their_own() -> None:
    assert named(("Id", " Id ", "", "\ufeffName")) == ("Id", "Id (2)", "column 3", "Name")


def test_a_file_without_header_can_be_given_one(path: Path) -> None:
    path.write_bytes(b"1,2\n3,4\n")
    with open_table(path, detect(path), ("a", "b")) as table:
        assert (table.header, [row.cells for row in table]) == (("a", "b"), [("1", "2"), ("3", "4")])


def test_quotes_can_be_plain_text(path: Path) -> None:
    path.write_bytes(b'a\tb\n"12 disk\t1\n')
    with open_table(path, replace(detect(path), quote="")) as table:
        assert [row.cells for row in table] == [('"12 disk', "1")]


def test_parquet_gives_typed_cells(path: Path) -> None:
    table = arrow.table(
        {
            "id": [1, 2],
            "price": [Decimal("1.50"), None],
            "at": arrow.array([datetime.fromisoformat("2024-01-02T03:04"), None], arrow.timestamp("ns")),
            "day": [date(2024, 1, 2), None],
            "ratio": [17850.0, float("nan")],
            "tags": [["a"], None],
        }
    )
    parquet.write_table(table, path)
    with open_table(path, detect(path)) as found:
        first, second = found
    assert first.cells == (
        1,
        Decimal("1.50"),
        datetime.fromisoformat("2024-01-02T03:04"),
        date(2024, 1, 2),
        17850,
        '["a"]',
    )
    assert second.cells == (2, None, None, None, None, None)


def test_damaged_parquet_is_refused(path: Path) -> None:
    parquet.write_table(arrow.table({"id": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadInput, match="damaged"):
        open_table(path, detect(path))
