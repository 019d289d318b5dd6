"""Rows of merges in their order: what earlier rows make one counts for later ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from cadenza.connect.imports.unite import Union, unite


def fates(
    couples: list[tuple[int | None, int | None]], apart: set[tuple[int, int]] | None = None
) -> list[str]:
    return [one.fate for one in unite(couples, apart or set())]


def test_a_chain_leads_to_the_last_who_stays() -> None:
    found = unite([(2, 1), (3, 2), (3, 1), (4, 1)], set())
    assert found == [
        Union("merged", 2, 1), Union("merged", 3, 2), Union("unchanged", 3, 3), Union("merged", 4, 3)
    ]  # fmt: skip


def test_a_ring_ends_in_one_person() -> None:
    assert fates([(1, 2), (2, 3), (3, 1), (2, 1)]) == ["merged", "merged", "unchanged", "unchanged"]


def test_nobody_and_oneself() -> None:
    assert fates([(None, 1), (1, None), (None, None), (1, 1)]) == ["unknown"] * 3 + ["unchanged"]


def test_two_who_are_two_do_not_meet_by_a_third_either() -> None:
    assert fates([(2, 1)], {(1, 2)}) == ["blocked"]
    assert fates([(3, 1), (3, 2), (2, 3)], {(1, 2)}) == ["merged", "blocked", "blocked"]


def test_rows_of_the_chunks_before_count() -> None:
    assert unite([(1, 5)], set(), [(1, 2), (2, 3)]) == [Union("merged", 3, 5)]


couples = some.lists(some.tuples(some.integers(1, 6), some.integers(1, 6)), max_size=20)


@given(couples, some.integers(0, 20))
def test_it_does_not_matter_where_a_file_is_cut(told: list[tuple[int, int]], cut: int) -> None:
    whole = unite(told, set())
    before = unite(told[:cut], set())
    merged = [(one.loser, one.winner) for one in before if one.fate == "merged"]
    assert before + unite(told[cut:], set(), merged) == whole
    joined = sum(one.fate == "merged" for one in whole)
    assert joined <= max(0, len({person for pair in told for person in pair}) - 1)
