"""Purposes with their instructions, export, and erasure that survives crashes and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from cadenza.base import database, fact
from cadenza.base.ids import ProfileId, UserId
from cadenza.base.problem import BadInput, Conflict, NotFound, Unavailable
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from cadenza.trust.privacy import jobs, models, service
from cadenza.trust.privacy.facts import PersonErased, PurposeChanged
from cadenza.trust.privacy.types import ErasureState, Read

ANN, BEN = ProfileId(1), ProfileId(2)
OFFICER = UserId(7)
COUNTRY = Read("country", "location.area", "tree.all.0")


class Shelf:
    """A small store of people, with all that a share may offer, and a switch that makes it refuse."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables = frozenset({f"{name}_shelf"})
        self.held: dict[tuple[Any, int], str] = {}
        self.refuses = self.forgets_nothing = False
        self.asked: list[int] = []

    def export(self, workspace: Any, profile: int) -> dict[str, Any]:
        return {"email": self.held.get((workspace, profile), "")}

    def erase(self, workspace: Any, profile: int) -> dict[str, int]:
        self.asked.append(profile)
        if self.refuses:
            raise Unavailable("The shelf is locked.")
        if self.forgets_nothing:
            return {}
        return {f"{self.name}_shelf": int(self.held.pop((workspace, profile), None) is not None)}


