"""A merge was undone: which contact points stand stricter than anyone said who is still one person with their owner.

A line of a merge that holds no more says nothing.  Where it is the last word on a point, what stood before comes back,
if it can be proved, and if nobody of those who are still one is stricter about the same channel and topic.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cadenza.base.ids import ProfileId
from cadenza.trust.consent.fold import fold
from cadenza.trust.consent.types import Entry, State

Point = tuple[str, bytes, str]  # channel, digest of the address, topic
Words = dict[tuple[str, str], dict[ProfileId, Entry]]


def loosen(
    lines: Mapping[Point, Sequence[Entry]],
    owners: Mapping[tuple[str, bytes], ProfileId],
    holding: Collection[str],
) -> list[Entry]:
    """The entries that stand again. `lines`: all of one person's; `owners`: whose each point is; `holding`: sources."""
    words: Words = {}
    loose: list[tuple[ProfileId, Entry]] = []
    for (channel, digest, topic), told in sorted(lines.items()):
        owner, last = owners[channel, digest], fold(told)
        before = fold([line for line in told if not _is_void(line, holding)])
        if before is None or last is None:
            continue
        said = words.setdefault((channel, topic), {})
        if owner not in said or (said[owner].at, said[owner].state.strictness) <= (
            before.at,
            before.state.strictness,
        ):
            said[owner] = before
        if _is_void(last, holding) and before.state is not last.state and before.proven:
            loose.append((owner, before))
    return [before for owner, before in loose if not _others_are_stricter(words, owner, before)]


def _is_void(line: Entry, holding: Collection[str]) -> bool:
    return line.source.startswith("merge:") and line.source not in holding


def _others_are_stricter(words: Words, owner: ProfileId, before: Entry) -> bool:
    others = words[before.channel, before.topic]
    return before.state is State.GIVEN and any(
        word.state is not State.GIVEN for whose, word in others.items() if whose != owner
    )
