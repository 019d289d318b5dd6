"""From the bytes of a request to one neutral tree, whether they are JSON or XML."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NoReturn

from cadenza.base import text
from cadenza.base.problem import Malformed
from cadenza.connect.operations.types import Tree
from cadenza.connect.operations.unfold import unfold

MOST_DEPTH = 16
MOST_NODES = 50_000
LONGEST_TEXT = 10_000
LONGEST_NUMBER = 40  # digits and their exponent: nothing that is counted or paid needs more


def read(body: bytes, as_xml: bool) -> Tree:
    """The tree of a request; an empty body is an empty tree. Raises Malformed."""
    if not body.strip():
        return {}
    found = unfold(body) if as_xml else read_json(body)
    if not isinstance(found, dict):
        raise Malformed("A request is an object.", at="body", hint='Send {"customer": {…}}.')
    return found


def read_json(body: bytes, most: int = MOST_NODES) -> Any:
    """Any JSON, tidied; a key told twice in one object is refused, for nobody knows which was meant."""
    try:
        found = json.loads(
            body, object_pairs_hook=_object, parse_float=_number, parse_int=_whole, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        said = "it nests too deep" if isinstance(error, RecursionError) else "it is not JSON in UTF-8"
        raise Malformed(f"The body cannot be read: {said}.", at="body", hint="Send JSON in UTF-8.") from None
    return tidy(found, most)


def _object(pairs: Iterable[tuple[str, Any]]) -> Tree:
    found: Tree = {}
    for name, value in pairs:
        if name in found:
            raise Malformed(
                "A name stands twice in one object.", at=f"body.{name[:80]}", hint="Send it once."
            )
        found[name] = value
    return found


def _number(told: str) -> Decimal:
    if len(told) > LONGEST_NUMBER:
        raise ValueError("too long")
    found = Decimal(told)
    if not -LONGEST_NUMBER <= found.adjusted() <= LONGEST_NUMBER:
        raise ValueError("out of range")
    return found


def _whole(told: str) -> int:
    if len(told) > LONGEST_NUMBER:
        raise ValueError("too long")
    return int(told)


def _no_number(told: str) -> NoReturn:
    raise ValueError(f"{told} is no number of JSON")


def tidy(found: Any, most: int = MOST_NODES) -> Any:
    """The same tree within our bounds, of texts that every store can hold."""
    return _tidied(found, MOST_DEPTH, [most])


def _tidied(part: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise Malformed(
            f"A request nests at most {MOST_DEPTH} deep and has a bounded number of values.", at="body"
        )
    if isinstance(part, dict):
        return {text.clean(name, 200): _tidied(value, depth - 1, left) for name, value in part.items()}
    if isinstance(part, list):
        return [_tidied(one, depth - 1, left) for one in part]
    return text.clean(part, LONGEST_TEXT) if isinstance(part, str) else part
