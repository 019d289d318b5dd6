"""A likely duplicate in words: how sure we are, why, and which letters of two values differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Levenshtein

from cadenza.cdp.duplicates.types import Reason

FIELDS = {
    "first_name": "first name",
    "last_name": "last name",
    "birth_date": "date of birth",
    "email": "e-mail address",
    "phone": "phone number",
    "city": "city",
    "postcode": "postcode",
    "street": "street",
}
CERTAINTY = (
    (0.99, "Almost certainly the same person", "positive"),
    (0.9, "Very probably the same person", "positive"),
    (0.7, "Probably the same person", "info"),
    (0.0, "Perhaps the same person", "caution"),
)
NEARLY = {
    "similar": "the {field} is almost the same",
    "begins": "one {field} is the beginning of the other",
    "exchanged": "first and last name are exchanged",
    "typo": "the {field} differs by a slip",
    "near": "the {field} differs in one part",
    "mailbox": "the mailbox is the same at another provider",
}
NOTES = {
    "same": "written differently",
    "similar": "almost the same",
    "begins": "one is shorter",
    "exchanged": "exchanged",
    "typo": "a slip apart",
    "near": "one part differs",
    "mailbox": "another provider",
    "other": "differs",
}
WORTH_SHOWING = 100  # letters of a value that are compared one by one
Pieces = list[tuple[str, bool]]


def certainty(probability: float) -> tuple[str, str]:
    """How sure we are, and the tone of it."""
    return next((words, tone) for least, words, tone in CERTAINTY if probability >= least)


def because(reasons: Iterable[Reason]) -> str:
    """`the first name and city are the same, and the last name is almost the same (98 %)`."""
    told = list(reasons)
    same = [FIELDS[one.field] for one in told if one.level == "same"]
    nearly = [_nearly(one) for one in told if one.level in NEARLY]
    return joined(
        ([f"the {joined(same)} {'is' if len(same) == 1 else 'are'} the same"] if same else []) + nearly
    )


def _nearly(one: Reason) -> str:
    said = NEARLY[one.level].format(field=FIELDS[one.field])
    return f"{said} ({one.likeness} %)" if one.level == "similar" and one.likeness < 100 else said


def although(reasons: Iterable[Reason]) -> str:
    """`the e-mail address differs`; nothing where nothing does."""
    other = [FIELDS[one.field] for one in reasons if one.level == "other"]
    return f"the {joined(other)} {'differs' if len(other) == 1 else 'differ'}" if other else ""


def joined(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def whole(one: str, two: str) -> tuple[Pieces, Pieces]:
    """Both values in one piece each; none where there is no value."""
    return [(one, False)] * bool(one), [(two, False)] * bool(two)


def marked(one: str, two: str) -> tuple[Pieces, Pieces]:
    """Both values in pieces, each with whether it differs; whole where they have little in common."""
    if Levenshtein.normalized_similarity(one.lower(), two.lower()) < 0.5 or len(one) > WORTH_SHOWING:
        return whole(one, two)
    steps = Levenshtein.opcodes(one.lower(), two.lower())
    mine = [(one[step.src_start : step.src_end], step.tag != "equal") for step in steps]
    theirs = [(two[step.dest_start : step.dest_end], step.tag != "equal") for step in steps]
    return [piece for piece in mine if piece[0]], [piece for piece in theirs if piece[0]]
