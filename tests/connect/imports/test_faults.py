"""The error file holds rows as they stood, is cut back to what was committed, and forgets people."""

from pathlib import Path

from cadenza.connect.imports.faults import append, forget, read
from cadenza.connect.imports.types import Fault

ROW = Fault(3, "rejected", "Mail: This is not an e-mail address.", ("=1+1", "a, b\nc"))


def test_rows_come_back_as_they_stood(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    size = append(path, ("Mail", "Name"), [ROW], 0)
    size = append(path, ("Mail", "Name"), [ROW, ROW], size)
    assert path.stat().st_size == size
    assert read(path, 0, 10) == [ROW, ROW, ROW]
    assert read(path, 2, 10) == [ROW]
    assert b"'=1+1" in path.read_bytes()


def test_what_was_not_committed_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    committed = append(path, ("Mail", "Name"), [ROW], 0)
    append(path, ("Mail", "Name"), [ROW], committed)
    append(path, ("Mail", "Name"), [ROW], committed)
    assert len(read(path, 0, 10)) == 2


def test_a_person_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    ann = Fault(4, "rejected", "why", ("ann@example.com ", "17"))
    bob = Fault(5, "rejected", "why", ("bob@example.com", "170017"))
    append(path, ("Mail", "Id"), [ann, bob], 0)
    assert forget(path, frozenset({"ann@example.com", "17"})) == 1
    assert read(path, 0, 10) == [bob]
