"""Files become records, are tried before, and refused with a reason."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cadenza.base import database, files, projection
from cadenza.base.problem import BadInput, Conflict
from cadenza.connect.imports import service
from cadenza.connect.imports.types import Counts
from tests.connect.imports.conftest import BASIS, Import

PEOPLE = (
    "id,mail,name,born\n1,ann@example.com,ANN LEE,1990-02-03\n2,bob@example.com,BOB RAY,soon\n3,nobody,CY,\n"
)
COLUMNS: dict[str, Any] = {
    "id": "external_id",
    "mail": "email",
    "name": {"to": "full_name", "case": "title"},
    "born": {"to": "birth_date", "if_wrong": "leave_out"},
}


def test_good_rows_go_in_and_bad_ones_are_told(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.profiles import service as profiles

    run = run_file("customers", PEOPLE, COLUMNS)
    assert (run.state, run.rows_done, run.fraction) == ("finished", 3, 1.0)
    assert run.counts == Counts(created=2, invalid=1, incomplete=1)
    with database.scope(workspace):
        found = {one.email: one for one in profiles.page(workspace).items}
        faults = service.errors(workspace, run.id)
    assert (found["ann@example.com"].first_name, found["ann@example.com"].last_name) == ("Ann", "Lee")
    assert [(one.row, one.outcome) for one in faults] == [(3, "taken, without a value"), (4, "rejected")]
    assert faults[1].reasons.startswith("mail: This is not an e-mail address. Found: 'nobody'.")
    assert faults[1].cells == ("3", "nobody", "CY", "")


def test_counts_tell_created_updated_unchanged_and_merged(workspace: Any, run_file: Import) -> None:
    columns = {"mail": "email", "phone": "phone", "city": "city"}
    head = "mail,phone,city\n"
    first = run_file("customers", head + "ann@example.com,,Riga\n,+37120000000,\n", columns)
    assert first.counts == Counts(created=2)
    again = run_file("customers", head + "ann@example.com,,Riga\n", columns)
    assert again.counts == Counts(unchanged=1)
    moved = run_file("customers", head + "ann@example.com,,Tallinn\n", columns)
    assert moved.counts == Counts(updated=1)
    met = run_file("customers", head + "ann@example.com,+37120000000,Tallinn\n", columns)
    assert met.counts == Counts(merged=1)


def test_a_dry_run_counts_and_writes_nothing(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.profiles import service as profiles

    run_file("customers", "id\n1\n", {"id": "external_id"})
    run = run_file("customers", PEOPLE + "4,,,\n4,,,\n", COLUMNS, dry_run=True)
    told = {
        name: run.checked[name] for name in ("rows", "created", "updated", "merged", "invalid", "incomplete")
    }
    assert told == {"rows": 5, "created": 2, "updated": 2, "merged": 0, "invalid": 1, "incomplete": 1}
    assert run.checked["flaws"][0]["row"] == 4 and "nobody" not in str(run.checked)
    assert "would be 2 created" in service.describe(run)
    with database.scope(workspace):
        assert profiles.count(workspace) == 1


def test_lines_make_orders_that_are_their_sum(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.orders import service as orders

    text = "no,day,who,item,qty,price\nA1,2024-05-01,7,x,2,2.50\nA1,2024-05-01,7,y,1,1.25\nA2,2024-05-02,,x,1,2.50\n"
    columns = {
        "no": "number",
        "day": "placed_at",
        "who": "external_id",
        "item": "product",
        "qty": "quantity",
        "price": "price",
    }
    more: dict[str, Any] = {"constants": {"currency": "EUR"}}
    assert run_file("order_lines", text, columns, **more).counts == Counts(created=3)
    assert run_file("order_lines", text, columns, **more).counts == Counts(updated=3)
    with database.scope(workspace):
        totals = orders.totals(workspace)
        guest = orders.one(workspace, "A2")
    assert (totals.orders, totals.lines, totals.revenue) == (2, 3, Decimal("8.75"))
    assert guest is not None and guest.profile is None


def test_orders_and_returns(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.orders import service as orders

    columns = {
        "no": "number",
        "at": "placed_at",
        "mail": "email",
        "sum": "total",
        "state": "status",
        "cur": "currency",
    }
    text = (
        "no,at,mail,sum,state,cur\n"
        "B1,2024-05-01 10:00,ann@example.com,10.00,Shipped,eur\n"
        "B2,2024-05-02,ann@example.com,5,cancelled,EUR\n"
    )
    assert run_file("orders", text, columns).counts == Counts(created=2)
    back = {"day": "returned_at", "item": "product", "qty": "quantity", "no": "number"}
    returned = "day,item,qty,no\n2024-06-01,x,1,B1\n2024-06-01,x,1,B1\n"
    assert run_file("returns", returned, back).counts == Counts(created=2)
    assert run_file("returns", returned, back).counts == Counts(updated=2)
    with database.scope(workspace):
        totals = orders.totals(workspace)
        first = orders.one(workspace, "B1")
    assert (totals.orders, totals.cancelled, totals.revenue, totals.returns) == (1, 1, Decimal(10), 2)
    assert first is not None and (first.status, first.currency) == ("delivered", "EUR")


def test_products(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.catalog import service as catalog

    columns = {
        "sku": ["id", "sku"],
        "name": "name",
        "price": "price",
        "size": {"to": "properties.size", "type": "decimal"},
    }
    run = run_file("products", "sku,name,price,size\na,Tyre,2.50,28\nb,,1,\na,Better tyre,3,29\n", columns)
    assert run.counts == Counts(created=1, unchanged=1, invalid=1)
    with database.scope(workspace):
        found = catalog.many(workspace, ["a"])["a"]
    assert (found.name, found.price, found.properties) == ("Better tyre", Decimal(3), {"size": 29})


def test_events_enter_once_however_often_the_file_comes(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.events import service as events
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.identity.types import Identifier

    text = "at,what,who,price\n" + "2024-05-01 10:00:00 UTC,Product Viewed,7,12.5\n" * 2
    columns = {
        "at": "at",
        "what": "event",
        "who": "external_id",
        "price": {"to": "properties.price", "type": "decimal"},
    }
    for _ in range(2):
        assert run_file("events", text, columns).counts == Counts(created=2)
    projection.drain()
    with database.scope(workspace):
        who = identity.find(workspace, Identifier("external_id", "7"))
        assert who is not None
        found = events.timeline(workspace, [who])
    assert [(one.name, one.at, one.properties["price"]) for one in found] == [
        ("Product Viewed", datetime(2024, 5, 1, 10, tzinfo=UTC), 12.5)
    ] * 2


def test_consents_and_topics_that_do_not_exist(workspace: Any, run_file: Import) -> None:
    from cadenza.trust.consent import service as consent

    text = (
        "mail,said,topic,day\n"
        "ann@example.com,yes,newsletter,2024-05-01\n"
        "bob@example.com,unsubscribed,newsletter,2024-05-01\n"
        "cy@example.com,yes,gossip,2024-05-01\n"
    )
    columns = {"mail": "email", "said": "state", "topic": "topic", "day": "at"}
    run = run_file("consents", text, columns, constants={"wording": "Yes, write to me."})
    assert run.counts == Counts(created=2, invalid=1)
    with database.scope(workspace):
        found = consent.states(workspace, "email", "newsletter", ["ann@example.com", "bob@example.com"])
        faults = service.errors(workspace, run.id)
    assert {address: str(state) for address, state in found.items()} == {
        "ann@example.com": "given",
        "bob@example.com": "withdrawn",
    }
    assert faults[0].reasons.startswith("topic: There is no such topic. Found: 'gossip'.")


def test_a_column_of_consent_in_a_customer_file(workspace: Any, run_file: Import) -> None:
    from cadenza.trust.consent import service as consent

    run_file(
        "customers",
        "mail,news\nann@example.com,yes\nbob@example.com,no\n",
        {"mail": "email", "news": "consent.newsletter"},
    )
    with database.scope(workspace):
        found = consent.states(workspace, "email", "newsletter", ["ann@example.com", "bob@example.com"])
    assert {str(state) for state in found.values()} == {"given", "refused"}


def test_erased_people_do_not_come_back_by_a_file(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.identity.types import Identifier
    from cadenza.cdp.profiles import service as profiles
    from cadenza.trust.privacy import service as privacy

    run_file("customers", PEOPLE, COLUMNS)
    with database.scope(workspace):
        ann = identity.find(workspace, Identifier("email", "ann@example.com"))
        assert ann is not None
    privacy.erase_person(workspace, ann, by="a test", reason="She asked.")
    run = run_file("customers", PEOPLE, COLUMNS)
    assert (run.counts.created, run.counts.invalid) == (0, 2)
    with database.scope(workspace):
        assert profiles.count(workspace) == 1
        faults = service.errors(workspace, run.id)
        kept = files.path(workspace, f"{run.id}-faults.csv").read_text()
    assert faults[0].reasons.startswith("This person was erased on request.")
    assert "ann@example.com" not in kept and "LEE" not in kept


def test_an_erased_person_leaves_error_files_and_waiting_uploads(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.identity import service as identity
    from cadenza.cdp.identity.types import Identifier
    from cadenza.trust.privacy import service as privacy

    run = run_file("customers", PEOPLE, COLUMNS)
    with database.scope(workspace):
        waiting = service.create(workspace, io.BytesIO(PEOPLE.encode()), "later.csv")
        bob = identity.find(workspace, Identifier("email", "bob@example.com"))
        assert bob is not None
        assert len(service.errors(workspace, run.id)) == 2
    privacy.erase_person(workspace, bob, by="a test", reason="He asked.")
    with database.scope(workspace):
        assert [one.row for one in service.errors(workspace, run.id)] == [4]
        assert service.progress(workspace, waiting.id).state == "cancelled"


def test_steps_of_a_page(workspace: Any) -> None:
    with database.scope(workspace):
        run = service.create(workspace, io.BytesIO(PEOPLE.encode()), "C:\\people\\list.csv")
        assert (run.file_name, run.state) == ("list.csv", "uploaded")
        preview = service.preview(workspace, run.id, 1)
        assert (preview.header, preview.rows) == (
            ("id", "mail", "name", "born"),
            (("1", "ann@example.com", "ANN LEE", "1990-02-03"),),
        )
        guessed = service.guess(workspace, run.id).document
        assert guessed["columns"]["mail"] == "email"
        with pytest.raises(Conflict, match="no mapping yet"):
            service.start(workspace, run.id)
        with pytest.raises(BadInput) as refusal:
            service.set_mapping(workspace, run.id, guessed)
        assert refusal.value.at == "basis.legal"
        service.set_mapping(workspace, run.id, guessed | {"basis": BASIS})
        sample = service.sample(workspace, run.id)
        assert sample[0].values["first_name"] == "Ann"
        assert [one.rejected for one in sample] == [False, True, True]
        assert service.start(workspace, run.id).state == "running"
        assert service.pause(workspace, run.id).state == "paused"
        assert service.cancel(workspace, run.id).state == "cancelled"
        with pytest.raises(Conflict, match="is cancelled"):
            service.resume(workspace, run.id)
        assert [one.id for one in service.runs(workspace)] == [run.id]


def test_mappings_are_kept_and_checked(workspace: Any) -> None:
    document: dict[str, Any] = {"kind": "customers", "basis": BASIS, "columns": {"mail": "email"}}
    with database.scope(workspace):
        service.save_mapping(workspace, "Till", document)
        kept = service.save_mapping(workspace, "Till", document | {"source": "till"})
        assert [(one.id, one.document["source"]) for one in service.mappings(workspace, "customers")] == [
            (kept.id, "till")
        ]
        strange = document | {"columns": {"mail": "email", "x": {"to": "traits.x", "category": "horoscope"}}}
        with pytest.raises(BadInput) as refusal:
            service.save_mapping(workspace, "Stars", strange)
        assert refusal.value.at == "columns.x.category"
        service.delete_mapping(workspace, kept.id)
        assert service.mappings(workspace) == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"", "empty"), (b"PK\x03\x04....", "ZIP"), (b'"a', "header cannot be read"), (b"\n\n", "no text")],
)
def test_uploads_that_are_no_tables_leave_nothing_behind(workspace: Any, raw: bytes, said: str) -> None:
    with database.scope(workspace), pytest.raises(BadInput, match=said):
        service.create(workspace, io.BytesIO(raw), "x.csv")
    folder = files.path(workspace, "x").parent
    assert not folder.exists() or not list(folder.iterdir())


def test_what_cannot_begin_is_said_at_once(workspace: Any, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE)
    mapping = {"kind": "customers", "basis": BASIS, "columns": {"mail": "email"}}
    with pytest.raises(BadInput, match="no readable file"):
        service.run_now(workspace, tmp_path / "none.csv", mapping)
    with pytest.raises(BadInput, match="for customers, not for orders"):
        service.run_now(workspace, people, mapping, kind="orders")
    with pytest.raises(BadInput) as refusal:
        service.run_now(workspace, people, None)
    assert refusal.value.hint is not None and 'mail = "email"' in refusal.value.hint
    lookups = {"lookups": {"shops": {"file": "shops.csv", "key": "id"}}}
    with pytest.raises(BadInput) as refusal:
        service.run_now(workspace, people, mapping | lookups)
    assert refusal.value.at == "lookups.shops"


def test_all_files_of_a_shop_move_by_the_days_of_the_first(
    workspace: Any, run_file: Import, clock: Any
) -> None:
    from cadenza.cdp.orders import service as orders

    columns = {"no": "number", "day": "placed_at", "item": "product", "sum": "total"}
    dates = {"dates": {"shift": {"anchor": "2024-05-01", "to": "yesterday"}}}
    run_file("order_lines", "no,day,item,sum\nA1,2024-05-01,x,1\n", columns, **dates)
    clock.move(days=3)
    run_file("order_lines", "no,day,item,sum\nA2,2024-04-30,x,1\n", columns, **dates)
    with database.scope(workspace):
        found = orders.first_and_last(workspace)
    assert found == (datetime(2030, 2, 27, 12, tzinfo=UTC), datetime(2030, 2, 28, 12, tzinfo=UTC))
