"""A mapping document is checked once; every mistake knows its place and the way out."""

import re
from pathlib import Path
from typing import Any

import pytest

from cadenza.base.problem import BadInput
from cadenza.connect.imports.dump import dump
from cadenza.connect.imports.load import load, read

ROOT = Path(__file__).parents[3]
GOOD: dict[str, Any] = {
    "kind": "customers",
    "source": "till",
    "basis": {"legal": "contract", "source": "The till."},
    "columns": {"Mail": "email"},
}
LINES = GOOD | {
    "kind": "order_lines",
    "columns": {"N": "number", "D": "placed_at", "P": "product", "T": "total"},
}


def with_column(told: Any) -> dict[str, Any]:
    return GOOD | {"columns": {"Mail": "email", "X": told}}


@pytest.mark.parametrize(
    ("document", "at"),
    [
        (GOOD | {"kind": "people"}, "kind"),
        (GOOD | {"colums": {}}, "colums"),
        ({**GOOD, "basis": {}}, "basis.legal"),
        ({**GOOD, "basis": {"legal": "because"}}, "basis.legal"),
        ({**GOOD, "basis": {"legal": "contract", "source": " "}}, "basis.source"),
        (GOOD | {"columns": {}}, "columns"),
        (GOOD | {"columns": {"Name": "first_name"}}, "columns"),
        (with_column("emial"), "columns.X"),
        (with_column("email"), "columns.X"),
        (with_column({"to": "first_name", "cas": "title"}), "columns.X.cas"),
        (with_column({"to": "first_name", "case": "shout"}), "columns.X.case"),
        (with_column({"to": "first_name", "type": "integer"}), "columns.X.type"),
        (with_column({"to": "birth_date", "formats": ["dd.mm.yyyy"]}), "columns.X.formats"),
        (with_column({"to": "city", "lookup": "shops.City"}), "columns.X.lookup"),
        (with_column({"to": "city", "lookup": "shops"}), "columns.X.lookup"),
        (with_column({"to": "city", "if_wrong": "ignore"}), "columns.X.if_wrong"),
        (GOOD | {"constants": {"planet": "Earth"}}, "constants.planet"),
        (GOOD | {"dates": {"time_zone": "Riga"}}, "dates.time_zone"),
        (GOOD | {"dates": {"shift": {"to": "today"}}}, "dates.shift"),
        (GOOD | {"dates": {"spread_hours": [22, 8]}}, "dates.spread_hours"),
        (GOOD | {"file": {"encoding": "utf-9"}}, "file.encoding"),
        (GOOD | {"file": {"delimiter": ";;"}}, "file.delimiter"),
        (GOOD | {"skip": [{"column": "Mail"}]}, "skip.0"),
        (GOOD | {"skip": [{"column": "Mail", "is": "a", "empty": True}]}, "skip.0"),
        (GOOD | {"source": "x" * 33}, "source"),
        (GOOD | {"lookups": {"shops": {"file": "shops.csv"}}}, "lookups.shops"),
        (LINES | {"columns": {"N": "number", "D": "placed_at", "P": "product"}}, "columns"),
        (LINES | {"columns": {"N": "number", "P": "product", "T": "total"}}, "columns"),
    ],
)
def test_mistakes_are_told_with_their_place(document: dict[str, Any], at: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load(document)
    assert refusal.value.at == at
    assert refusal.value.detail


def test_near_misses_get_a_suggestion() -> None:
    with pytest.raises(BadInput) as refusal:
        load(with_column("frist_name"))
    assert refusal.value.hint == "Did you mean 'first_name'?"


@pytest.mark.parametrize("text", ["kind = ", "{", "[a]\n[a]"])
def test_text_that_is_no_document(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(text)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.toml")), ids=lambda path: path.name)
def test_every_example_loads_and_survives_a_round_trip(path: Path) -> None:
    mapping = load(read(path.read_text()))
    assert load(dump(mapping)) == mapping


def test_the_example_of_the_documentation_loads() -> None:
    text = (ROOT / "docs" / "imports.md").read_text()
    found = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    mapping = load(read(found[1] if found else ""))
    assert load(dump(mapping)) == mapping
    assert mapping.skip[0].test == "starts_with"
