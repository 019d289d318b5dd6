"""Cells that a spreadsheet would run are guarded, and read back as they were."""

import pytest

from cadenza.connect.imports.guarded import guarded, unguarded


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+1", "-2", "@x", "\t=1", "\r=1", "\x00=1"])
def test_formulas_are_guarded(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a", "'a", "''a", "=1", "'=1", "''=1", "O'Neil", "1-2", "+371"])
def test_reading_gives_back_what_was_written(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
