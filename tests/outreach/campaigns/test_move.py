"""A campaign moves as its table says, and a refusal names what can be done instead."""

from __future__ import annotations

import pytest

from cadenza.base.problem import Conflict
from cadenza.outreach.campaigns.move import MOVES, move, possible
from cadenza.outreach.campaigns.types import Move, State


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("by", list(Move))
def test_every_move_is_in_the_table_or_refused_with_a_way_out(state: State, by: Move):
    if (state, by) in MOVES:
        assert move(state, by) is MOVES[state, by]
        return
    with pytest.raises(Conflict) as refused:
        move(state, by)
    assert refused.value.hint


def test_the_way_of_a_campaign():
    state = State.DRAFT
    for by in (Move.SCHEDULE, Move.SEND, Move.PAUSE, Move.RESUME, Move.FINISH):
        state = move(state, by)
    assert state is State.FINISHED and possible(state) == []


def test_what_has_ended_stays_ended():
    assert not [at for at, _ in MOVES if at in (State.FINISHED, State.CANCELLED)]
