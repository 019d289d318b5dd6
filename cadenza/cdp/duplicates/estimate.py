"""Learn from a shop's own people how much each agreement tells: Fellegi and Sunter's model, without any labels.

I. P. Fellegi, A. B. Sunter, "A theory for record linkage", JASA 64 (1969).  What agrees by chance is seen in
pairs taken from everywhere; what agrees within one person, and how many pairs are one, by expectation
maximisation over the pairs that share a key (W. E. Winkler, "Using the EM algorithm for weight computation in
the Fellegi–Sunter model of record linkage", ASA 1988).  Taking chance from pairs at large, not from those that
share a key, follows R. Linacre et al., "Splink", IJPDS 7 (2022).
"""

from __future__ import annotations

from collections.abc import Mapping

from cadenza.cdp.duplicates.score import score
from cadenza.cdp.duplicates.types import FIELDS, LEVELS, Model, Pattern

ROUNDS = 100
ENOUGH = 1e-5  # a share of one people's pairs that moves less has been found
LIKELY, LEAST, MOST = 0.9, 1e-9, 0.5
TRUE = frozenset({"first_name", "last_name", "birth_date"})  # what stays with a person; addresses change
WEIGHT = 4.0  # pairs that the first guess counts for, so that a level never seen is not impossible
Counts = Mapping[Pattern, float]
Shares = dict[str, tuple[float, ...]]


def estimate(near: Counts, anywhere: Counts, people: int) -> Model:
    """`near`: patterns of all pairs that share a key, each pair once; `anywhere`: of pairs taken from everywhere."""
    pairs = max(people * (people - 1) / 2, 1.0)
    model = Model(
        _bounded(sum(near.values()) / pairs / 2), _guess_same(), _shares(anywhere, {}, _even()), people
    )
    for _ in range(ROUNDS):
        before, model = model, _again(model, near, anywhere, pairs)
        if abs(model.prior - before.prior) <= ENOUGH * before.prior:
            break
    return model


def _again(model: Model, near: Counts, anywhere: Counts, pairs: float) -> Model:
    """One round: believe the model, then count anew what is believed."""
    belief = {pattern: score(pattern, model) for pattern in {*near, *anywhere}}
    doubt = {pattern: 1 - believed for pattern, believed in belief.items()}
    found = sum(belief[pattern] * count for pattern, count in near.items())
    same, other = _shares(near, belief, _guess_same()), _shares(anywhere, doubt, _even())
    return Model(_bounded(found / pairs), _constrained(same), other, model.people)


def _constrained(same: Shares) -> Shares:
    """Within one person what is true of them agrees, at least nearly, more often than not.

    Without this bound a shop that has no duplicates at all would be told of people who merely have something in
    common (W. E. Winkler, "Improved decision rules in the Fellegi–Sunter model of record linkage", ASA 1993).
    """
    return {field: _agreeing(shares) if field in TRUE else shares for field, shares in same.items()}


def _agreeing(shares: tuple[float, ...]) -> tuple[float, ...]:
    unknown, other, *agreeing = shares
    if other <= MOST:
        return shares
    return (unknown, MOST, *((1 - MOST) * share / (1 - other) for share in agreeing))


def _bounded(prior: float) -> float:
    return min(max(prior, LEAST), MOST)


def _guess_same() -> Shares:
    """Within one person most fields are the same, and the rest is spread."""
    spread = {field: (1 - LIKELY) / (len(levels) - 2) for field, levels in LEVELS.items()}
    return {field: (0.0, *[spread[field]] * (len(levels) - 2), LIKELY) for field, levels in LEVELS.items()}


def _even() -> Shares:
    return {field: (0.0, *[1 / (len(levels) - 1)] * (len(levels) - 1)) for field, levels in LEVELS.items()}


def _shares(counts: Counts, weights: Mapping[Pattern, float], guess: Shares) -> Shares:
    """For each field the share of each level, among the pairs of which it is known."""
    sums = {field: [WEIGHT * share for share in guess[field]] for field in FIELDS}
    for pattern, count in counts.items():
        weighed = weights.get(pattern, 1.0) * count
        for field, level in zip(FIELDS, pattern, strict=True):
            sums[field][level] += weighed
    return {field: _shared(found) for field, found in sums.items()}


def _shared(sums: list[float]) -> tuple[float, ...]:
    known = sum(sums[1:])
    return (1.0, *(one / known for one in sums[1:]))
