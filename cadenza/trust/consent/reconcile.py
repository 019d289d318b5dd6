"""Profiles turn out to be one person: where they said different things, the stricter word holds for all of them.

Each side's word on a channel and topic is the latest of its contact points.  An older withdrawal on an
address that the same side has since overruled does not come back to life.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from cadenza.trust.consent.types import State, Subscription

Word = dict[tuple[str, str], State]


def reconcile(*sides: Iterable[Subscription]) -> list[Subscription]:
    """The subscriptions that must become stricter, with the state that they must take. A side is one of the people."""
    told = [list(side) for side in sides]
    words = [_word(side) for side in told]
    said = Counter(about for word in words for about in word)
    strict = {
        about: max((word[about] for word in words if about in word), key=lambda state: state.strictness)
        for about, people in said.items()
        if people > 1
    }
    every = {(s.channel, s.address_digest, s.topic): s for side in told for s in side}
    return [
        replace(subscription, state=strict[about])
        for _, subscription in sorted(every.items())
        if subscription.state is State.GIVEN
        and strict.get(about := (subscription.channel, subscription.topic), State.GIVEN) is not State.GIVEN
    ]


def _word(side: Iterable[Subscription]) -> Word:
    ordered = sorted(side, key=lambda s: (s.since, s.state.strictness))
    return {(s.channel, s.topic): s.state for s in ordered}
