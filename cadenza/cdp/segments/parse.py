"""From JSON to a condition tree, once, at the edge; after that there is nothing left to check.

Every mistake is a BadInput that names its place (`tree.all.0.days`) and the way out.  Unknown keys are
refused: a misspelt `day` must not silently mean "ever".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from cadenza.base.ids import SegmentId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments.compare import compare, number, text, whole
from cadenza.cdp.segments.leaves import (
    AllOf,
    AnyOf,
    Attribute,
    Basket,
    Bucket,
    Condition,
    Did,
    Identified,
    Inside,
    Keeps,
    Near,
    Not,
    Occurred,
    Orders,
    Sequence,
    Standing,
    Subscription,
    leaves,
)
from cadenza.cdp.segments.select import KEYS as WHICH
from cadenza.cdp.segments.select import near, only, select, step, wheres
from cadenza.cdp.segments.spell import spell
from cadenza.cdp.segments.types import Kind, Measure
from cadenza.cdp.segments.window import KEYS as WINDOW
from cadenza.cdp.segments.window import window

DEEPEST = 100  # nested brackets; nobody reads deeper, and the stack has an end
MOST = 200  # comparisons in one tree
MOST_STEPS = 10
MOST_TIMES = 1_000_000

STATUSES = ("placed", "paid", "delivered", "returned")  # cancelled orders never count
ORDERS = ("orders", "category", "status", "product", "brand", "products", *WINDOW)

Fields = Mapping[str, Kind]
Json = dict[str, Any]


def parse(json: Any, fields: Fields, at: str = "tree") -> Condition:
    """The tree that the JSON means. `fields` are the profile fields that the workspace knows."""
    found = _condition(json, fields, at, 1)
    if sum(map(_size, leaves([found]))) > MOST:
        raise BadInput(f"A segment holds at most {MOST} conditions.", at=at, hint="Split it in two.")
    return found


def _condition(json: Any, fields: Fields, at: str, depth: int) -> Condition:
    if depth > DEEPEST:
        raise BadInput(f"Conditions are nested more than {DEEPEST} deep.", at=at, hint="Use fewer brackets.")
    match json:
        case {"all": list(parts)}:
            only(json, ("all",), at)
            return AllOf(_many(parts, fields, f"{at}.all", depth))
        case {"any": list(parts)}:
            only(json, ("any",), at)
            if not parts:
                raise BadInput("`any` of nothing holds nobody.", at=f"{at}.any", hint="Add a condition.")
            return AnyOf(_many(parts, fields, f"{at}.any", depth))
        case {"not": part}:
            only(json, ("not",), at)
            return Not(_condition(part, fields, f"{at}.not", depth + 1))
        case {"all": _} | {"any": _}:
            key = "all" if "all" in json else "any"
            raise BadInput("This must be a list of conditions.", at=f"{at}.{key}", hint="Write [ … ].")
        case {"attribute": _}:
            return _attribute(json, fields, at)
        case _:
            return _leaf(json, at)


def _many(parts: list[Any], fields: Fields, at: str, depth: int) -> tuple[Condition, ...]:
    if len(parts) > MOST:
        raise BadInput(f"A segment holds at most {MOST} conditions.", at=at, hint="Split it in two.")
    return tuple(_condition(part, fields, f"{at}.{n}", depth + 1) for n, part in enumerate(parts))


def _leaf(json: Any, at: str) -> Condition:
    """A leaf is known by the first name of `_LEAVES` among its keys, in whatever order a store gives them back."""
    for key, read in _LEAVES.items() if isinstance(json, dict) else ():
        if key in json:
            return read(json, at)
    raise BadInput(
        "This is not a condition.", at=at, hint=f"Use all, any, not, attribute, {', '.join(_LEAVES)}."
    )


def _attribute(json: Json, fields: Fields, at: str) -> Attribute:
    field = text(json["attribute"], f"{at}.attribute")
    if field not in fields:
        close = get_close_matches(field, fields, 1)
        way = f"Did you mean {close[0]!r}?" if close else "Define the field first, or choose a known one."
        raise BadInput(f"People have no field {field!r}.", at=f"{at}.attribute", hint=way)
    return Attribute(field, fields[field], compare(json, fields[field], ("attribute",), at), at)


def _did(json: Json, at: str) -> Did:
    only(json, ("did", "times", "at_most", *WHICH, *WINDOW), at)
    times = whole(json.get("times", 1), f"{at}.times", 0, MOST_TIMES)
    most = json.get("at_most")
    if most is not None:
        most = whole(most, f"{at}.at_most", times, MOST_TIMES)
    elif times == 0:
        raise BadInput(
            "At least 0 times is everyone.", at=f"{at}.times", hint="Add at_most, or say not did for never."
        )
    return Did(select(json, "did", at), times, most, window(json, at), at)


def _occurred(json: Json, at: str) -> Occurred:
    key = "last" if "last" in json else "first"
    having = wheres(json.get("having") or [], f"{at}.having")
    tests = compare(json, Measure(key), (key, "having", *WHICH, *WINDOW), at, least=0 if having else 1)
    return Occurred(select(json, key, at), key == "last", tests, having, window(json, at), at)


def _sequence(json: Json, at: str) -> Sequence:
    only(json, ("sequence", *WINDOW), at)
    told = json["sequence"]
    if not isinstance(told, list) or not 2 <= len(told) <= MOST_STEPS:
        way = 'Write [{"did": …}, {"did": …, "within_days": 2}].'
        raise BadInput(f"A sequence has 2 to {MOST_STEPS} steps.", at=f"{at}.sequence", hint=way)
    steps = tuple(step(part, f"{at}.sequence.{n}", n == 0) for n, part in enumerate(told))
    for n, one in enumerate(steps[:-1]):
        if one.missing:
            raise BadInput(
                "Only the last step can be one that was not done.",
                at=f"{at}.sequence.{n}",
                hint="Split it in two.",
            )
    return Sequence(steps, window(json, at), at)


def _orders(json: Json, at: str) -> Orders:
    if json["orders"] not in list(Measure):
        raise BadInput(
            "Orders are counted, summed or averaged.", at=f"{at}.orders", hint=f"Use {', '.join(Measure)}."
        )
    measure = Measure(json["orders"])
    found = compare(json, measure, ORDERS, at)
    named = {
        key: text(json[key], f"{at}.{key}")
        for key in ("category", "product", "brand")
        if json.get(key) is not None
    }
    products = _id(json["products"], f"{at}.products") if json.get("products") is not None else None
    status = _status(json.get("status"), f"{at}.status")
    return Orders(measure, found, window(json, at), status=status, products=products, at=at, **named)


def _status(value: Any, at: str) -> str | None:
    if value is None or value in STATUSES:
        return value  # type: ignore[no-any-return]
    if value == "cancelled":
        raise BadInput("Cancelled orders never count.", at=at, hint='Use {"did": "Order Cancelled"} instead.')
    raise BadInput("There is no such order status.", at=at, hint=f"Use {', '.join(STATUSES)}.")


def _keeps(json: Json, at: str) -> Keeps:
    basket = _one_of(json["list"], tuple(Basket), f"{at}.list", "People keep no such list.")
    tests = compare(json, Measure.COUNT, ("list", "where"), at)
    return Keeps(Basket(basket), tests, wheres(json.get("where") or [], f"{at}.where"), at)


def _subscription(json: Json, at: str) -> Subscription:
    only(json, ("subscription", "channel", "is", "one_of"), at)
    told = json["one_of"] if "one_of" in json else [json.get("is", Standing.GIVEN)]
    if not isinstance(told, list) or not told or ("is" in json and "one_of" in json):
        raise BadInput("This is no list of states.", at=f"{at}.one_of", hint=f"Use {', '.join(Standing)}.")
    key = "one_of" if "one_of" in json else "is"
    states = [
        _one_of(one, tuple(Standing), f"{at}.{key}", "There is no such state of a subscription.")
        for one in told
    ]
    ordered = tuple(one for one in Standing if one in states)
    topic, channel = text(json["subscription"], f"{at}.subscription"), json.get("channel", "email")
    return Subscription(topic, text(channel, f"{at}.channel"), ordered, at)


def _identified(json: Json, at: str) -> Condition:
    [test] = compare(json, Kind.PRESENCE, ("identifier",), at)
    known = Identified(text(json["identifier"], f"{at}.identifier"), at)
    return known if test.value else Not(known)


def _inside(json: Json, at: str) -> Inside:
    only(json, ("segment",), at)
    return Inside(_id(json["segment"], f"{at}.segment"), at)


def _id(value: Any, at: str) -> SegmentId:
    try:
        return SegmentId(UUID(value))
    except (TypeError, ValueError, AttributeError):
        raise BadInput(
            "This is not the id of a segment.", at=at, hint="Copy it from the segment's page."
        ) from None


def _bucket(json: Json, at: str) -> Bucket:
    only(json, ("bucket", "from", "to"), at)
    least, most = (
        _share(json.get(key, standard), f"{at}.{key}") for key, standard in (("from", 0), ("to", 100))
    )
    if most <= least:
        raise BadInput(
            "This share is empty.", at=f"{at}.to", hint="It goes from one number up to a larger one."
        )
    return Bucket(text(json["bucket"], f"{at}.bucket"), Decimal(least) / 100, Decimal(most) / 100, at)


def _share(value: Any, at: str) -> int:
    """Hundredths of a percent."""
    found = round(number(value, at) * 100)
    if not 0 <= found <= 10_000:
        raise BadInput("This is no percentage.", at=at, hint="From 0 to 100, with at most two decimals.")
    return found


def _one_of(value: Any, known: tuple[str, ...], at: str, said: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadInput(said, at=at, hint=f"Use {', '.join(known)}.")
    return value


def _near(json: Json, at: str) -> Near:
    only(json, ("near",), at)
    return near(json, at)


def _message(json: Json, at: str) -> Condition:
    """What became of a message is an event like others: written out as such."""
    done, missing = spell(json, at)
    if missing is None:
        return _did(done, at)
    return AllOf((_did(done, at), Not(_did(missing, at))))


# `near` is the last: it also says where something was done.
_LEAVES: dict[str, Callable[[Json, str], Condition]] = {
    "did": _did, "first": _occurred, "last": _occurred, "sequence": _sequence, "orders": _orders, "list": _keeps,
    "message": _message, "subscription": _subscription, "identifier": _identified, "segment": _inside,
    "bucket": _bucket, "near": _near,
}  # fmt: skip


def _size(leaf: Condition) -> int:
    match leaf:
        case Did(what=what):
            return 1 + len(what.where)
        case Occurred(what=what, having=having):
            return 1 + len(what.where) + len(having)
        case Sequence(steps=steps):
            return sum(1 + len(one.what.where) for one in steps)
        case Keeps(where=where):
            return 1 + len(where)
        case _:
            return 1
