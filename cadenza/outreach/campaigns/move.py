"""From one state of a campaign to the next. What is not in the table is refused, with what can be done instead."""

from __future__ import annotations

from cadenza.base.problem import Conflict
from cadenza.outreach.campaigns.types import Move, State

MOVES: dict[tuple[State, Move], State] = {
    (State.DRAFT, Move.SCHEDULE): State.SCHEDULED,
    (State.DRAFT, Move.SEND): State.SENDING,
    (State.DRAFT, Move.CANCEL): State.CANCELLED,
    (State.SCHEDULED, Move.SCHEDULE): State.SCHEDULED,
    (State.SCHEDULED, Move.UNSCHEDULE): State.DRAFT,
    (State.SCHEDULED, Move.SEND): State.SENDING,
    (State.SCHEDULED, Move.PAUSE): State.PAUSED,
    (State.SCHEDULED, Move.CANCEL): State.CANCELLED,
    (State.SENDING, Move.PAUSE): State.PAUSED,
    (State.SENDING, Move.FINISH): State.FINISHED,
    (State.SENDING, Move.CANCEL): State.CANCELLED,
    (State.PAUSED, Move.RESUME): State.SENDING,
    (State.PAUSED, Move.CANCEL): State.CANCELLED,
}
EDITABLE = frozenset({State.DRAFT, State.SCHEDULED})


def move(state: State, by: Move) -> State:
    """The state after a move; Conflict names what can be done instead."""
    to = MOVES.get((state, by))
    if to is None:
        ways = possible(state)
        hint = f"It can be moved by: {', '.join(ways)}." if ways else "Duplicate it to send it once more."
        raise Conflict(
            f"A campaign that is {state.value} cannot be moved by {by.value}.", at="state", hint=hint
        )
    return to


def possible(state: State) -> list[Move]:
    """What can be done with a campaign in this state, by a person."""
    return [by for (at, by) in MOVES if at is state and by is not Move.FINISH]
