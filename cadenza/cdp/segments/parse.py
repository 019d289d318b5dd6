"""From JSON to a condition tree, once, at the edge; after that there is nothing left to check.

Every mistake is a BadInput that names its place (`tree.all.0.days`) and the way out.  Unknown keys are
refused: a misspelt `day` must not silently mean "ever".
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.compare import LONGEST_WINDOW, compare, text, whole
from cadenza.cdp.segments.types import (
    AllOf,
    AnyOf,
    Attribute,
    Condition,
    Did,
    Kind,
    Measure,
    Not,
    Orders,
    Where,
)

DEEPEST = 20  # nested brackets; nobody reads deeper, and the stack has an end
MOST = 200  # comparisons in one tree
MOST_WHERE = 20  # property comparisons in one `did`
MOST_TIMES = 1_000_000

STATUSES = ("placed", "paid", "delivered", "returned")  # cancelled orders never count
SHAPES = "Use all, any, not, attribute, did or orders."


def parse(json: Any, fields: Mapping[str, Kind], at: str = "tree") -> Condition:
    """The tree that the JSON means. `fields` are the profile fields that the workspace knows."""
    found = _condition(json, fields, at, 1)
    if _size(found) > MOST:
        raise BadInput(f"A segment holds at most {MOST} conditions.", at=at, hint="Split it in two.")
    return found


def _condition(json: Any, fields: Mapping[str, Kind], at: str, depth: int) -> Condition:
    if depth > DEEPEST:
        raise BadInput(f"Conditions are nested more than {DEEPEST} deep.", at=at, hint="Use fewer brackets.")
    match json:
        case {"all": list(parts)}:
            _only(json, ("all",), at)
            return AllOf(_many(parts, fields, f"{at}.all", depth))
        case {"any": list(parts)}:
            _only(json, ("any",), at)
            if not parts:
                raise BadInput("`any` of nothing holds nobody.", at=f"{at}.any", hint="Add a condition.")
            return AnyOf(_many(parts, fields, f"{at}.any", depth))
        case {"not": part}:
            _only(json, ("not",), at)
            return Not(_condition(part, fields, f"{at}.not", depth + 1))
        case {"attribute": _}:
            return _attribute(json, fields, at)
        case {"did": _}:
            return _did(json, at)
        case {"orders": _}:
            return _orders(json, at)
        case {"all": _} | {"any": _}:
            key = "all" if "all" in json else "any"
            raise BadInput("This must be a list of conditions.", at=f"{at}.{key}", hint="Write [ … ].")
        case _:
            raise BadInput("This is not a condition.", at=at, hint=SHAPES)


def _many(parts: list[Any], fields: Mapping[str, Kind], at: str, depth: int) -> tuple[Condition, ...]:
    if len(parts) > MOST:
        raise BadInput(f"A segment holds at most {MOST} conditions.", at=at, hint="Split it in two.")
    return tuple(_condition(part, fields, f"{at}.{n}", depth + 1) for n, part in enumerate(parts))


def _attribute(json: dict[str, Any], fields: Mapping[str, Kind], at: str) -> Attribute:
    field = text(json["attribute"], f"{at}.attribute")
    if field not in fields:
        near = get_close_matches(field, fields, 1)
        way = f"Did you mean {near[0]!r}?" if near else "Define the field first, or choose a known one."
        raise BadInput(f"People have no field {field!r}.", at=f"{at}.attribute", hint=way)
    return Attribute(field, fields[field], compare(json, fields[field], ("attribute",), at), at)


def _did(json: dict[str, Any], at: str) -> Did:
    _only(json, ("did", "times", "at_most", "days", "where"), at)
    times = whole(json.get("times", 1), f"{at}.times", 0, MOST_TIMES)
    most = json.get("at_most")
    if most is not None:
        most = whole(most, f"{at}.at_most", times, MOST_TIMES)
    elif times == 0:
        raise BadInput(
            "At least 0 times is everyone.", at=f"{at}.times", hint="Add at_most, or say not did for never."
        )
    where = _wheres(json.get("where", []), f"{at}.where")
    return Did(text(json["did"], f"{at}.did"), times, most, _days(json, at), where, at)


def _wheres(json: Any, at: str) -> tuple[Where, ...]:
    if not isinstance(json, list):
        raise BadInput("`where` must be a list.", at=at, hint='Write [{"property": …, "is": …}].')
    if len(json) > MOST_WHERE:
        raise BadInput(f"At most {MOST_WHERE} property conditions.", at=at, hint="Leave some out.")
    return tuple(_where(part, f"{at}.{n}") for n, part in enumerate(json))


def _where(json: Any, at: str) -> Where:
    if not isinstance(json, dict) or "property" not in json:
        raise BadInput("This is not a property condition.", at=at, hint='Write {"property": …, "is": …}.')
    return Where(text(json["property"], f"{at}.property"), compare(json, None, ("property",), at), at)


def _orders(json: dict[str, Any], at: str) -> Orders:
    if json["orders"] not in list(Measure):
        raise BadInput(
            "Orders are counted, summed or averaged.", at=f"{at}.orders", hint="Use count, sum or average."
        )
    measure = Measure(json["orders"])
    more = ("orders", "days", "category", "status")
    found = compare(json, measure, more, at)
    category = text(json["category"], f"{at}.category") if json.get("category") is not None else None
    return Orders(measure, found, _days(json, at), category, _status(json.get("status"), f"{at}.status"), at)


def _status(value: Any, at: str) -> str | None:
    if value is None or value in STATUSES:
        return value  # type: ignore[no-any-return]
    if value == "cancelled":
        raise BadInput("Cancelled orders never count.", at=at, hint='Use {"did": "Order Cancelled"} instead.')
    raise BadInput("There is no such order status.", at=at, hint=f"Use {', '.join(STATUSES)}.")


def _days(json: dict[str, Any], at: str) -> int | None:
    value = json.get("days")
    return None if value is None else whole(value, f"{at}.days", 1, LONGEST_WINDOW)


def _only(json: dict[str, Any], known: tuple[str, ...], at: str) -> None:
    for key in json:
        if key not in known:
            way = f"Known here: {', '.join(known)}."
            raise BadInput(f"{str(key)[:60]!r} has no meaning here.", at=f"{at}.{str(key)[:60]}", hint=way)


def _size(condition: Condition) -> int:
    match condition:
        case AllOf(of) | AnyOf(of):
            return sum(_size(part) for part in of)
        case Not(of=part):
            return _size(part)
        case Did(where=where):
            return 1 + len(where)
        case _:
            return 1
