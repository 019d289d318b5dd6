"""From a condition tree to a sentence in plain words, for those who read it and never see the tree.

`bought at least 2 times in the last 30 days and country is US`.  Brackets only where the sentence would
otherwise be ambiguous: around "or" inside "and" (and the reverse), and after "not".
"""

from __future__ import annotations

from cadenza.cdp.segments.leaves import (
    AllOf,
    AnyOf,
    Attribute,
    Condition,
    Did,
    Identified,
    Inside,
    Not,
    Occurred,
    Orders,
)
from cadenza.cdp.segments.phrase import NO_NAMES, Names, phrase
from cadenza.cdp.segments.types import Comparison, Op

_FLIPPED = {Op.IS: Op.IS_NOT, Op.IS_NOT: Op.IS}


def explain(condition: Condition, names: Names = NO_NAMES) -> str:
    """The sentence. `names` are those of fields and segments, as people call them."""
    return _said(_bare(condition), names)


def _said(condition: Condition, names: Names) -> str:
    match condition:
        case AllOf(of=()):
            return "everyone"
        case AllOf(of):
            return _joined(of, " and ", names)
        case AnyOf(of):
            return _joined(of, " or ", names)
        case Not(of=part):
            return _not(part, names)
        case leaf:
            return phrase(leaf, names)


def _joined(parts: tuple[Condition, ...], word: str, names: Names) -> str:
    return word.join(_bracketed(part, word, names) for part in parts)


def _bracketed(part: Condition, word: str, names: Names) -> str:
    inner = _bare(part)
    said = _said(inner, names)
    other = AnyOf if word == " and " else AllOf
    many_tests = word == " or " and isinstance(inner, Attribute | Orders | Occurred) and " and " in said
    return f"({said})" if (isinstance(inner, other) and inner.of) or many_tests else said


def _bare(condition: Condition) -> Condition:
    """Without what the sentence does not show: groups of one, and not of not."""
    match condition:
        case AllOf(of=(only,)) | AnyOf(of=(only,)):
            return _bare(only)
        case Not(of=part) if isinstance(inner := _bare(part), Not):
            return _bare(inner.of)
        case _:
            return condition


def _not(part: Condition, names: Names) -> str:
    match _bare(part):
        case AllOf(of=()):
            return "nobody"
        case Did(times=1, at_most=None) as did:
            return phrase(did, names, negated=True)
        case Attribute(tests=(Comparison(op=Op.IS_SET, value=bool(known)),)) as attribute:
            return phrase(_with(attribute, Comparison(Op.IS_SET, not known)), names)
        case Attribute(tests=(Comparison(op=Op.IS | Op.IS_NOT as op, value=str(value)),)) as attribute:
            return phrase(_with(attribute, Comparison(_FLIPPED[op], value)), names)
        case Identified() | Inside() as known:
            return phrase(known, names, negated=True)
        case other:
            return f"not ({_said(other, names)})"


def _with(attribute: Attribute, test: Comparison) -> Attribute:
    return Attribute(attribute.name, attribute.kind, (test,), attribute.at)
