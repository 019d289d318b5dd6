"""The form of a product segment as rows, from and to a condition tree. What a row cannot say, the API can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cadenza.cdp.segments.types import Kind

Tree = dict[str, Any]
MOST = 12  # rows
DAYS = 30
EVENTS = (
    ("Product Viewed", "was viewed"), ("Product Added", "was put into a cart"),
    ("Product Removed", "was taken out of a cart"), ("Product Added to Wishlist", "was put on a wish list"),
)  # fmt: skip
ORDERS = (("count", "was in so many orders"), ("sum", "was sold for"))
LABELS = {"sku": "SKU"}
NUMBERS = (
    ("at_least", "at least"), ("at_most", "at most"), ("more_than", "more than"), ("less_than", "less than"),
    ("is", "exactly"),
)  # fmt: skip
TIMES = (("at_least", "at least"), ("at_most", "at most"))
KNOWN = (("known", "is known"), ("unknown", "is not known"))
OPERATORS: dict[Kind, tuple[tuple[str, str], ...]] = {
    Kind.TEXT: (
        ("is", "is"),
        ("is_not", "is not"),
        ("contains", "contains"),
        ("starts_with", "begins with"),
        *KNOWN,
    ),
    Kind.NUMBER: (*NUMBERS, *KNOWN),
    Kind.FLAG: (("yes", "is yes"), ("no", "is no"), *KNOWN),
    Kind.LIST: (("contains_any", "contains"), *KNOWN),
}
WORDLESS = ("known", "unknown", "yes", "no")  # operators that compare with nothing


@dataclass(frozen=True)
class Row:
    """One condition: what (`field:price`, `did:Product Viewed`, `orders:count`), how, with what, in how many days."""

    what: str
    op: str = ""
    value: str = ""
    days: str = ""


def choices(fields: Mapping[str, Kind]) -> list[tuple[str, str]]:
    """What a row may be about, with its words."""
    known = [name for name, kind in fields.items() if kind in OPERATORS]
    return [
        *((f"field:{name}", LABELS.get(name, name.replace("_", " ").capitalize())) for name in known),
        *((f"did:{event}", said.capitalize()) for event, said in EVENTS),
        *((f"orders:{measure}", said.capitalize()) for measure, said in ORDERS),
    ]


def operators(row: Row, fields: Mapping[str, Kind]) -> tuple[tuple[str, str], ...]:
    """How a row may compare."""
    about, _, name = row.what.partition(":")
    if about == "field":
        return OPERATORS.get(fields.get(name, Kind.TEXT), OPERATORS[Kind.TEXT])
    return TIMES if about == "did" else NUMBERS


def fitted(row: Row, fields: Mapping[str, Kind]) -> Row:
    """The row with an operator that fits it, for one whose subject was changed."""
    known = dict(operators(row, fields))
    days = row.days or (str(DAYS) if not row.what.startswith("field:") and not row.op else "")
    return Row(row.what, row.op if row.op in known else next(iter(known)), row.value, days)


def to_tree(join: str, rows: Iterable[Row], fields: Mapping[str, Kind]) -> Tree:
    """The tree; what is no number stays text, so that the refusal names it."""
    return {"any" if join == "any" else "all": [_condition(row, fields) for row in rows]}


def _condition(row: Row, fields: Mapping[str, Kind]) -> Tree:
    about, _, name = row.what.partition(":")
    window = {"days": _number(row.days)} if row.days.strip() else {}
    if about == "did":
        times = (
            {"times": 0, "at_most": _number(row.value)}
            if row.op == "at_most"
            else {"times": _number(row.value)}
        )
        return {"did": name, **times, **window}
    if about == "orders":
        return {"orders": name, row.op: _number(row.value), **window}
    return {"attribute": name, **_test(row, fields.get(name, Kind.TEXT))}


def _test(row: Row, kind: Kind) -> Tree:
    match row.op:
        case "known" | "unknown":
            return {"is_set": row.op == "known"}
        case "yes" | "no":
            return {"is": row.op == "yes"}
        case "contains_any":
            return {"contains_any": [one.strip() for one in row.value.split(",") if one.strip()]}
        case op:
            return {op: _number(row.value) if kind is Kind.NUMBER else row.value}


def _number(told: str) -> Any:
    plain = told.strip().replace(",", "")
    try:
        return int(plain)
    except ValueError:
        try:
            return float(plain)
        except ValueError:
            return told


def from_tree(tree: Tree, fields: Mapping[str, Kind]) -> tuple[str, list[Row]] | None:
    """The rows of a tree; None where they cannot say it."""
    join = next((one for one in ("all", "any") if isinstance(tree.get(one), list)), "")
    parts = tree[join] if join else [tree]
    rows = [_row(part) for part in parts]
    known = [row for row in rows if row]
    if (
        len(known) < len(rows)
        or len(rows) > MOST
        or to_tree(join or "all", known, fields)[join or "all"] != parts
    ):
        return None
    return join or "all", known


def _row(part: Tree) -> Row | None:
    rest = {key: value for key, value in part.items() if key not in ("attribute", "did", "orders", "days")}
    days = str(part.get("days", ""))
    if "did" in part:
        op, value = (
            ("at_most", rest.get("at_most")) if rest.get("times") == 0 else ("at_least", rest.get("times", 1))
        )
        return Row(f"did:{part['did']}", op, str(value), days)
    if len(rest) != 1 or not ("orders" in part or "attribute" in part):
        return None
    [(op, value)] = rest.items()
    if "orders" in part:
        return Row(f"orders:{part['orders']}", op, str(value), days)
    return Row(f"field:{part['attribute']}", *_said(op, value))


def _said(op: str, value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return {"is_set": ("unknown", "known"), "is": ("no", "yes")}.get(op, ("", ""))[value], ""
    return op, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
