"""The inbox's reading side on NATS: frames of one partition, in order, together with their position in PostgreSQL.

A pipeline owns a partition for one transaction, by the lock on its position: nobody else reads on meanwhile, and
what was carried out is written together with how far it went, or not at all.  A pipeline that dies lets go at once;
one that is paused is ended by PostgreSQL after some seconds, and finds its transaction gone when it wakes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from cadenza.base import database, log
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.base.inbox.frame import Part, pack, unpack
from cadenza.base.inbox.port import Change, Waiting
from cadenza.base.inbox.stream import ALL, SUBJECT, Frame, State, Stream
from cadenza.base.problem import Unavailable

MOST_BYTES = 2 << 20  # of frames carried out in one transaction
LONGEST_CALL_SECONDS = 30.0
SWEEP_SECONDS = 2.0  # a server that lags may show less than its leader told of: look again after so long
PAUSED_SECONDS = 10.0  # more than one call to NATS may take
SCAN_AT_ONCE = 64
LOOKS, LOOK_SECONDS = 10, 0.3
Value = TypeVar("Value")


class Line:
    """The stream for those who wait: its calls run on an event loop of their own."""

    def __init__(self, url: str) -> None:
        self.stream = Stream(url)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True, name="inbox.nats").start()

    def wait(self, call: Coroutine[Any, Any, Value]) -> Value:
        """What a call gives, waited for."""
        try:
            return asyncio.run_coroutine_threadsafe(call, self._loop).result(LONGEST_CALL_SECONDS)
        except TimeoutError as late:
            raise Unavailable("NATS does not answer in time.") from late

    def read(self, subject: str, after: int, most: int) -> tuple[list[Frame], int]:
        return self.wait(self.stream.read(subject, after, most, MOST_BYTES))

    def state(self) -> State:
        """The stream as it is now."""
        state = self.wait(self.stream.state())
        if state is None:
            raise Unavailable(
                "The stream of the inbox is not there.", hint="Start `cadenza serve` anew: it makes it."
            )
        return state


class NatsLog:
    """What one pipeline takes and carries out; each has one of its own."""

    def __init__(self, line: Line, paused_seconds: float = PAUSED_SECONDS) -> None:
        self._line = line
        self._paused = f"{int(paused_seconds * 1000)}ms"
        self._turn = 0
        self._empty: dict[int, tuple[int, float]] = {}
        self._taken: tuple[int, int, int] | None = None

    def take(self, most: int) -> list[Waiting]:
        """The next requests of a partition that has some and that nobody else is at: of `most` frames at most."""
        state = self._line.state()
        if not (partitions := self._promising(state)):
            return []
        database.rows("select set_config('idle_in_transaction_session_timeout', %s, true)", [self._paused])
        for partition in partitions:
            if (seq := _claim(partition, state.born)) is None:
                continue
            frames, _ = self._line.read(f"{SUBJECT}.{partition}", seq, most)
            if frames:
                self._taken = partition, seq, frames[-1].seq
                return [one for frame in frames for one in _opened(frame)]
            self._empty[partition] = state.last, time.monotonic()
        self._taken = None
        return []

    def done(self, waiting: Sequence[Waiting], at: datetime) -> None:
        """What was taken has been carried out, in this transaction."""
        if self._taken is None:
            return
        partition, before, after = self._taken
        moved = database.execute(
            "update inbox_position set seq = %s where partition = %s and seq = %s", [after, partition, before]
        )
        if moved != 1:
            raise RuntimeError("Another pipeline went on with this partition.")
        self._taken = None

    def _promising(self, state: State) -> list[int]:
        """The partitions that may have something new: first the one whose requests were taken and not done, so that
        what cannot be carried out is found, then each in its turn."""
        found = _partitions(state)
        if self._taken and self._taken[0] in found:
            self._turn = found.index(self._taken[0])
        else:
            self._turn += 1
        turned = [found[(self._turn + place) % len(found)] for place in range(len(found))]
        now = time.monotonic()
        return [one for one in turned if not self._is_empty(one, state.last, now)]

    def _is_empty(self, partition: int, last: int, now: float) -> bool:
        seen, at = self._empty.get(partition, (-1, 0.0))
        return seen == last and now - at < SWEEP_SECONDS


def _partitions(state: State) -> list[int]:
    rows = database.rows("select partition, born from inbox_position order by partition")
    if not rows or any(born != state.born for _, born in rows):
        raise Unavailable(
            "The stream of the inbox was made anew, or no door was opened yet.",
            hint="Start `cadenza serve` anew: it begins at the start of the new one.",
        )
    return [partition for partition, _ in rows]


def _claim(partition: int, born: str) -> int | None:
    """How far a partition is, its position locked for this transaction; None where somebody else is at it."""
    found = database.rows(
        "select seq from inbox_position where partition = %s and born = %s for update skip locked",
        [partition, born],
    )
    return int(found[0][0]) if found else None


def _opened(frame: Frame) -> list[Waiting]:
    return [Waiting(frame.seq, part.accepted, part.name) for part in unpack(frame.payload)]


def begin(line: Line, partitions: int) -> None:
    """A position for each partition. In a stream that was made anew, or that lost its end, all is read from the start:
    what was carried out already is known by the ids of its messages."""
    before = positions()
    state = _settled(line, max(before.values(), default=0))
    ahead = [partition for partition, seq in before.items() if seq > state.last]
    reset = database.execute(
        "update inbox_position set born = %s, seq = 0 where born <> %s or partition = any(%s)",
        [state.born, state.born, ahead],
    )
    if reset:
        log.get(__name__).error("inbox.stream_begins_anew", partitions=reset, last=state.last)
    database.execute(
        "insert into inbox_position (partition, born, seq) select n, %s, 0 from generate_series(0, %s) n"
        " on conflict do nothing",
        [state.born, partitions - 1],
    )


def _settled(line: Line, seq: int) -> State:
    """The stream, once it ends no earlier than what was read of it. Only one that was cut stays behind for long."""
    state = line.state()
    for _ in range(LOOKS):
        if state.last >= seq:
            break
        time.sleep(LOOK_SECONDS)  # a new leader catches up with what it has confirmed
        state = line.state()
    return state


def positions() -> dict[int, int]:
    """How far each partition is."""
    return dict(database.rows("select partition, seq from inbox_position"))  # type: ignore[arg-type]


def waiting(line: Line) -> int:
    """How many frames wait for a pipeline."""
    total = 0
    for partition, seq in positions().items():
        frames, behind = line.read(f"{SUBJECT}.{partition}", seq, 1)
        total += len(frames) + behind
    return total


def oldest(line: Line) -> datetime | None:
    """When the request that waits longest was received, or None where none waits."""
    found = [line.read(f"{SUBJECT}.{partition}", seq, 1)[0] for partition, seq in positions().items()]
    first = [unpack(frames[0].payload)[0].accepted.received_at for frames in found if frames]
    return min(first, default=None)


def rewrite(line: Line, workspace: WorkspaceId, needles: Sequence[bytes], change: Change) -> int:
    """Overwrite the frames that hold what is to be changed; gives how many requests that were.

    What waits in them still is written anew, changed, before: a crash between the two leaves it twice, under the
    same names, and so once.  What was carried out already has no further use.
    """
    changed, after, frames = 0, 0, [Frame(0, 0, b"")]
    while frames:
        frames, _ = line.read(ALL, after, SCAN_AT_ONCE)
        for frame in frames:
            changed += _rewrite_one(line, frame, workspace, needles, change)
            after = frame.seq
    return changed


def _rewrite_one(
    line: Line, frame: Frame, workspace: WorkspaceId, needles: Sequence[bytes], change: Change
) -> int:
    if not any(needle in frame.payload for needle in needles):
        return 0
    before = unpack(frame.payload)
    after = [_changed(part, workspace, change) for part in before]
    if after == before:
        return 0
    if frame.seq > positions().get(frame.partition, 0):
        line.wait(line.stream.write(frame.partition, pack(after), new_id().hex))
    line.wait(line.stream.overwrite(frame.seq))
    return sum(one != other for one, other in zip(before, after, strict=True))


def _changed(part: Part, workspace: WorkspaceId, change: Change) -> Part:
    if part.accepted.workspace != workspace:
        return part
    payload = change(part.accepted.payload)
    if payload == part.accepted.payload:
        return part
    return replace(part, accepted=replace(part.accepted, payload=payload, about=None))
