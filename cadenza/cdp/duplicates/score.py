"""How probable it is that two people are one, from how they compare.

That two share a name tells little where many are called so, and much where nobody else is (W. E. Winkler,
"Frequency-based matching in the Fellegi–Sunter model of record linkage", ASA 1989).
"""

from __future__ import annotations

from collections.abc import Mapping

from cadenza.cdp.duplicates.types import FIELDS, LEVELS, Model, Pattern

RAREST = 1e-4  # a name that fewer share may as well be a slip of the pen
SAME = {field: len(levels) - 1 for field, levels in LEVELS.items()}
NOTHING: Mapping[str, float] = {}


def score(pattern: Pattern, model: Model, common: Mapping[str, float] = NOTHING) -> float:
    """The probability, from 0 to 1: the prior odds times what each known field tells (see `estimate`).

    `common`: for a field that is the same in both, the share of all people of whom it is, too.
    """
    odds = model.prior / (1 - model.prior)
    for field, level in zip(FIELDS, pattern, strict=True):
        if level:
            odds *= model.same[field][level] / _by_chance(field, level, model, common)
    return odds / (1 + odds)


def _by_chance(field: str, level: int, model: Model, common: Mapping[str, float]) -> float:
    if level == SAME[field] and field in common:
        return max(common[field], RAREST)
    return model.other[field][level]
