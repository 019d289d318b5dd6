"""From the JSON of a sound condition tree to text that `read_text` reads back as the same tree.

What changes nothing is left out: brackets around one thing, keys that say what holds anyway.  What does not fit
into a line is laid out by brackets, each a step further in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cadenza.base.ids import SegmentId
from cadenza.cdp.segments.grammar import is_a, openers
from cadenza.cdp.segments.types import Op
from cadenza.cdp.segments.window import EVER

WIDTH = 100

Json = dict[str, Any]


def write_text(tree: Json, segments: Mapping[SegmentId, str], products: Mapping[SegmentId, str]) -> str:
    """The text of a tree that `parse` took. Segments are named where their name is theirs alone, else by id."""
    return "\n".join(_lines(_bare(tree), _Names(_unique(segments), _unique(products))))


@dataclass(frozen=True)
class _Names:
    """Segments, and those of products, by names that are theirs alone."""

    segments: Mapping[SegmentId, str]
    products: Mapping[SegmentId, str]


def _unique(names: Mapping[SegmentId, str]) -> dict[SegmentId, str]:
    often = Counter(names.values())
    return {one: name for one, name in names.items() if often[name] == 1}


def _bare(tree: Json) -> Json:
    """Without brackets around one thing."""
    for key in ("all", "any"):
        if key in tree and len(tree[key]) == 1:
            return _bare(tree[key][0])
    return tree


def _lines(tree: Json, names: _Names, inside: bool = False) -> list[str]:
    """`inside` another bracket, where a group needs one of its own."""
    flat = _flat(tree, names, inside)
    if len(flat) <= WIDTH:
        return [flat]
    if "not" in tree and _is_group(_bare(tree["not"])):
        first, *rest = _lines(_bare(tree["not"]), names, inside=True)
        return [f"not {first}", *rest]
    if not _is_group(tree):
        return [flat]
    word, parts = _group(tree)
    found = []
    for number, part in enumerate(parts):
        first, *rest = _lines(part, names, inside=True)
        found += [f"{word} {first}" if number else first, *rest]
    return ["(", *(f"  {line}" for line in found), ")"] if inside else found


def _is_group(tree: Json) -> bool:
    return bool(tree.get("all") or tree.get("any"))


def _group(tree: Json) -> tuple[str, list[Json]]:
    return ("and", [*map(_bare, tree["all"])]) if "all" in tree else ("or", [*map(_bare, tree["any"])])


def _flat(tree: Json, names: _Names, inside: bool = False) -> str:
    if _is_group(tree):
        word, parts = _group(tree)
        said = f" {word} ".join(_flat(part, names, inside=True) for part in parts)
        return f"({said})" if inside else said
    if "all" in tree:
        return "everyone"
    if "not" in tree:
        return _not(_bare(tree["not"]), names)
    return next(write(tree, names) for key, write in _WRITE.items() if key in tree)


def _not(part: Json, names: _Names) -> str:
    if "did" in part and part.get("times", 1) == 1 and part.get("at_most") is None:
        return f"did not {_flat(part, names).removeprefix('did ')}"
    said = _flat(part, names, inside=True)
    return f"not ({said})" if "sequence" in part else f"not {said}"


def _attribute(tree: Json, names: _Names) -> str:
    field = tree["attribute"]
    plain = is_a("NAME", field) and field not in openers()
    return f"{field if plain else _quoted(field)} {_tests(tree)}"


def _did(tree: Json, names: _Names) -> str:
    least, most = tree.get("times", 1), tree.get("at_most")
    if (least, most) == (0, 0):
        return f"never did {_quoted(tree['did'])}{_window(tree)}{_which(tree)}"
    return f"did {_quoted(tree['did'])}{_times(least, most)}{_window(tree)}{_which(tree)}"


def _times(least: int, most: int | None) -> str:
    if most is None:
        return f" at least {_n(least, 'time')}" if least > 1 else ""
    if least == most:
        return f" exactly {_n(least, 'time')}"
    return f" at most {_n(most, 'time')}" if least == 0 else f" {least} to {_n(most, 'time')}"


def _occurred(tree: Json, names: _Names) -> str:
    key = "last" if "last" in tree else "first"
    having = f" having {_details(tree['having'])}" if tree.get("having") else ""
    tests = _tests(tree)
    return f"{key} {_quoted(tree[key])}{' ' * bool(tests)}{tests}{_window(tree)}{_which(tree)}{having}"


def _sequence(tree: Json, names: _Names) -> str:
    first, *steps = tree["sequence"]
    begin = f"did {_quoted(first['did'])}{_window(tree)}{_which(first)}"
    return " then ".join([begin, *map(_step, steps)])


def _step(step: Json) -> str:
    within = next(
        (f"within {_n(step[key], unit)} " for key, unit in _WITHIN.items() if step.get(key) is not None), ""
    )
    done = f"did not {_quoted(step['did_not'])}" if "did_not" in step else f"did {_quoted(step['did'])}"
    return f"{within}{done}{_which(step)}"


_WITHIN = {"within_days": "day", "within_hours": "hour"}


def _orders(tree: Json, names: _Names) -> str:
    picks = [
        f"{key} {_quoted(tree[key])}" for key in ("category", "product", "brand") if tree.get(key) is not None
    ]
    if tree.get("status") is not None:
        picks.append(f"status {tree['status']}")
    if tree.get("products") is not None:
        picks.append(f"products in segment {_segment(tree['products'], names.products)}")
    which = f" with {', '.join(picks)}" if picks else ""
    return f"{_MEASURES[tree['orders']]}{which} {_tests(tree)}{_window(tree)}"


_MEASURES = {
    "count": "number of orders", "sum": "total of orders", "average": "average of orders",
    **{key: f"{key} order" for key in ("smallest", "largest", "first", "last")},
}  # fmt: skip


def _keeps(tree: Json, names: _Names) -> str:
    where = "in the cart" if tree["list"] == "cart" else "on the wish list"
    return f"products {where} {_tests(tree)}{_which(tree)}"


def _subscription(tree: Json, names: _Names) -> str:
    several = "one_of" in tree
    states = f"one of {', '.join(tree['one_of'])}" if several else tree.get("is", "given")
    return f"subscription {_quoted(tree['subscription'])}{_channel(tree)} is {states}"


def _channel(tree: Json) -> str:
    return f" by {_name(tree.get('channel', 'email'))}"


def _message(tree: Json, names: _Names) -> str:
    said = f"message {tree['message'].replace('_', ' ')}{_channel(tree)}"
    if tree.get("campaign") is not None:
        said += f" of campaign {_value(tree['campaign'])}"
    if tree.get("reason") is not None:
        said += f" because {_quoted(tree['reason'])}"
    return said + _window(tree)


def _identifier(tree: Json, names: _Names) -> str:
    return f"identifier {_name(tree['identifier'])} {_test('is_set', tree['is_set'])}"


def _bucket(tree: Json, names: _Names) -> str:
    ends = f"from {_value(tree.get('from', 0))} to {_value(tree.get('to', 100))} percent"
    return f"drawn by {_quoted(tree['bucket'])} {ends}"


def _segment(told: str, names: Mapping[SegmentId, str]) -> str:
    segment = SegmentId(UUID(told))
    return _quoted(names[segment]) if segment in names else str(segment)


_WRITE: dict[str, Callable[[Json, _Names], str]] = {
    "attribute": _attribute, "did": _did, "first": _occurred, "last": _occurred, "sequence": _sequence,
    "orders": _orders, "list": _keeps, "subscription": _subscription, "message": _message,
    "identifier": _identifier, "bucket": _bucket,
    "segment": lambda tree, names: f"in segment {_segment(tree['segment'], names.segments)}",
    "near": lambda tree, names: f"lives{_near(tree['near'])}",
}  # fmt: skip


def _which(tree: Json) -> str:
    said = f" where {_details(tree['where'])}" if tree.get("where") else ""
    if tree.get("on") is not None:
        said += f" on {', '.join(map(str.capitalize, tree['on']))}"
    if tree.get("between_hours") is not None:
        since, until = tree["between_hours"]
        said += f" between {since}:00 and {until}:00"
    return said + (_near(tree["near"]) if tree.get("near") is not None else "")


def _near(place: Json) -> str:
    km, latitude, longitude = (_value(place[key]) for key in ("km", "latitude", "longitude"))
    return f" within {km} km of {latitude}, {longitude}"


def _details(where: list[Json]) -> str:
    said = (f"{_name(one['property'])} {_tests(one)}" for one in where)
    return f"({' and '.join(said)})"


def _window(tree: Json) -> str:
    said = (_WINDOWS[key](tree[key]) for key in _WINDOWS if tree.get(key) is not None)
    return "".join(f" {one}" for one in said)


_WINDOWS: dict[str, Callable[[Any], str]] = {
    "days": lambda value: f"in the last {_n(value, 'day')}",
    "hours": lambda value: f"in the last {_n(value, 'hour')}",
    "in": lambda value: value.replace("_", " "),
    "since": lambda value: f"since {_value(value)}",
    "until": lambda value: f"until {_value(value)}",
    "first_days": lambda value: (
        "since registering" if value == EVER else f"in the first {_n(value, 'day')} after registering"
    ),
}


def _tests(tree: Json) -> str:
    return " but ".join(_test(key, value) for key, value in tree.items() if key in list(Op))


def _test(op: str, value: Any) -> str:
    match op:
        case Op.IS_SET:
            return "is known" if value else "is not known"
        case Op.DAYS_AGO_AT_LEAST | Op.DAYS_AGO_AT_MOST:
            return f"at {op.rsplit('_', 1)[1]} {_n(value, 'day')} ago"
        case Op.ANNIVERSARY_WITHIN:
            return f"has its anniversary within {_n(value, 'day')}"
    said = _SEVERAL.get(op, op.replace("_", " "))
    values = value if isinstance(value, list) else [value]
    return f"{said} {', '.join(map(_value, values))}"


_SEVERAL: dict[str, str] = {
    Op.ONE_OF: "is one of",
    Op.CONTAINS_ANY: "contains any of",
    Op.CONTAINS_ALL: "contains all of",
}


def _value(value: Any) -> str:
    """Dates and ids are written as they are: no other value looks like them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return repr(value)
    return value if is_a("DATE", value) or is_a("ID", value) else _quoted(value)


def _name(name: str) -> str:
    return name if is_a("NAME", name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _n(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
