"""From one row and a plan to a record, or to the list of everything that is wrong with the row.

A wrong value rejects its row, unless the mapping says `leave_out` and the field is not needed:
then the record goes in without it and carries the flaw.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cadenza.connect.imports.converter import shown
from cadenza.connect.imports.guarded import unguarded
from cadenza.connect.imports.plan import Plan, Step, text_of
from cadenza.connect.imports.target import ONE_OF, REQUIRED, says_one_of
from cadenza.connect.imports.types import Cell, Flaw, Record, Rejected, Row, Skip, Skipped
from cadenza.connect.imports.unfit import Unfit

NUL = "\x00"
REMEMBERED = 5000  # texts a column; more are forgotten and read again


def parse(row: Row, plan: Plan) -> Record | Rejected | Skipped:
    """Understand one row."""
    if row.fault:
        return Rejected(row.number, (Flaw("", "", row.fault, row.hint),))
    if len(row.cells) != plan.width:
        return Rejected(row.number, (_wrong_width(row, plan),))
    if plan.skips and any(_skips(row.cells[place], skip) for place, skip in plan.skips):
        return Skipped(row.number)
    values, flaws, left_out = _values(row.cells, plan)
    flaws += _gaps(values, plan, flaws)
    if not flaws:
        flaws += _finish(values, plan, row)
    if flaws:
        return Rejected(row.number, tuple(flaws))
    who = tuple((name, values.pop(name)) for name in plan.who if name in values)
    return Record(row.number, who, values, tuple(left_out))


def _wrong_width(row: Row, plan: Plan) -> Flaw:
    count = len(row.cells)
    hint = "A value that holds the delimiter must stand in quotation marks." if count > plan.width else ""
    return Flaw("", "", f"The row has {count} columns where the header has {plan.width}.", hint)


def _skips(cell: Cell, skip: Skip) -> bool:
    found = text_of(cell)
    match skip.test:
        case "is":
            return found == skip.value
        case "is_not":
            return found != skip.value
        case "starts_with":
            return found.startswith(skip.value)
        case "contains":
            return skip.value in found
        case "empty":
            return (not found) == (skip.value.lower() != "false")
        case "below":
            return _below(found, skip.value)


def _below(found: str, limit: str) -> bool:
    try:
        return float(found) < float(limit)
    except ValueError:
        return False


def _values(cells: tuple[Cell, ...], plan: Plan) -> tuple[dict[str, Any], list[Flaw], list[Flaw]]:
    values: dict[str, Any] = dict(plan.constants)
    flaws: list[Flaw] = []
    left_out: list[Flaw] = []
    hour_key = "|".join([text_of(cells[place]) for place in plan.spread_by])
    for step in plan.steps:
        cell = cells[step.index]
        try:
            found = _value(cell, step, plan, hour_key)
            if found is not None:
                values[step.column.to] = found
        except Unfit as unfit:
            value = "" if unfit.secret else shown(cell)
            flaw = Flaw(step.column.source, value, unfit.reason, unfit.hint, secret=unfit.secret)
            (flaws if step.must else left_out).append(flaw)
    return values, flaws, left_out


def _value(cell: Cell, step: Step, plan: Plan, hour_key: str) -> Any:
    """The value of a cell, remembered by its text: columns of files repeat themselves."""
    memo = step.memo
    if memo is None or not isinstance(cell, str):
        return _converted(cell, step, plan, hour_key)
    if cell not in memo:
        if len(memo) >= REMEMBERED:
            memo.clear()
        memo[cell] = _converted(cell, step, plan, hour_key)
    return memo[cell]


def _converted(cell: Cell, step: Step, plan: Plan, hour_key: str) -> Any:
    found = _prepared(cell, step, plan)
    return None if found is None else step.convert(found, hour_key)


def _prepared(cell: Cell, step: Step, plan: Plan) -> Cell:
    """The cell after lookup, value map and change of case; None where there is nothing."""
    if isinstance(cell, str):
        cell = unguarded(cell.strip())
        if NUL in cell or "\ufffd" in cell or (not cell.isascii() and _broken(cell)):
            raise Unfit("This holds bytes that are no text.", "Check the encoding of the file.")
        if cell.lower() in plan.empty:
            cell = None
    if step.raw or (cell is None and not step.column.default):
        return cell
    return _changed(cell, step, plan)


def _broken(cell: str) -> bool:
    """Lone surrogates stand for bytes that the encoding does not know."""
    return any("\ud800" <= letter <= "\udfff" for letter in cell)


def _changed(cell: Cell, step: Step, plan: Plan) -> Cell:
    column = step.column
    found = text_of(cell)
    for table, name in column.lookup:
        line = plan.tables[table].get(found)
        if line is None:
            if column.default:
                return column.default
            raise Unfit(f"{found!r} is not in the lookup file {table!r}.", "Add it there, or set a default.")
        found = line[name]
    found = column.values.get(found, found) or column.default
    if not found:
        return None
    return _cased(found, column.case)


def _cased(text: str, case: str) -> str:
    match case:
        case "title":
            return titled(text)
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case _:
            return text


def titled(text: str) -> str:
    """A shouted name in title case; names that mix cases already are left alone."""
    if text != text.upper() and text != text.lower():
        return text
    found = list(text.lower())
    for place, letter in enumerate(found):
        if place == 0 or not found[place - 1].isalpha():
            found[place] = letter.upper()
    return "".join(found)


def _gaps(values: dict[str, Any], plan: Plan, flaws: list[Flaw]) -> list[Flaw]:
    """Fields that are needed and empty, unless their column is told of already."""
    kind = plan.mapping.kind
    told = ONE_OF.get(kind, {})
    nobody = [fields for fields in told.values() if not says_one_of(values, fields)]
    missing = [name for name in REQUIRED[kind] if name not in values]
    if not (nobody or missing):
        return []
    wrong = {flaw.column for flaw in flaws}
    empty = [plan.sources.get(name, name) for name in missing if plan.sources.get(name, name) not in wrong]
    found = [Flaw(column, "", "The value is empty.", "It is needed.") for column in empty]
    for fields in nobody if not wrong and not missing else ():
        columns = ", ".join(plan.sources[name] for name in fields if name in plan.sources)
        found.append(Flaw(columns, "", "The row names no person.", f"Fill one of {', '.join(fields)}."))
    return found


def _finish(values: dict[str, Any], plan: Plan, row: Row) -> list[Flaw]:
    """Complete what follows from other fields."""
    if plan.key:
        values["key"] = "|".join(text_of(row.cells[place]) for place in plan.key)
    if full := values.pop("full_name", ""):
        first, _, last = full.partition(" ")
        values.setdefault("first_name", first)
        if last:
            values.setdefault("last_name", last)
    match plan.mapping.kind:
        case "order_lines":
            return _line(values, row)
        case "returns":
            return _return(values)
        case _:
            return []


def _line(values: dict[str, Any], row: Row) -> list[Flaw]:
    values.setdefault("line_number", row.number)
    quantity = values.setdefault("quantity", Decimal(1))
    if quantity <= 0:
        return [
            Flaw("quantity", str(quantity), "The quantity is not above zero.", "Import returns as returns.")
        ]
    if "total" not in values:
        if "price" not in values:
            return [Flaw("total", "", "The line has neither total nor price.", "Map one of them.")]
        values["total"] = values["price"] * quantity
    return []


def _return(values: dict[str, Any]) -> list[Flaw]:
    price = values.pop("price", None)
    if values["quantity"] <= 0:
        return [
            Flaw(
                "quantity",
                str(values["quantity"]),
                "The quantity is not above zero.",
                "Write it without a sign.",
            )
        ]
    if price is not None:
        values.setdefault("amount", price * values["quantity"])
    return []
