"""A file of merges: tried before, carried out, and every row that cannot be is told with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from cadenza.base import database
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.duplicates import service as duplicates
from cadenza.cdp.duplicates import store as suggestions
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cli.main import main
from cadenza.connect.imports import service
from cadenza.connect.imports import store as imports_store
from cadenza.connect.imports.guess import guess
from cadenza.connect.imports.types import KINDS, Counts, Undone
from cadenza.trust.privacy import service as privacy
from tests.connect.imports.conftest import BASIS, Import

COLUMNS = {"keep": "into.external_id", "keep mail": "into.email", "other": "from.external_id", "mail": "from.email",
           "person": "from.id"}  # fmt: skip
HEAD = "keep,keep mail,other,mail,person\n"


@pytest.fixture
def who(workspace: Any, run_file: Import) -> dict[str, ProfileId]:
    """Six customers, by number; the sixth has no number but an address."""
    columns = {"id": "external_id", "mail": "email", "name": "first_name"}
    rows = "".join(f"c{n},c{n}@example.com,N{n}\n" for n in range(1, 6))
    run_file("customers", f"id,mail,name\n{rows},six@example.com,Six\n", columns)
    with database.scope(workspace):
        found = {f"c{n}": identity.find(workspace, Identifier("external_id", f"c{n}")) for n in range(1, 6)}
        found["six"] = identity.find(workspace, Identifier("email", "six@example.com"))
    return {name: profile for name, profile in found.items() if profile}


def rows(who: dict[str, ProfileId]) -> str:
    return (
        HEAD
        + "c1,,c2,,\n"  # merged
        + ",c1@example.com,,,{six}\n".format(six=who["six"])  # merged: by address and by number of the person
        + "c1,,c2,,\n"  # one already
        + "c2,,,six@example.com,\n"  # one already, by the chain
        + "c3,,c4,,\n"  # somebody decided that they are two
        + "c3,,nobody,,\n"  # unknown
        + "gone,,c3,,\n"  # unknown
        + "c3,c5@example.com,c4,,\n"  # the identifiers of the one who stays are of two
        + "c3,,,,\n"  # no second one
        + "c3,,,not a mail,\n"  # wrong
        + "c5,,,,9999999999\n"  # a number that nobody has
    )


EXPECTED = Counts(merged=2, unchanged=2, invalid=3, blocked=1, unknown=3)


def apart(workspace: Any, who: dict[str, ProfileId], clock: Any) -> None:
    with database.scope(workspace):
        suggestions.keep_apart(workspace, who["c3"], who["c4"], clock.now())


def test_a_dry_run_counts_each_fate_and_writes_nothing(
    workspace: Any, run_file: Import, who: Any, clock: Any
) -> None:
    apart(workspace, who, clock)
    run = run_file("merges", rows(who), COLUMNS, dry_run=True)
    told = {name: run.checked[name] for name in ("merged", "unchanged", "invalid", "blocked", "unknown")}
    assert told == {"merged": 2, "unchanged": 2, "invalid": 3, "blocked": 1, "unknown": 3}
    assert "would be 2 merged, 2 unchanged, 3 invalid, 1 blocked, 3 unknown" in service.describe(run)
    reasons = {flaw["row"]: flaw["reasons"][0] for flaw in run.checked["flaws"]}
    assert sorted(reasons) == [6, 7, 8, 9, 10, 11, 12]
    assert reasons[6].startswith("Somebody has decided that these are two people.")
    assert "c1@example.com" not in str(run.checked)
    with database.scope(workspace):
        assert len({identity.current(workspace, one) for one in who.values()}) == 6


def test_a_file_makes_people_one(workspace: Any, run_file: Import, who: Any, clock: Any) -> None:
    apart(workspace, who, clock)
    run = run_file("merges", rows(who), COLUMNS)
    assert (run.state, run.rows_done, run.counts) == ("finished", 11, EXPECTED)
    with database.scope(workspace):
        assert {identity.current(workspace, who[name]) for name in ("c1", "c2", "six")} == {who["c1"]}
        assert identity.current(workspace, who["c4"]) == who["c4"]
        faults = service.errors(workspace, run.id)
    told = {one.row: one.reasons for one in faults}
    assert all(one.outcome == "rejected" and len(one.cells) == 5 for one in faults)
    assert told[7] == "other: Nobody whom we know has this identifier."
    assert told[9] == "keep, keep mail: Its identifiers belong to different people. Keep one of them."
    assert told[10].startswith("person, other, mail: The row names no person.")
    assert told[11].startswith("mail: This is not an e-mail address.")
    again = run_file("merges", rows(who), COLUMNS)
    assert again.counts == Counts(unchanged=4, invalid=3, blocked=1, unknown=3)


def test_a_merge_by_file_settles_the_suggestion(
    workspace: Any, run_file: Import, who: Any, clock: Any
) -> None:
    with database.scope(workspace):
        first, second = sorted((who["c1"], who["c2"]))
        suggestions.suggest(workspace, [(first, second, 0.9, ())], clock.now())
    run_file("merges", HEAD + "c1,,c2,,\n", COLUMNS)
    with database.scope(workspace):
        assert duplicates.count(workspace) == 0


def test_an_erased_person_is_told_and_not_written_down(workspace: Any, run_file: Import, who: Any) -> None:
    privacy.erase_person(workspace, who["c2"], by="a test", reason="They asked.")
    run = run_file("merges", HEAD + "c1,,c2,,\n", COLUMNS)
    assert run.counts == Counts(invalid=1)
    with database.scope(workspace):
        [fault] = service.errors(workspace, run.id)
    assert fault.reasons.startswith("This person was erased on request.") and fault.cells == ()


@pytest.mark.parametrize("columns", [{"a": "into.email"}, {"a": "from.id"}])
def test_both_sides_must_be_mapped(workspace: Any, columns: dict[str, str]) -> None:
    with database.scope(workspace), pytest.raises(BadInput) as refusal:
        service.save_mapping(workspace, "M", {"kind": "merges", "basis": BASIS, "columns": columns})
    assert refusal.value.detail.startswith("No column says which person")


@pytest.mark.parametrize(
    ("header", "values", "found"),
    [
        (("Winner", "Loser"), ("17", "18"), ("into.external_id", "from.external_id")),
        (("keep", "duplicate"), ("ann@example.com", "b@example.com"), ("into.email", "from.email")),
        (("Into e-mail", "From phone"), ("ann@example.com", "+371 20000000"), ("into.email", "from.phone")),
        (("ResultingCustomerIdsMindboxId", "CustomersToMergeCustomerIdsMindboxId"), ("1", "2"),
         ("into.external_id", "from.external_id")),
    ],
)  # fmt: skip
def test_the_mapping_is_guessed(header: Any, values: Any, found: Any) -> None:
    made = guess(header, [values] * 3)
    assert made.document["kind"] == "merges"
    assert tuple(made.document["columns"].values()) == found
    assert made.notes == ()


def test_a_list_of_customers_is_still_one() -> None:
    assert (
        guess(("Customer ID", "E-mail", "Source"), [("1", "a@example.com", "ads")]).document["kind"]
        == "customers"
    )
    doubts = guess(("Winner",), [("1",)], "merges").notes
    assert doubts == ("No column was found that says which person becomes that one.",)


def test_the_command_knows_every_kind() -> None:
    assert tuple(main.commands["import"].params[0].type.choices) == KINDS


def test_a_run_knows_the_merges_that_it_caused(workspace: Any, run_file: Import, who: Any) -> None:
    run = run_file("merges", HEAD + "c1,,c2,,\nc1,,c3,,\n", COLUMNS)
    with database.scope(workspace):
        identity.merge(workspace, who["c4"], who["c5"])  # by hand, meanwhile
        caused = imports_store.merges_of(workspace, run.id)
        assert caused == [one.id for one in identity.merges(workspace, who["c1"])]
        met = run_file("customers", "id,mail\nc1,six@example.com\n", {"id": "external_id", "mail": "email"})
        assert met.counts.merged == 1
        assert len(imports_store.merges_of(workspace, met.id)) == 1


def test_undoing_an_import_gives_every_person_back(workspace: Any, run_file: Import, who: Any) -> None:
    run = run_file("merges", HEAD + "c1,,c2,,\nc3,,c1,,\nc4,,c5,,\n", COLUMNS)
    with database.scope(workspace):
        assert service.undoable(workspace, run.id) == 3
        done = identity.merges(workspace, who["c3"])
        assert {(one.cause, one.actor) for one in done} == {("file", f"import:{run.id}")}
        assert service.undo_merges(workspace, run.id, "user:7") == Undone(3, 0)
        assert all(identity.current(workspace, one) == one for one in who.values())
        assert {one.undone_by for one in identity.merges(workspace, who["c3"])} == {"user:7"}
        assert service.undo_merges(workspace, run.id, "user:7") == Undone(0, 0)


def test_a_merge_taken_back_on_a_card_is_none_of_the_import_any_more(
    workspace: Any, run_file: Import, who: Any
) -> None:
    run = run_file("merges", HEAD + "c1,,c2,,\nc4,,c5,,\n", COLUMNS)
    with database.scope(workspace):
        [ledger] = identity.merges(workspace, who["c4"])
        identity.unmerge(workspace, ledger.id)
        assert service.undoable(workspace, run.id) == 1
        assert service.undo_merges(workspace, run.id, "user:7") == Undone(1, 0)


def test_suggestions_follow_the_undoing_of_an_import(
    workspace: Any, run_file: Import, who: Any, clock: Any
) -> None:
    """Who takes an import's merges back says that they are two: neither a search nor the same file joins them again."""
    pair = sorted((who["c1"], who["c2"]))
    with database.scope(workspace):
        suggestions.suggest(workspace, [(*pair, 0.9, ())], clock.now())
    run = run_file("merges", HEAD + "c1,,c2,,\n", COLUMNS)
    with database.scope(workspace):
        service.undo_merges(workspace, run.id, "user:7")
        assert duplicates.kept_apart(workspace, pair) == {tuple(pair)}
        assert duplicates.count(workspace) == 0
    assert run_file("merges", HEAD + "c1,,c2,,\n", COLUMNS).counts == Counts(blocked=1)


