"""The fold: latest word, strictest on a tie, no unproven import over a withdrawal, in any order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cadenza.trust.consent.fold import fold
from cadenza.trust.consent.types import Entry, State

START = datetime(2030, 1, 1, tzinfo=UTC)


def line(state: State, hour: int, *, proven: bool = True, source: str = "api", wording: str = "") -> Entry:
    at = START + timedelta(hours=hour)
    return Entry(
        channel="email", address_digest=b"a", topic="newsletter", state=state, at=at, recorded_at=at,
        source=source, wording=wording, proven=proven or state is not State.GIVEN,
    )  # fmt: skip


LINES = st.lists(
    st.builds(
        line, st.sampled_from(State), st.integers(0, 6), proven=st.booleans(),
        source=st.sampled_from(["api", "form"]), wording=st.sampled_from(["", "footer"]),
    ),
    max_size=12,
)  # fmt: skip


def test_nothing_said_is_no_state():
    assert fold([]) is None


def test_the_latest_word_counts():
    assert fold([line(State.WITHDRAWN, 1), line(State.GIVEN, 2)]).state is State.GIVEN
    assert fold([line(State.GIVEN, 2), line(State.REFUSED, 3)]).state is State.REFUSED


def test_of_one_moment_the_stricter_word_stands():
    assert (
        fold([line(State.WITHDRAWN, 1), line(State.REFUSED, 1), line(State.GIVEN, 1)]).state
        is State.WITHDRAWN
    )
    assert fold([line(State.GIVEN, 1), line(State.REFUSED, 1)]).state is State.REFUSED


def test_an_import_without_proof_does_not_overrule_a_withdrawal():
    withdrawn, imported = line(State.WITHDRAWN, 1), line(State.GIVEN, 5, proven=False, source="import:1")
    assert fold([withdrawn, imported]) == withdrawn
    assert fold([imported, withdrawn]) == withdrawn


def test_an_import_with_proof_and_the_person_themself_do():
    withdrawn = line(State.WITHDRAWN, 1)
    assert fold([withdrawn, line(State.GIVEN, 5, source="import:1", wording="club")]).state is State.GIVEN
    assert fold([withdrawn, line(State.GIVEN, 5, source="form")]).state is State.GIVEN


def test_an_import_without_proof_counts_where_nobody_withdrew():
    assert fold([line(State.REFUSED, 1), line(State.GIVEN, 2, proven=False)]).state is State.GIVEN


def test_the_state_of_any_past_moment_can_be_told():
    lines = [line(State.GIVEN, 1), line(State.WITHDRAWN, 3)]
    assert fold(lines, until=START) is None
    assert fold(lines, until=START + timedelta(hours=2)).state is State.GIVEN
    assert fold(lines, until=START + timedelta(hours=3)).state is State.WITHDRAWN


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(lines: list[Entry], chance: random.Random):
    shuffled = chance.sample(lines, len(lines))
    assert fold(shuffled) == fold(lines)


@given(LINES)
def test_the_newest_line_of_each_state_and_proof_is_enough(lines: list[Entry]):
    """What the store fetches: no line that it leaves behind can matter."""
    newest = {(e.state, e.proven): e for e in sorted(lines, key=lambda e: (e.at, e.source, e.wording))}
    assert fold(newest.values()) == fold(lines)
