"""Two profiles turn out to be one person: where they said different things, the stricter word holds for both.

Each side's word on a channel and topic is the latest of its contact points.  An older withdrawal on an
address that the same side has since overruled does not come back to life.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cadenza.trust.consent.types import State, Subscription

Word = dict[tuple[str, str], State]


def reconcile(winner: Iterable[Subscription], loser: Iterable[Subscription]) -> list[Subscription]:
    """The subscriptions that must become stricter, with the state that they must take."""
    sides = list(winner), list(loser)
    words = [_word(side) for side in sides]
    strict = {
        about: max(words[0][about], words[1][about], key=lambda state: state.strictness)
        for about in words[0].keys() & words[1].keys()
    }
    every = {(s.channel, s.address_digest, s.topic): s for side in sides for s in side}
    return [
        replace(subscription, state=strict[about])
        for _, subscription in sorted(every.items())
        if subscription.state is State.GIVEN
        and strict.get(about := (subscription.channel, subscription.topic), State.GIVEN) is not State.GIVEN
    ]


def _word(side: Iterable[Subscription]) -> Word:
    ordered = sorted(side, key=lambda s: (s.since, s.state.strictness))
    return {(s.channel, s.topic): s.state for s in ordered}
