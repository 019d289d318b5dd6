"""A row and a mapping give a record, or everything that is wrong with the row."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cadenza.base.problem import BadInput
from cadenza.cdp.identity.normalise import normalise
from cadenza.connect.imports.load import load
from cadenza.connect.imports.moment import Calendar
from cadenza.connect.imports.parse import parse, titled
from cadenza.connect.imports.plan import plan
from cadenza.connect.imports.types import Record, Rejected, Row, Skipped

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
BASIS = {"legal": "contract", "source": "A test."}
TABLES = {
    "items": {"1": {"Name": "Tyre", "Group": "7"}, "2": {"Name": "Bell", "Group": "8"}},
    "groups": {"7": {"Title": "Parts"}},
}
LOOKUPS = {"items": {"file": "items.csv", "key": "Id"}, "groups": {"file": "groups.csv", "key": "Id"}}


def comparable(kind: str, told: str) -> str:
    return normalise(kind, told).value


def parsed(columns: dict[str, Any], cells: dict[str, Any], kind: str = "customers", **more: Any) -> Any:
    mapping = load({"kind": kind, "basis": BASIS, "columns": columns, "lookups": LOOKUPS, **more})
    calendar = Calendar(ZoneInfo("UTC"), NOW, mapping.date_formats, 10, mapping.spread_hours)
    return parse(Row(1, 2, tuple(cells.values())), plan(mapping, tuple(cells), TABLES, calendar, comparable))


def test_cards_apps_and_numbers_of_other_systems_say_whose_a_row_is() -> None:
    columns = {"Card": "loyalty_card", "Crm": "external_id:crm", "App": "app_id", "Token": "card_hash"}
    found = parsed(columns, {"Card": "77 00-1a", "Crm": "7", "App": "i-1", "Token": "tok_1"})
    assert found.who == (
        ("external_id:crm", "7"),
        ("loyalty_card", "77001A"),
        ("card_hash", "tok_1"),
        ("app_id", "i-1"),
    )
    assert parsed({"Crm": "external_id:crm"}, {"Crm": ""}).flaws[0].reason == "The row names no person."
    for wrong in ("external_id:The Till", "external_id:", "loyalty_card:x"):
        with pytest.raises(BadInput, match="no field"):
            parsed({"A": wrong}, {"A": "1"})


@pytest.mark.parametrize(
    "to", ["external_id", "external_id:crm", "loyalty_card", "card_hash", "anonymous_id"]
)
def test_the_number_of_a_bank_card_rejects_its_row_and_is_not_repeated(to: str) -> None:
    found = parsed({"A": to, "Mail": "email"}, {"A": "4111 1111 1111 1111", "Mail": "ann@example.com"})
    [flaw] = found.flaws
    assert flaw.secret and flaw.column == "A" and "1111" not in str(flaw)


def test_a_customer() -> None:
    columns = {
        "Id": "external_id",
        "Mail": "email",
        "Name": {"to": "full_name", "case": "title"},
        "Sex": {"to": "gender", "values": {"NA": ""}},
        "Born": {"to": "birth_date", "formats": ["%m/%d/%Y"]},
        "Country": "country",
        "Income": {"to": "traits.income", "type": "decimal"},
        "Owner": {"to": "traits.owner", "type": "flag"},
        "News": "consent.newsletter",
    }
    cells = dict(
        zip(
            columns,
            (
                "7",
                " Ann@Example.COM ",
                "ANN O'NEIL-SMITH",
                "F",
                "02/03/1990",
                "Deutschland",
                "$90,000 ",
                "Y",
                "yes",
            ),
            strict=True,
        )
    )
    found = parsed(columns, cells)
    assert found.who == (("external_id", "7"), ("email", "ann@example.com"))
    assert found.values == {
        "first_name": "Ann",
        "last_name": "O'Neil-Smith",
        "gender": "female",
        "birth_date": date(1990, 2, 3),
        "country": "DE",
        "traits.income": Decimal(90000),
        "traits.owner": True,
        "consent.newsletter": "given",
    }


def test_every_wrong_value_is_told_with_column_value_reason_and_hint() -> None:
    columns = {"Mail": "email", "Born": "birth_date", "Country": "country"}
    found = parsed(columns, {"Mail": "nobody", "Born": "soon", "Country": "Atlantis"})
    assert isinstance(found, Rejected)
    assert [(flaw.column, flaw.value) for flaw in found.flaws] == [
        ("Mail", "nobody"),
        ("Born", "soon"),
        ("Country", "Atlantis"),
    ]
    assert all(flaw.reason and flaw.hint for flaw in found.flaws)
    assert str(found.flaws[0]).startswith("Mail: This is not an e-mail address. Found: 'nobody'.")


def test_a_value_may_be_left_out_but_not_one_that_is_needed() -> None:
    columns = {"Mail": "email", "Born": {"to": "birth_date", "if_wrong": "leave_out"}}
    found = parsed(columns, {"Mail": "a@example.com", "Born": "1850-01-01"})
    assert isinstance(found, Record) and "birth_date" not in found.values
    assert [flaw.column for flaw in found.left_out] == ["Born"]


def test_a_row_about_nobody() -> None:
    found = parsed({"Mail": "email", "Name": "first_name"}, {"Mail": " ", "Name": "Ann"})
    assert [(flaw.column, flaw.reason) for flaw in found.flaws] == [("Mail", "The row names no person.")]


def test_words_for_nothing() -> None:
    found = parsed({"Mail": "email", "City": "city"}, {"Mail": "a@example.com", "City": "n/a"}, empty=["N/A"])
    assert found.values == {}


def test_bytes_that_are_no_text_are_told() -> None:
    found = parsed({"Mail": "email", "Name": "first_name"}, {"Mail": "a@example.com", "Name": "Jos\udce9"})
    assert found.flaws[0].reason == "This holds bytes that are no text."


def test_lookups_go_from_file_to_file() -> None:
    columns = {
        "N": "number",
        "D": "placed_at",
        "Item": [
            "product",
            {"to": "name", "lookup": "items.Name"},
            {"to": "category", "lookup": ["items.Group", "groups.Title"], "default": "Other"},
        ],
        "Price": "price",
        "Qty": "quantity",
    }
    cells = {"N": "A1", "D": "2020-01-01", "Item": "1", "Price": "2.50", "Qty": "3"}
    found = parsed(columns, cells, "order_lines")
    assert (found.values["product"], found.values["name"], found.values["category"]) == ("1", "Tyre", "Parts")
    assert (found.values["total"], found.values["line_number"]) == (Decimal("7.50"), 1)
    assert found.values["placed_at"] == datetime(2020, 1, 11, 12, tzinfo=UTC)  # moved by ten days
    assert parsed(columns, cells | {"Item": "2"}, "order_lines").values["category"] == "Other"
    missing = parsed(columns, cells | {"Item": "9"}, "order_lines")
    assert missing.flaws[0].reason == "'9' is not in the lookup file 'items'."


@pytest.mark.parametrize(
    ("skip", "value", "skipped"),
    [
        ({"is": "x"}, "x", True),
        ({"is": "x"}, "y", False),
        ({"is_not": "x"}, "y", True),
        ({"starts_with": "C"}, "C100", True),
        ({"contains": "test"}, "a test b", True),
        ({"empty": True}, "", True),
        ({"empty": True}, "x", False),
        ({"below": 0}, "-3", True),
        ({"below": 0}, "3", False),
        ({"below": 0}, "x", False),
    ],
)
def test_rows_are_passed_over(skip: dict[str, Any], value: str, skipped: bool) -> None:
    rule = {"column": "X", **skip}
    found = parsed({"Mail": "email"}, {"Mail": "a@example.com", "X": value}, skip=[rule])
    assert isinstance(found, Skipped) == skipped


def test_a_row_of_the_wrong_width_is_told() -> None:
    mapping = load({"kind": "customers", "basis": BASIS, "columns": {"Mail": "email"}})
    made = plan(mapping, ("Mail", "City"), {}, Calendar(ZoneInfo("UTC"), NOW), comparable)
    found = parse(Row(1, 2, ("a@example.com", "Riga", "LV")), made)
    assert isinstance(found, Rejected) and "3 columns where the header has 2" in found.flaws[0].reason


def test_quantities_must_be_above_zero() -> None:
    cells = {"N": "A1", "D": "2020-01-01", "P": "1", "T": "5", "Q": "-1"}
    columns = {"N": "number", "D": "placed_at", "P": "product", "T": "total", "Q": "quantity"}
    assert "not above zero" in parsed(columns, cells, "order_lines").flaws[0].reason


def test_a_return_costs_price_times_quantity_and_is_named_by_its_key() -> None:
    columns = {"D": "returned_at", "P": ["product", "price"], "Q": "quantity"}
    found = parsed(columns, {"D": "2020-01-01", "P": "12", "Q": "2"}, "returns", key=["D", "P"])
    assert (found.values["amount"], found.values["key"]) == (Decimal(24), "2020-01-01|12")


def test_a_formula_guard_is_taken_away_again() -> None:
    found = parsed({"Phone": "phone"}, {"Phone": "'+371 2000 0000"})
    assert found.who == (("phone", "+37120000000"),)


def test_a_mapping_that_does_not_fit_the_file_names_the_column() -> None:
    with pytest.raises(BadInput) as refusal:
        parsed({"E-mail": "email"}, {"Email": "a@example.com"})
    assert (refusal.value.at, refusal.value.hint) == ("columns.E-mail", "Did you mean 'Email'?")


def test_columns_are_found_without_regard_to_case() -> None:
    assert parsed({"email": "email"}, {" EMAIL ": "a@example.com"}).who == (("email", "a@example.com"),)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("JON", "Jon"),
        ("o'neil", "O'Neil"),
        ("ANN-MARIE VON DER", "Ann-Marie Von Der"),
        ("McDonald", "McDonald"),
        ("ÉMILE", "Émile"),
    ],
)
def test_shouted_names(told: str, shown: str) -> None:
    assert titled(told) == shown
