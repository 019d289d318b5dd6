"""From text to the JSON of a condition tree; a mistake names its line and column, and what could stand there.

What the grammar cannot know (whether a field is known, whether a comparison fits it) is checked by `parse`, whose
places in the tree are turned back into places in the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from cadenza.base.ids import SegmentId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments.grammar import HIDDEN, LONGER, grammar, openers, said
from cadenza.cdp.segments.parse import Fields, parse
from cadenza.cdp.segments.types import Op
from cadenza.cdp.segments.window import EVER
from cadenza.cdp.segments.window import KEYS as WINDOW

LONGEST = 100_000  # characters; what is longer is no sentence, and is kept as JSON
MOST_WORDS = 14  # that a hint names

Json = dict[str, Any]
Place = tuple[int, int]  # line and column, from 1


def read_text(
    text: str, fields: Fields, segments: Mapping[SegmentId, str], products: Mapping[SegmentId, str]
) -> Json:
    """The tree that a text means. `segments` and `products` are the names of segments, and of those of products."""
    if not text.strip():
        raise _mistake("There is no condition yet.", (1, 1), 'Write for example: did "Order Completed" today')
    if len(text) > LONGEST:
        raise _mistake(f"This text has more than {LONGEST} characters.", (1, 1), "Send it as JSON.")
    reader = _Reader(segments, products)
    try:
        tree: Json = reader.transform(grammar().parse(text))
    except UnexpectedInput as problem:
        raise _unexpected(problem, text) from None
    except VisitError as problem:
        if isinstance(problem.orig_exc, BadInput):
            raise problem.orig_exc from None
        raise
    try:
        parse(tree, fields)
    except BadInput as problem:
        raise _mistake(
            problem.detail, reader.place(tree, problem.at or ""), _in_words(problem.hint or "")
        ) from None
    return tree


def _mistake(said: str, place: Place, hint: str) -> BadInput:
    line, column = place
    return BadInput(said, at=f"line {line}, column {column}", hint=hint, line=line, column=column)


def _in_words(hint: str) -> str:
    """Comparisons are called here by words, not by the keys of the JSON."""
    for op in sorted(Op, key=len, reverse=True):
        hint = hint.replace(op, "is known" if op is Op.IS_SET else op.replace("_", " "))
    return hint


def _unexpected(problem: UnexpectedInput, text: str) -> BadInput:
    place = (max(problem.line, 1), max(problem.column, 1))
    if isinstance(problem, UnexpectedCharacters):
        if problem.char in '"“':
            return _mistake("This quote is never closed.", place, "End the text with the same kind of quote.")
        return _mistake(
            f"“{problem.char}” has no meaning here.",
            place,
            _could(_could_follow(text[: problem.pos_in_stream])),
        )
    return (
        _unfit(problem, place) if isinstance(problem, UnexpectedToken) else _mistake(str(problem), place, "")
    )


def _could_follow(text: str) -> set[str]:
    read = grammar().parse_interactive(text)
    read.exhaust_lexer()
    return read.accepts()


def _unfit(problem: UnexpectedToken, place: Place) -> BadInput:
    token, could = problem.token, problem.accepts or problem.expected
    if {token.type} < {"AND", "OR"} and {"AND", "OR"} & set(could):
        way = "Put brackets around what belongs together; the details of one event are joined by `and` alone."
        return _mistake("Here `and` and `or` meet.", place, way)
    if token.type == "$END":
        return _mistake("The text ends too early.", _end(problem, place), _could(could))
    hint = _meant(token, problem.token_history or [], could) or _could(could)
    if token.type == "NAME" and "STRING" in could and "NAME" not in could:
        hint = f'Put a text in quotes: "{token}". {hint}'
    return _mistake(f"“{token[:60]}” cannot stand here.", place, hint)


def _end(problem: UnexpectedToken, place: Place) -> Place:
    last = (problem.token_history or [problem.token])[-1]
    return (last.end_line or 1, last.end_column or 1) if isinstance(last, Token) else place


def _could(terminals: Any) -> str:
    words = sorted({LONGER.get(said(one), said(one)) for one in terminals if _is_told(one)})
    more = " …" if len(words) > MOST_WORDS else ""
    return f"Here can stand: {', '.join(words[:MOST_WORDS])}{more}."


def _is_told(terminal: str) -> bool:
    return terminal not in HIDDEN and not terminal.startswith("__")


def _meant(token: Token, history: list[Any], could: Any) -> str:
    """A word that looks like the one that was read; or like the one before, if that was taken for a field."""
    words = {said(one): LONGER.get(said(one), said(one)) for one in could if _is_told(one)}
    close = get_close_matches(token.lower()[:60], words, 1, 0.5)
    if not close and history and getattr(history[-1], "type", "") == "NAME":
        words = {word: LONGER.get(word, word) for word in openers()}
        close = get_close_matches(history[-1].lower()[:60], words, 1)
    return f"Did you mean “{words[close[0]]}”? {_could(could)}" if close else ""


@dataclass(frozen=True)
class _Part:
    """A part of a condition, as the JSON has it. `bare` are details without brackets."""

    json: Json
    place: Place
    bare: bool = False


class _Reader(Transformer_NonRecursive):  # type: ignore[type-arg]
    """Makes the JSON out of what the grammar found, and remembers where everything stood."""

    def __init__(self, segments: Mapping[SegmentId, str], products: Mapping[SegmentId, str]) -> None:
        super().__init__()
        self._names = {"segment_name": segments, "product_name": products}
        self._places: dict[tuple[int, str], Place] = {}
        self._open: set[int] = set()  # conditions that end in details without brackets
        self._kept: list[Json] = []  # so that no id comes twice

    def __default__(self, rule: str, children: list[Any], meta: Any) -> Any:
        place = (meta.line, meta.column)
        if rule in self._names:
            return self._named(self._names[rule], children[0], place)
        if rule in _VALUES:
            return _value(rule, children, place)
        if rule in _PARTS:
            return _Part(_PARTS[rule](*children), place, rule.endswith("_one"))
        return self._condition(rule, children, place)

    def _condition(self, rule: str, children: list[Any], place: Place) -> Json:
        made = _CONDITIONS[rule](*(one for one in children if not isinstance(one, _Part)))
        for part in children:
            if isinstance(part, _Part):
                self._add(made, part)
        if rule in ("every", "some"):
            self._refuse_doubt(made["all" if rule == "every" else "any"])
        if rule == "undone":
            self._places[id(made), ""] = place
            self._kept.append(made)
            made = {"not": made}
        self._kept.append(made)
        self._places[id(made), ""] = place
        if rule == "bracketed":
            self._open.discard(id(made))
        elif children and (id(children[-1]) in self._open or getattr(children[-1], "bare", False)):
            self._open.add(id(made))
        return made

    def _add(self, made: Json, part: _Part) -> None:
        for key, value in part.json.items():
            if key in made:
                raise _mistake("This is said twice in one condition.", part.place, "Leave one of the two.")
            made[key] = value
            self._places[id(made), key] = part.place

    def _refuse_doubt(self, parts: list[Json]) -> None:
        for before, after in pairwise(parts):
            if id(before) in self._open and "attribute" in after:
                raise _mistake(
                    "Is this asked of the event, or of the person?",
                    self._places[id(after), ""],
                    "Of the event: where (… and …). Of the person: put brackets around the condition before.",
                )

    def _named(self, names: Mapping[SegmentId, str], name: str, place: Place) -> str:
        found = [str(one) for one, called in names.items() if called == name]
        if len(found) == 1:
            return found[0]
        if found:
            way = f"Write the id instead, without quotes: {' or '.join(found[:3])}."
            raise _mistake(f"{len(found)} segments are called “{name}”.", place, way)
        close = get_close_matches(name[:200], names.values(), 1)
        way = f"Did you mean “{close[0]}”?" if close else "Write its name in quotes, or its id without."
        raise _mistake(f"There is no segment “{name[:200]}”.", place, way)

    def place(self, tree: Json, at: str) -> Place:
        """Where in the text the thing stood that a path in the tree names."""
        here: Any = tree
        found = self._places[id(tree), ""]
        for key in at.split(".")[1:]:
            found = self._places.get((id(here), key), found)
            if isinstance(here, list) and key.isdigit() and int(key) < len(here):
                here = here[int(key)]
            elif isinstance(here, dict) and key in here:
                here = here[key]
            else:
                break
            found = self._places.get((id(here), ""), found)
        return found


def _value(rule: str, children: list[Any], place: Place) -> Any:
    try:
        return _VALUES[rule](*children)
    except ValueError:
        raise _mistake("This text holds a sign that is not written so.", place, r"Write \\ for \.") from None


def _number(token: str) -> int | float:
    return int(token) if token.lstrip("+-").isdigit() else float(token)


def _text(token: str) -> str:
    return str(json.loads(token, strict=False)) if token.startswith('"') else token[1:-1]


_VALUES: dict[str, Callable[..., Any]] = {
    "name": str, "text": _text, "number": _number, "bare": str, "by_id": str,
    "yes": lambda: True, "no": lambda: False,
    "measure": lambda *words: {"number": "count", "total": "sum"}.get(words[0], str(words[0])),
    "basket": lambda *words: "cart" if words[-1] == "cart" else "wishlist",
    "occasion": str, "fate": lambda *words: "_".join(words),
}  # fmt: skip


def _one(key: str) -> Callable[..., Json]:
    return lambda value: {key: value}


def _many(key: str) -> Callable[..., Json]:
    return lambda *values: {key: [*values]}


def _length(key: str) -> Callable[..., Json]:
    return lambda length=1: {key: length}


def _place(km: float, latitude: float, longitude: float) -> Json:
    return {"near": {"latitude": latitude, "longitude": longitude, "km": km}}


def _full_hours(*told: int | str) -> Json:
    return {"between_hours": [int(one[:-3]) if isinstance(one, str) else one for one in told]}


_PARTS: dict[str, Callable[..., Json]] = {
    "equal": _one("is"), "unequal": _one("is_not"),
    "known": lambda: {"is_set": True}, "unknown": lambda: {"is_set": False},
    **{op: _one(op) for op in Op},
    **{op: _many(op) for op in (Op.ONE_OF, Op.CONTAINS_ANY, Op.CONTAINS_ALL)},
    "times": _one("times"), "times_at_most": lambda most: {"times": 0, "at_most": most},
    "times_exactly": lambda times: {"times": times, "at_most": times},
    "times_between": lambda least, most: {"times": least, "at_most": most},
    "where": _many("where"), "where_one": _many("where"), "having": _many("having"), "having_one": _many("having"),
    "on": lambda *days: {"on": [day.lower() for day in days]}, "between_hours": _full_hours, "near": _place,
    "within_days": _one("within_days"), "within_hours": _one("within_hours"),
    "days": _length("days"), "hours": _length("hours"), "first_days": _length("first_days"),
    "registered": lambda: {"first_days": EVER}, "calendar": lambda *words: {"in": "_".join(words)},
    "since": _one("since"), "until": _one("until"),
    "category": _one("category"), "product": _one("product"), "brand": _one("brand"), "status": _one("status"),
    "products": _one("products"), "channel": _one("channel"), "state": _one("is"), "states": _many("one_of"),
    "campaign": _one("campaign"), "reason": _one("reason"),
}  # fmt: skip


def _step(done: Json) -> Json:
    """What was not done is a key of its own in a step."""
    if "not" not in done:
        return done
    undone: Json = done["not"]
    return {"did_not": undone["did"], **{key: value for key, value in undone.items() if key != "did"}}


def _sequence(first: Json, *steps: Json) -> Json:
    """The window is said with the first step, and belongs to the whole."""
    window = {key: first[key] for key in WINDOW if key in first}
    begin = {key: value for key, value in _step(first).items() if key not in window}
    return {"sequence": [begin, *steps], **window}


_CONDITIONS: dict[str, Callable[..., Json]] = {
    "everyone": lambda: {"all": []}, "every": _many("all"), "some": _many("any"), "negated": _one("not"),
    "bracketed": lambda inner: inner, "attribute": _one("attribute"), "detail": _one("property"),
    "done": _one("did"), "undone": _one("did"), "never": lambda event: {"did": event, "times": 0, "at_most": 0},
    "step": _step, "sequence": _sequence, "occurred": lambda occasion, event: {occasion: event},
    "orders": _one("orders"), "keeps": _one("list"), "subscription": _one("subscription"), "message": _one("message"),
    "identifier": _one("identifier"), "inside": _one("segment"), "lives": dict,
    "bucket": lambda salt, least, most: {"bucket": salt, "from": least, "to": most},
}  # fmt: skip