def test_people_are_named_by_cards_apps_and_numbers_of_other_systems(
    workspace: Any, run_file: Import
) -> None:
    text = "id,crm,card,token\n1,c-1,77 00,tok_1\n2,c-2,88 00,4111111111111111\n"
    columns = {"id": "external_id", "crm": "external_id:crm", "card": "loyalty_card", "token": "card_hash"}
    run = run_file("customers", text, columns)
    assert (run.counts.created, run.counts.invalid) == (1, 1)
    with database.scope(workspace):
        person = identity.find(workspace, Identifier("external_id", "1"))
        known = {(one.kind, one.value) for one in identity.of_person(workspace, person)}
        token = identity.normalise(workspace, "card_hash", "tok_1")
        assert known == {("external_id", "1"), ("external_id:crm", "c-1"), ("loyalty_card", "7700"), token}
        [fault] = service.errors(workspace, run.id)
    assert (
        fault.cells == ()
        and "1111" not in fault.reasons
        and fault.reasons.startswith("token: This looks like")
    )
    bought = "who,crm,device,what,when\n77-00,c-1,d-1,Bought,2026-01-01\n"
    columns = {
        "who": "loyalty_card",
        "crm": "external_id:crm",
        "device": "anonymous_id",
        "what": "event",
        "when": "at",
    }
    assert run_file("events", bought, columns).counts.created == 1
    with database.scope(workspace):
        assert identity.find(workspace, Identifier("anonymous_id", "d-1")) == person
    kept = run_file("merges", "a,b\nc-9,c-1\n", {"a": "into.external_id:crm", "b": "from.external_id:crm"})
    assert kept.counts == Counts(unknown=1)
    run_file("customers", "crm\nc-9\n", {"crm": "external_id:crm"})
    kept = run_file("merges", "a,b\nc-9,77 00\n", {"a": "into.external_id:crm", "b": "from.loyalty_card"})
    assert kept.counts == Counts(merged=1)


def test_what_a_file_told_of_a_merged_person_goes_back_when_the_merge_is_undone(
    workspace: Any, run_file: Import, who: Any
) -> None:
    with database.scope(workspace):
        merge = identity.merge(workspace, who["c1"], who["c2"])
    run_file("customers", "id,city\nc2,Riga\n", {"id": "external_id", "city": "city"})
    sold = {"no": "number", "day": "placed_at", "sum": "total", "id": "external_id"}
    run_file("orders", "no,day,sum,id\nA1,2026-01-02,5,c2\n", sold)
    with database.scope(workspace):
        assert profiles.one(workspace, who["c1"]).city == "Riga"
        identity.unmerge(workspace, merge)
        assert (profiles.one(workspace, who["c1"]).city, profiles.one(workspace, who["c2"]).city) == (
            "",
            "Riga",
        )
        assert orders.one(workspace, "A1").profile == who["c2"]
