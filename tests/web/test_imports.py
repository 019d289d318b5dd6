"""The pages of imports over HTTP: a file is stored, mapped, tried, taken in, and its errors handed back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import clock, database
from cadenza.base.ids import ImportId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.connect.imports import runner
from cadenza.connect.imports import service as imports
from cadenza.web import import_form
from tests.web.conftest import browser, user

PEOPLE = b"""Kundennummer;Vorname;E-Mail;Geburtsdatum;Punkte;Bemerkung
K1;Ann;ann@example.com;01.02.1990;5;
K2;Bo;not-an-address;03.04.1980;7;
K3;\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd;ivan@example.com;31.12.1970;9;
"""
LINES = b"Order,Day,Customer,Item,Quantity,Sum\nA1,2026-01-02,K1,P1,2,20\nA1,2026-01-02,K1,P2,1,5\n"
SHOP = Path(__file__).parents[2] / "examples" / "adventureworks"


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


def _upload(pages, body=PEOPLE, name="people.csv", kind=""):
    answer = pages.post("/imports/new/", {"file": SimpleUploadedFile(name, body), "kind": kind})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return answer.url


def _id(url):
    return ImportId(__import__("uuid").UUID(url.split("/")[2]))


def _form(page, **changes):
    """What a browser would send for the mapping as it stands on the page."""
    told = {"kind": page.context["kind"], "dates.formats": page.context["formats"], "basis.legal": "contract",
            "basis.source": "The till", "source": "till"}  # fmt: skip
    for row in page.context["rows"]:
        told |= {
            f"c{row.place}-{key}": str(getattr(row, key))
            for key in ("source", "to", "name", "type", "formats", "values", "lookup", "if_wrong")
        }
    return told | changes


def _carry(workspace, url):
    return runner.carry(workspace, _id(url))


def test_the_history_begins_with_what_to_do(pages):
    page = pages.get("/imports/").content.decode()
    assert "Nothing was imported yet" in page and "/imports/new/" in page


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.xlsx", b"PK\x03\x04rest", "Excel"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"\x00\x01\x02" * 400, "no text"),
    ],
)
def test_what_is_no_table_is_refused_beside_the_file(pages, name, body, said):
    answer = pages.post("/imports/new/", {"file": SimpleUploadedFile(name, body), "kind": ""})
    assert (
        answer.status_code == 422
        and said in answer.content.decode()
        and 'id="field-file-error"' in answer.content.decode()
    )


def test_no_file_and_no_such_kind_are_refused(pages):
    assert pages.post("/imports/new/", {"kind": ""}).status_code == 422
    odd = pages.post("/imports/new/", {"file": SimpleUploadedFile("a.csv", PEOPLE), "kind": "planets"})
    assert odd.status_code == 422 and "no such kind" in odd.content.decode()


def test_columns_are_guessed_and_shown_with_their_values(pages):
    page = pages.get(_upload(pages))
    filled = {row.source: (row.to, row.name, row.type) for row in page.context["rows"]}
    assert filled["E-Mail"] == ("email", "", "") and filled["Kundennummer"][0] == "external_id"
    assert filled["Punkte"] == ("traits.", "punkte", "integer") and filled["Bemerkung"] == ("", "", "")
    body = page.content.decode()
    assert "K1" in body and "Иван" in body and "Why you may hold this" in body


def test_the_first_rows_are_shown_as_they_would_be_taken_before_anything_is_said(pages, workspace):
    url = _upload(pages)
    form = _form(pages.get(url), **{"basis.legal": "", "basis.source": ""})
    page = pages.post(f"{url}sample", form).content.decode()
    assert "ann@example.com" in page and "This is not an e-mail address." in page and "is-rejected" in page
    with database.scope(workspace):
        found = imports.progress(workspace, _id(url))
    assert (found.mapping, found.state) == ({}, "uploaded")


def test_the_reason_for_holding_data_is_asked_for(pages):
    url = _upload(pages)
    form = _form(pages.get(url), **{"basis.legal": ""})
    answer = pages.post(f"{url}mapping", form)
    assert answer.status_code == 422 and "Say why you may hold this data." in answer.content.decode()
    form = _form(pages.get(url), **{"basis.source": " "})
    answer = pages.post(f"{url}mapping", form)
    assert answer.status_code == 422 and "The source of the data is missing." in answer.content.decode()


def test_a_mistake_is_shown_at_its_column(pages):
    url = _upload(pages)
    page = pages.get(url)
    place = next(row.place for row in page.context["rows"] if row.source == "Geburtsdatum")
    answer = pages.post(f"{url}mapping", _form(page, **{f"c{place}-formats": "day first"}))
    marked = {row.source: row.wrong for row in answer.context["rows"]}
    assert (
        answer.status_code == 422
        and "is not a date format" in marked["Geburtsdatum"]
        and not marked["E-Mail"]
    )


def test_a_mistake_without_a_field_is_told_above(pages):
    url = _upload(pages)
    page = pages.get(url)
    form = _form(page) | {f"c{row.place}-to": "" for row in page.context["rows"]}
    answer = pages.post(f"{url}mapping", form)
    assert answer.status_code == 422 and "The mapping names no column." in answer.content.decode()


def test_a_file_is_tried_then_taken_in_and_its_errors_handed_back(pages, workspace):
    url = _upload(pages)
    assert pages.post(f"{url}mapping", _form(pages.get(url), action="try")).url == url
    assert 'hx-trigger="every 1s"' in pages.get(f"{url}progress").content.decode()
    runner.check(workspace, _id(url))
    tried = pages.get(url).content.decode()
    assert "Some rows would be rejected" in tried and "Import it" in tried
    with database.scope(workspace):
        assert profiles.count(workspace) == 0
    pages.post(f"{url}start")
    assert "every 1s" in pages.get(url).content.decode()
    _carry(workspace, url)
    page = pages.get(url)
    assert "Imported, but for some rows" in page.content.decode()
    [(error, [(column, why)])] = page.context["errors"]
    assert (error.row, error.outcome, column) == (3, "rejected", "E-Mail") and "not an e-mail address" in why
    assert "every 1s" not in pages.get(f"{url}progress").content.decode()
    download = pages.get(f"{url}errors.csv")
    lines = b"".join(download.streaming_content).decode().splitlines()
    assert (
        "attachment" in download.headers["Content-Disposition"]
        and "not-an-address" in lines[1]
        and len(lines) == 2
    )
    with database.scope(workspace):
        ivan = profiles.page(workspace, search="ivan@example.com").items[0]
    assert (ivan.first_name, ivan.traits["punkte"]) == ("Иван", 9)
    assert "people.csv" in pages.get("/imports/").content.decode()


def test_the_merges_of_an_import_are_taken_back_by_a_button_on_its_page(pages, workspace):
    with database.scope(workspace):
        known = [[Identifier("external_id", name)] for name in ("K1", "K2", "K3")]
        people = [one.profile for one in identity.resolve(workspace, known)]
        profiles.apply(workspace, [TraitChange(one, {}, clock.now()) for one in people])
    url = _upload(pages, b"Winner,Loser\nK1,K2\nK1,K3\n", "merges.csv")
    assert pages.post(f"{url}mapping", _form(pages.get(url), action="try")).url == url
    runner.check(workspace, _id(url))
    assert "Undo the merges" not in pages.get(url).content.decode()
    pages.post(f"{url}start")
    _carry(workspace, url)
    page = pages.get(url).content.decode()
    assert "Undo the merges" in page and f'action="{url}undo"' in page
    assert pages.get(f"{url}undo").status_code == 405
    with database.scope(workspace):
        assert {identity.current(workspace, one) for one in people} == {people[0]}
    done = pages.post(f"{url}undo", follow=True).content.decode()
    assert "2 merges were taken back." in done and "Undo the merges" not in done
    with database.scope(workspace):
        assert [identity.current(workspace, one) for one in people] == people
        assert {one.undone_by[:5] for one in identity.merges(workspace, people[1])} == {"user:"}


def test_an_import_is_paused_resumed_and_stopped(pages, workspace):
    url = _upload(pages)
    pages.post(f"{url}mapping", _form(pages.get(url), action="start"))
    pages.post(f"{url}pause")
    assert "Go on" in pages.get(url).content.decode()
    pages.post(f"{url}resume")
    assert "Pause" in pages.get(url).content.decode()
    pages.post(f"{url}cancel")
    assert "Cancelled" in pages.get(url).content.decode()
    late = pages.post(f"{url}pause", follow=True)
    assert "The import is cancelled." in late.content.decode()


def test_leaving_the_page_loses_nothing(pages):
    url = _upload(pages)
    form = _form(pages.get(url), **{"basis.source": "The till in Riga", "k0-to": "country", "k0-value": "LV"})
    pages.post(f"{url}sample", form)
    page = pages.get(url).content.decode()
    assert "The till in Riga" in page and 'value="LV"' in page


def test_one_column_fills_two_fields(pages, workspace):
    url = _upload(pages)
    answer = pages.post(f"{url}mapping", _form(pages.get(url), action="also:Vorname"))
    page = pages.get(answer.url)
    both = [row for row in page.context["rows"] if row.source == "Vorname"]
    assert [row.first for row in both] == [True, False]
    form = _form(page, **{f"c{both[1].place}-to": "traits.", f"c{both[1].place}-name": "called"})
    pages.post(f"{url}mapping", {**form, "action": "start"})
    _carry(workspace, url)
    with database.scope(workspace):
        assert profiles.page(workspace, search="ann@example.com").items[0].traits["called"] == "Ann"


def test_a_mapping_is_kept_used_again_and_forgotten(pages, workspace):
    url = _upload(pages)
    pages.post(f"{url}sample", _form(pages.get(url)))
    assert pages.post(f"{url}keep", {"keep_name": " "}).status_code == 422
    assert pages.post(f"{url}keep", {"keep_name": "Till"}).headers["HX-Redirect"]
    other = _upload(pages)
    with database.scope(workspace):
        [kept] = imports.mappings(workspace)
    pages.post(f"{other}use", {"saved": str(kept.id)})
    assert "The till" in pages.get(other).content.decode()
    pages.post(f"{other}use", {"saved": str(kept.id), "action": "forget"})
    with database.scope(workspace):
        assert imports.mappings(workspace) == []
    assert pages.post(f"{other}use", {"saved": str(kept.id)}).status_code == 404


def test_a_mapping_file_fills_the_form_and_asks_for_its_lookups(pages, workspace):
    url = _upload(pages, (SHOP / "AdventureWorks_Sales_2023.csv.zst").read_bytes(), "sales.csv.zst")
    text = (SHOP / "order_lines_2023.toml").read_text()
    assert pages.post(f"{url}file", {"mapping": text}).headers["HX-Redirect"] == f"{url}?edit=1"
    page = pages.get(url)
    assert next((name, got) for name, _, got in page.context["lookups"]) == ("products", False)
    missing = pages.post(f"{url}sample", _form(page, **{"basis.source": "x"})).content.decode()
    assert "is missing" in missing
    mapping = tomllib.loads(text)
    given = {
        f"lookup-{name}": SimpleUploadedFile(one["file"], (SHOP / one["file"]).read_bytes())
        for name, one in mapping["lookups"].items()
    }
    pages.post(f"{url}lookups", given)
    page = pages.get(url)
    assert all(got for _, _, got in page.context["lookups"])
    kept = tomllib.loads(pages.get(f"{url}mapping.toml").content.decode())
    assert kept["dates"]["shift"] == mapping["dates"]["shift"] and kept["dates"]["spread_hours"] == [8, 22]
    form = _form(page) | {"k0-to": "currency", "k0-value": "USD"}
    shown = pages.post(f"{url}sample", form).content.decode()
    assert "Accessories" in shown or "Bikes" in shown or "Clothing" in shown
    assert pages.post(f"{url}mapping", {**form, "action": "try"}).status_code == 302


def test_letters_that_cannot_be_stored_are_left_out(pages, workspace):
    url = _upload(pages)
    form = _form(pages.get(url), **{"basis.source": "The\0 till", "action": "try"})
    assert pages.post(f"{url}mapping", form).status_code == 302
    with database.scope(workspace):
        assert imports.progress(workspace, _id(url)).mapping["basis"]["source"] == "The till"
    other = _upload(pages)
    text = 'kind = "customers"\n[dates]\nshift = {anchor = 2023-06-30}\n[columns]\nVorname = "first_name"\n'
    assert pages.post(f"{other}file", {"mapping": text}).status_code == 200
    assert "2023-06-30" in pages.get(f"{other}mapping.toml").content.decode()
    assert (
        pages.post(
            f"{other}file", {"mapping": '{"kind": "\\ud800", "columns": {"a\\u0000": "\\udfff"}}'}
        ).status_code
        == 200
    )
    assert pages.get(other).status_code == 200


@pytest.mark.parametrize("text", ["kind = ", "{", "", "[columns", "columns = 5"])
def test_a_mapping_file_that_cannot_be_read_is_refused_in_its_dialog(pages, text):
    url = _upload(pages)
    answer = pages.post(f"{url}file", {"mapping": text})
    assert answer.status_code == 422 and "data-open-now" in answer.content.decode()


def test_a_mapping_file_with_odd_contents_still_shows_a_form(pages):
    url = _upload(pages)
    columns = {"E-Mail": [7, {"to": 5, "formats": 3, "values": [1]}], "Vorname": None}
    odd = {
        "kind": "planets",
        "columns": columns,
        "dates": [],
        "basis": "x",
        "numbers": 4,
        "constants": [1],
        "lookups": {"a": 5},
    }
    assert pages.post(f"{url}file", {"mapping": json.dumps(odd)}).status_code == 200
    assert pages.get(url).status_code == 200
    assert pages.get(f"{url}mapping.toml").status_code == 200


def test_another_kind_is_guessed_anew(pages):
    url = _upload(pages, LINES, "lines.csv")
    assert pages.get(url).context["kind"] == "order_lines"
    assert pages.get(f"{url}?kind=events").context["kind"] == "events"


def test_names_of_columns_may_be_anything(pages):
    url = _upload(pages, "E-Mail.a,<b>x</b>,שם\nann@example.com,1,דנה\n".encode())
    page = pages.get(url)
    assert "&lt;b&gt;x&lt;/b&gt;" in page.content.decode() and "<b>x</b>" not in page.content.decode()
    assert pages.post(f"{url}sample", _form(page)).status_code == 200


@pytest.mark.parametrize(
    "step",
    ["start", "pause", "resume", "cancel", "try", "mapping", "sample", "lookups", "use", "keep", "file"],
)
def test_looking_changes_nothing(pages, step):
    assert pages.get(f"{_upload(pages)}{step}").status_code == 405


def test_another_workspace_sees_nothing_of_it(pages):
    url = _upload(pages)
    assert browser(user()).get(url).status_code == 403
    assert browser().get(url).url == f"/account/login/?next={quote(url)}"
    assert pages.get(f"/imports/{_id(url)}/errors.csv").status_code == 404


def test_a_form_and_its_document_say_the_same():
    document = {
        "kind": "customers", "basis": {"legal": "contract", "source": "till"}, "source": "till",
        "dates": {"formats": ["%b %d, %Y", "%d.%m.%Y"], "time_zone": "Europe/Riga", "spread_hours": [8, 22]},
        "skip": [{"column": "a", "is": "x"}], "constants": {"country": "LV"},
        "columns": {
            "Mail": "email",
            "Sex": {"to": "gender", "values": {"M": "male", "W": "female"}, "if_wrong": "leave_out"},
            "Born": {"to": "birth_date", "formats": ["%d.%m.%Y"], "shift": True},
            "Item": [
                {"to": "traits.item", "type": "text", "label": "Item"},
                {"to": "traits.called", "lookup": ["things.Long Name"]},
            ],
        },
    }  # fmt: skip
    rows = import_form.rows_of(document, list(document["columns"]), {})
    told = {
        f"c{row.place}-{key}": str(getattr(row, key) or "")
        for row in rows
        for key in import_form.Row.__dataclass_fields__
    }
    told |= {
        "kind": "customers",
        "basis.legal": "contract",
        "basis.source": "till",
        "source": "till",
        "k0-to": "country",
        "k0-value": "LV",
    }
    told |= {"dates.formats": "%b %d, %Y | %d.%m.%Y", "dates.time_zone": "Europe/Riga"}
    assert import_form.document_of(told, document) == document


def test_a_column_may_hold_the_number_of_another_system(pages, workspace):
    url = _upload(pages, b"Nr;Crm;Karte\nK1;c-1;77 00\n", "people.csv", "customers")
    page = pages.get(url)
    assert 'value="external_id:"' in page.content.decode() and "Loyalty card" in page.content.decode()
    told = {"c0-to": "external_id", "c1-to": "external_id:", "c1-name": "crm", "c2-to": "loyalty_card"}
    assert pages.post(f"{url}mapping", _form(page, **told, action="start")).status_code == 302
    with database.scope(workspace):
        columns = imports.progress(workspace, _id(url)).mapping["columns"]
    assert columns == {"Nr": "external_id", "Crm": "external_id:crm", "Karte": "loyalty_card"}
