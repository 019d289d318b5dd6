"""A first mapping from header and values."""

import pytest

from cadenza.connect.imports.formats import formats_of
from cadenza.connect.imports.guess import guess
from cadenza.connect.imports.load import load

BASIS = {"basis": {"legal": "contract", "source": "A test."}}


def test_customers_in_german() -> None:
    found = guess(
        ("Kundennummer", "Vorname", "Nachname", "E-Mail-Adresse", "Geburtsdatum", "Umsatz", "Stammkunde"),
        [("0017", "ANN", "LEE", "ann@example.com", "31.12.1990", "1.234,50 €", "ja")] * 5,
    )
    assert found.document["columns"] == {
        "Kundennummer": "external_id",
        "Vorname": {"to": "first_name", "case": "title"},
        "Nachname": {"to": "last_name", "case": "title"},
        "E-Mail-Adresse": "email",
        "Geburtsdatum": {"to": "birth_date", "formats": ["%d.%m.%Y"]},
        "Umsatz": {"to": "traits.umsatz", "type": "decimal", "label": "Umsatz"},
        "Stammkunde": {"to": "traits.stammkunde", "type": "flag", "label": "Stammkunde"},
    }
    assert found.document["numbers"] == {"decimal": ","}
    load(found.document | BASIS)


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        (("order_id", "created_at", "email", "total"), ("1", "2024-01-02", "a@b.lv", "5.00"), "orders"),
        (
            ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"),
            ("5", "A", "1", "2024-01-02", "2", "7"),
            "order_lines",
        ),
        (("sku", "name", "price"), ("A", "Tyre", "2.50"), "products"),
        (("ReturnDate", "ProductKey", "ReturnQuantity"), ("2024-01-02", "7", "1"), "returns"),
        (("event_time", "event_type", "user_id"), ("2024-01-02 10:00:00 UTC", "view", "7"), "events"),
        (("email", "consent", "date"), ("a@b.lv", "yes", "2024-01-02"), "consents"),
        (("имя", "фамилия", "телефон"), ("Анна", "Озола", "+371 20000000"), "customers"),
    ],
)
def test_kinds_are_known_by_their_columns(header: tuple[str, ...], row: tuple[str, ...], kind: str) -> None:
    found = guess(header, [row] * 3)
    assert (found.document["kind"], found.notes) == (kind, ())
    load(found.document | BASIS)


def test_addresses_are_known_by_their_values() -> None:
    found = guess(("a", "b"), [("ann@example.com", "+371 20 000 000")] * 3)
    assert found.document["columns"] == {"a": "email", "b": "phone"}


def test_a_named_kind_is_kept() -> None:
    assert guess(("sku", "name", "price"), [], "customers").document["kind"] == "customers"


def test_what_is_doubtful_is_said() -> None:
    found = guess(("email", "Born"), [("a@b.lv", "01/02/1990")])
    assert found.notes == ("Born: day and month could be exchanged; read as %m/%d/%Y.",)
    assert "which person" in guess(("price", "colour"), [("1", "red")]).notes[0]


def test_digits_that_name_something_are_text() -> None:
    found = guess(("email", "zip", "store_id", "visits"), [("a@b.lv", "01234", "17", "3")])
    types = {name: told["type"] for name, told in found.document["columns"].items() if name != "email"}
    assert types == {"zip": "text", "store_id": "text", "visits": "integer"}


def test_formats_of_mixed_dates() -> None:
    mixed = ["06/30/2022", "07-13-22", "12/24/2022"]
    assert formats_of(mixed).formats == ("%m/%d/%Y", "%m-%d-%y")
    assert formats_of(["2024-01-02T10:00:00Z"]).formats == () and formats_of(["2024-01-02T10:00:00Z"]).hours
    assert not formats_of(["red", "blue1"]).covered
