"""How probable it is that two people are one, from how they compare."""

from __future__ import annotations

from cadenza.cdp.duplicates.types import FIELDS, Model, Pattern


def score(pattern: Pattern, model: Model) -> float:
    """The probability, from 0 to 1: the prior odds times what each known field tells (see `estimate`)."""
    odds = model.prior / (1 - model.prior)
    for field, level in zip(FIELDS, pattern, strict=True):
        if level:
            odds *= model.same[field][level] / model.other[field][level]
    return odds / (1 + odds)