class Index(Shelf):
    """A shelf that also knows what recognises a person, and who became one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.merged: dict[tuple[Any, int], ProfileId] = {}

    def current(self, workspace: Any, profile: ProfileId) -> ProfileId:
        return self.merged.get((workspace, profile), profile)

    def identifiers(self, workspace: Any, profile: int) -> list[tuple[str, str]]:
        return [("email", self.held[workspace, profile])] if (workspace, profile) in self.held else []


@pytest.fixture
def shelves(monkeypatch, workspace) -> Iterator[tuple[Shelf, Index]]:
    """Two shares of our own beside those of the trust modules, with Ann and Ben on them."""
    kept = {
        name: share for name, share in service._shares.items() if name in ("accounts", "consent", "privacy")
    }
    monkeypatch.setattr(service, "_shares", kept)
    shelf, index = Shelf("a_shelf"), Index("an_index")
    for share in (index, shelf):
        share.held = {(workspace, ANN): "ann@example.com", (workspace, BEN): "ben@example.com"}
        service.register_share(share)
    yield shelf, index


@pytest.fixture
def inside(workspace, clock):
    with database.scope(workspace):
        yield workspace


def agree(workspace: Any, profile: ProfileId | None, address: str, state: State, clock: Any) -> None:
    with database.scope(workspace):
        consent.record(
            workspace, [ConsentChange(profile, "email", address, "newsletter", state, clock.now(), "api")]
        )


def test_a_segment_by_country_is_refused_until_an_officer_extends_the_purpose(inside):
    with pytest.raises(BadInput, match=r"I\.4.*country.*location\.area"):
        service.check(inside, "I.4", [COUNTRY])
    made = service.extend(inside, "I.4", "location.area", OFFICER, "Shops send by region.")
    assert (made.number, made.by) == (1, "user:7")
    service.check(inside, "I.4", [COUNTRY])
    service.withdraw_extension(inside, "I.4", "location.area", OFFICER, "No longer needed.")
    with pytest.raises(BadInput):
        service.check(inside, "I.4", [COUNTRY])
    assert [(i.number, i.action.value) for i in service.instructions(inside)] == [
        (1, "extend"),
        (2, "withdraw"),
    ]


def test_an_instruction_of_one_workspace_is_none_of_another(inside, workspace):
    service.extend(inside, "I.5", "location.area", OFFICER, "Here only.")
    assert "location.area" in service.allowed(inside, "I.5")
    assert "location.area" not in service.purpose("I.5").categories


def test_an_extension_is_told(inside):
    told: list[PurposeChanged] = []
    fact.listen(PurposeChanged, lambda batch: told.extend(f for f in batch if f.workspace == inside))
    service.extend(inside, "I.4", "location.area", OFFICER, "Why not.")
    assert [(f.purpose, f.category, f.covered) for f in told] == [("I.4", "location.area", True)]


def test_wrong_instructions_say_what_is_wrong(inside):
    with pytest.raises(BadInput, match="not a data category") as refusal:
        service.extend(inside, "I.4", "location.aria", OFFICER, "Why.")
    assert refusal.value.hint == "Did you mean location.area?"
    with pytest.raises(BadInput, match="no purpose"):
        service.extend(inside, "IX.1", "location.area", OFFICER, "Why.")
    with pytest.raises(BadInput, match="Say why"):
        service.extend(inside, "I.4", "location.area", OFFICER, " ")
    with pytest.raises(Conflict, match="already"):
        service.extend(inside, "I.4", "person.gender", OFFICER, "Why.")
    with pytest.raises(Conflict, match="already"):
        service.extend(inside, "I.21", "location.area", OFFICER, "It takes any.")
    with pytest.raises(Conflict, match="not extended"):
        service.withdraw_extension(inside, "I.4", "person.gender", OFFICER, "The agreement has it.")


def test_instructions_cannot_be_changed(inside):
    service.extend(inside, "I.4", "location.area", OFFICER, "Why.")
    for sql in ("update privacy_instruction set reason = '' where workspace_id = %s",
                "delete from privacy_instruction where workspace_id = %s"):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            database.execute(sql, [inside])


def test_event_properties_have_categories():
    service.register_event_categories({"Test Viewed": {"*": "behaviour.catalog", "city": "location.area"}})
    assert service.event_category("Test Viewed") == "behaviour.catalog"
    assert service.event_category("Test Viewed", "city") == "location.area"
    assert service.event_category("Test Viewed", "colour") == "behaviour.catalog"
    assert service.event_category("Never Heard") == "behaviour.other"
    with pytest.raises(ValueError, match="no data category"):
        service.register_event_categories({"Test Viewed": {"*": "nonsense"}})
    del service._events["Test Viewed"]


def test_an_export_holds_everything_of_one_person_and_nothing_of_another(workspace, clock, shelves):
    agree(workspace, ANN, "ann@example.com", State.GIVEN, clock)
    agree(workspace, BEN, "ben@example.com", State.WITHDRAWN, clock)
    told = service.export_person(workspace, ANN)
    assert told["data"]["a_shelf"] == {"email": "ann@example.com"}
    assert [line["state"] for line in told["data"]["consent"]["history"]] == ["given"]
    assert "ben@" not in json.dumps(told) and told["purposes"] and told["recipients"]
    assert json.dumps(told) == json.dumps(service.export_person(workspace, ANN))


def test_nobody_is_exported_as_nobody(workspace, clock, shelves):
    with pytest.raises(NotFound):
        service.export_person(workspace, ProfileId(99))


def test_erasing_forgets_everywhere_and_remembers_only_digests(workspace, clock, shelves):
    agree(workspace, ANN, "ann@example.com", State.GIVEN, clock)
    clock.move(minutes=1)
    agree(workspace, None, "ann@example.com", State.WITHDRAWN, clock)
    erased: list[PersonErased] = []
    fact.listen(PersonErased, lambda batch: erased.extend(f for f in batch if f.workspace == workspace))
    receipt = service.erase_person(workspace, ANN, OFFICER, "Request 4711")
    assert receipt.is_complete and receipt.failures == {} and receipt.tombstones == 1
    assert receipt.counts["a_shelf"] == {"a_shelf_shelf": 1}
    assert "privacy" in receipt.kept and [f.profile for f in erased] == [ANN]
    told = service.export_person(workspace, ANN)["data"]
    assert {name for name, part in told.items() if any(part.values())} == {"privacy"}
    assert service.export_person(workspace, BEN)["data"]["a_shelf"] == {"email": "ben@example.com"}
    with database.scope(workspace):
        assert (
            consent.states(workspace, "email", "newsletter", ["ann@example.com"])["ann@example.com"]
            is State.WITHDRAWN
        )
        rows = database.rows(
            "select to_jsonb(e)::text from privacy_erasure e where workspace_id = %s", [workspace]
        )
        assert "ann@" not in str(rows)


def test_an_erased_identifier_stays_away_unless_told_anew(workspace, clock, shelves):
    service.erase_person(workspace, ANN, OFFICER, "Request")
    with database.scope(workspace):
        assert service.is_erased(workspace, "email", "ann@example.com", clock.now() - timedelta(days=1))
        assert not service.is_erased(workspace, "email", "ann@example.com", clock.now() + timedelta(days=1))
        assert not service.is_erased(workspace, "phone", "ann@example.com", clock.now())
        assert list(
            service.erased_since(workspace, [("email", "ann@example.com"), ("email", "ben@example.com")])
        ) == [("email", "ann@example.com")]


def test_who_knows_the_identifiers_goes_last(workspace, clock, shelves):
    shelf, index = shelves
    shelf.refuses = True
    receipt = service.erase_person(workspace, ANN, OFFICER, "Request")
    assert receipt.state is ErasureState.PARTIAL
    assert receipt.failures == {"a_shelf": "The shelf is locked."}
    assert index.asked == [] and (workspace, ANN) in index.held


def test_a_refusing_share_is_tried_again_by_the_watchdog(workspace, clock, shelves):
    shelf, _ = shelves
    shelf.refuses = True
    first = service.erase_person(workspace, ANN, OFFICER, "Request")
    shelf.refuses = False
    jobs.finish_erasures()
    with database.scope(workspace):
        assert service.erasure(workspace, first.id).state is ErasureState.PARTIAL  # too soon
    clock.move(minutes=3)
    jobs.finish_erasures()
    with database.scope(workspace):
        then = service.erasure(workspace, first.id)
    assert then.is_complete and then.tries == 2 and then.failures == {}
    assert then.counts["a_shelf"] == {"a_shelf_shelf": 1}


def test_a_share_that_still_holds_something_is_found_out(workspace, clock, shelves):
    shelf, _ = shelves
    shelf.forgets_nothing = True
    receipt = service.erase_person(workspace, ANN, OFFICER, "Request")
    assert receipt.failures == {"a_shelf": "Still holds email."}


def test_a_crash_in_the_middle_is_finished_later(workspace, clock, shelves, monkeypatch):
    shelf, index = shelves

    def die(workspace: Any, profile: int) -> dict[str, int]:
        raise SystemExit  # what a killed process looks like from inside

    monkeypatch.setattr(index, "erase", die, raising=False)
    with pytest.raises(SystemExit):
        service.erase_person(workspace, ANN, OFFICER, "Request")
    with database.scope(workspace):
        row = models.Erasure.objects.get(workspace_id=workspace)
        assert (row.state, row.tombstones, row.counts["a_shelf"]) == ("running", 1, {"a_shelf_shelf": 1})
    monkeypatch.undo()
    monkeypatch.setattr(service, "_shares", {**service._shares, "a_shelf": shelf, "an_index": index})
    clock.move(minutes=16)
    jobs.finish_erasures()
    with database.scope(workspace):
        then = service.erasures(workspace, ANN)
    assert [r.state for r in then] == [ErasureState.COMPLETE] and (workspace, ANN) not in index.held
    assert then[0].counts["a_shelf"] == {"a_shelf_shelf": 1}


def test_an_id_from_before_a_merge_means_the_whole_person(workspace, clock, shelves):
    _, index = shelves
    index.merged = {(workspace, ProfileId(3)): ANN}
    assert service.export_person(workspace, ProfileId(3))["person"] == ANN
    receipt = service.erase_person(workspace, ProfileId(3), OFFICER, "Request")
    assert (receipt.profile, receipt.is_complete) == (ANN, True) and (workspace, ANN) not in index.held


def test_asking_twice_is_one_request_until_it_is_complete(workspace, clock, shelves):
    first = service.request_erasure(workspace, ANN, OFFICER, "Request")
    assert service.request_erasure(workspace, ANN, OFFICER, "Again").id == first.id
    assert service.carry_out_erasure(workspace, first.id).is_complete
    assert service.request_erasure(workspace, ANN, OFFICER, "Once more").id != first.id


def test_inside_of_one_transaction_a_refusing_share_takes_back_only_its_own(inside, clock, shelves):
    shelf, _ = shelves
    agree(inside, ANN, "ann@example.com", State.GIVEN, clock)
    shelf.refuses = True
    receipt = service.erase_person(inside, ANN, OFFICER, "Request")
    assert list(receipt.failures) == ["a_shelf"] and consent.of_person(inside, ANN) == []
