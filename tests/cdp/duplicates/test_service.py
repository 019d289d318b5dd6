"""From people in a shop to suggestions, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cadenza.base import database
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, UserId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.duplicates import jobs, models, service
from cadenza.cdp.duplicates.types import Reason, SuggestionId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.facts import ProfilesUnmerged
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.trust.privacy import service as privacy
from tests.cdp.duplicates import shop

Made = Callable[..., ProfileId]


NOBODY = "00000000-0000-4000-8000-00000000beef"


@pytest.fixture
def made(workspace: Any, clock: Any) -> Made:
    """Make a person of these fields in a shop of some others; each is known by a number of its own."""
    shop.cover(workspace)
    shop.crowd(workspace, clock.now())

    def make(**told: Any) -> ProfileId:
        return shop.person(workspace, clock.now(), **told)

    return make


@pytest.fixture
def pair(made: Made) -> tuple[ProfileId, ProfileId]:
    return (
        made(first_name="Anna", last_name="Petersone", birth_date="1990-02-03", city="Riga"),
        made(first_name="Anna", last_name="Pettersone", birth_date="1990-02-03", city="Rīga"),
    )


def pairs(workspace: Any) -> list[tuple[ProfileId, ProfileId]]:
    with database.scope(workspace):
        return [(one.first, one.second) for one in service.suggestions(workspace).items]


def only(workspace: Any) -> Any:
    [found] = service.suggestions(workspace).items
    return found


def test_a_duplicate_is_found_with_its_reasons(workspace: Any, pair: Any) -> None:
    done = service.find_now(workspace)
    assert (done.state, done.fraction, done.people) == ("finished", 1.0, shop.SIZE + 2)
    with database.scope(workspace):
        found = only(workspace)
        assert service.count(workspace) == 1
    assert (found.first, found.second, found.state) == (*pair, "open")
    assert found.probability > 0.99
    assert found.reasons == (
        Reason("first_name", "same"),
        Reason("last_name", "similar", 98),
        Reason("birth_date", "same"),
        Reason("city", "same"),
    )


def test_nothing_of_anybody_is_kept_beside_codes_and_digests(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        kept = [str(row.__dict__) for table in (models.Looked, models.Suggestion, models.Search)
                for row in table.objects.filter(workspace_id=workspace)]  # fmt: skip
    assert kept and not any(
        word in row.lower() for row in kept for word in ("anna", "peters", "riga", "02-03")
    )


def test_only_who_is_new_or_changed_is_compared_again(
    workspace: Any, pair: Any, made: Made, clock: Any
) -> None:
    first = service.find_now(workspace)
    clock.move(minutes=1)
    assert service.find_now(workspace).pairs == 0
    clock.move(minutes=1)
    third = made(first_name="Ana", last_name="Petersone", birth_date="1990-02-03", city="Riga")
    again = service.find_now(workspace)
    assert 0 < again.pairs < first.pairs
    assert set(pairs(workspace)) == {pair, (pair[0], third), (pair[1], third)}


def test_a_pair_that_is_no_longer_alike_goes(workspace: Any, pair: Any, clock: Any) -> None:
    service.find_now(workspace)
    clock.move(minutes=1)
    with database.scope(workspace):
        values = {"first_name": "Boris", "last_name": "Okafor", "birth_date": "1971-11-12", "city": "Lagos"}
        profiles.apply(workspace, [TraitChange(pair[1], values, clock.now())])
    service.find_now(workspace)
    assert pairs(workspace) == []


def test_accepting_makes_them_one(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        found = only(workspace)
        assert service.accept(workspace, found.id, "a test", survivor=pair[1]) == pair[1]
        assert identity.current(workspace, pair[0]) == pair[1]
        assert service.one(workspace, found.id).state == "merged"
        assert service.suggestions(workspace).items == []
        with pytest.raises(Conflict, match="already"):
            service.dismiss(workspace, found.id, "a test")


def test_an_accepted_pair_can_be_undone(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        found = only(workspace)
        service.accept(workspace, found.id, "a test")
        merged = service.one(workspace, found.id)
        [ledger] = identity.merges(workspace, pair[0])
        assert (ledger.cause, ledger.actor) == ("manual", "a test")
        assert service.can_undo(workspace, merged)
        assert service.undo(workspace, found.id, UserId(7)).state == "open"
        assert [identity.current(workspace, one) for one in pair] == list(pair)
        assert only(workspace).id == found.id
        [ledger] = identity.merges(workspace, pair[0])
        assert ledger.undone_at and ledger.undone_by == "user:7"


def test_a_merge_undone_on_the_card_says_that_the_two_are_two(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        found = only(workspace)
        service.accept(workspace, found.id, "a test")
        [ledger] = identity.merges(workspace, pair[0])
        identity.unmerge(workspace, ledger.id)
        assert service.one(workspace, found.id).state == "apart"
        assert service.kept_apart(workspace, pair) == {pair}
    service.find_now(workspace)
    assert pairs(workspace) == []


def test_a_stranger_cannot_survive(workspace: Any, pair: Any, made: Made) -> None:
    service.find_now(workspace)
    with database.scope(workspace), pytest.raises(BadInput) as refusal:
        service.accept(workspace, only(workspace).id, "a test", survivor=made(first_name="Zoe"))
    assert refusal.value.at == "survivor"


def test_who_has_a_customer_number_stays(workspace: Any, clock: Any) -> None:
    with database.scope(workspace):
        known = [[Identifier("email", "a@example.com")], [Identifier("external_id", "7")]]
        older, numbered = shop.people(workspace, *known)
        assert (
            service.stays(workspace, older, numbered) == service.stays(workspace, numbered, older) == numbered
        )
        later = shop.people(workspace, [Identifier("external_id", "8")])[0]
        assert service.stays(workspace, later, numbered) == numbered


def test_kept_apart_is_remembered_and_can_be_taken_back(workspace: Any, pair: Any, clock: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        found = only(workspace)
        service.dismiss(workspace, found.id, "a test")
        assert service.kept_apart(workspace, [pair[1]]) == {pair}
        assert service.kept_apart(workspace, [ProfileId(1)]) == set()
    clock.move(minutes=1)
    with database.scope(workspace):
        profiles.apply(workspace, [TraitChange(pair[0], {"gender": "female"}, clock.now())])
    assert service.find_now(workspace).pairs > 0
    assert pairs(workspace) == []
    with database.scope(workspace):
        assert service.undo(workspace, found.id, UserId(7)).state == "open"
    assert pairs(workspace) == [pair]
    with database.scope(workspace), pytest.raises(Conflict):
        service.undo(workspace, found.id, UserId(7))


def test_a_decision_follows_a_merge_with_a_third(workspace: Any, pair: Any, made: Made, clock: Any) -> None:
    service.find_now(workspace)
    third = made(first_name="Somebody", last_name="Else")
    with database.scope(workspace):
        service.dismiss(workspace, only(workspace).id, "a test")
        identity.merge(workspace, third, pair[0])
        assert service.kept_apart(workspace, [third]) == {(pair[1], third)}
        [merge] = identity.merges(workspace, third)
        fact = ProfilesUnmerged(workspace=workspace, at=clock.now(), winner=third, loser=pair[0],
                                ids=(pair[0],), merge=merge.id)  # fmt: skip
        tell(fact)
        assert service.kept_apart(workspace, [third]) == {(pair[0], third)}
        assert service.kept_apart(workspace, [pair[1]]) == {pair}


def test_open_pairs_of_one_who_was_merged_are_found_anew(
    workspace: Any, pair: Any, made: Made, clock: Any
) -> None:
    service.find_now(workspace)
    clock.move(minutes=1)
    third = made(first_name="Anna", last_name="Petersone", birth_date="1990-02-03")
    with database.scope(workspace):
        identity.merge(workspace, third, pair[0])
    assert pairs(workspace) == []
    service.find_now(workspace)
    assert pairs(workspace) == [(pair[1], third)]


def test_an_erased_person_leaves_nothing(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        assert privacy.export_person(workspace, pair[0])["data"]["duplicates"]["likely_duplicates"]
    receipt = privacy.erase_person(workspace, pair[0], by="a test", reason="She asked.")
    assert receipt.is_complete
    assert receipt.counts["duplicates"] == {"duplicates_looked": 1, "duplicates_suggestion": 1}
    with database.scope(workspace):
        assert not models.Looked.objects.filter(profile_id=pair[0]).exists()


def test_the_agreement_must_cover_names(workspace: Any, clock: Any) -> None:
    with database.scope(workspace), pytest.raises(BadInput) as refusal:
        service.find(workspace)
    assert "Purpose I.2" in refusal.value.detail and "person.name" in refusal.value.detail
    done = service.find_now(workspace)
    assert done.state == "never"


def test_what_is_not_covered_is_not_compared_and_said(workspace: Any, clock: Any) -> None:
    shop.cover(workspace, "person.name")
    with database.scope(workspace):
        assert service.progress(workspace).left_out == ("birth_date", "city")


def test_what_was_read_is_forgotten_with_the_instruction(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.scope(workspace):
        privacy.withdraw_extension(workspace, "I.2", "person.birth_date", "a test", "No longer needed.")
        assert service.progress(workspace).state == "never"
        assert not models.Looked.objects.filter(workspace_id=workspace).exists()
    assert pairs(workspace) == []


def test_one_job_waits_at_a_time_and_does_the_work(workspace: Any, pair: Any) -> None:
    with database.scope(workspace):
        assert service.find(workspace).state == "waiting"
        assert service.find(workspace).state == "waiting"
    jobs.search(str(workspace))
    assert pairs(workspace) == [pair]


def test_a_day_later_it_searches_again(workspace: Any, pair: Any, clock: Any) -> None:
    service.find_now(workspace)
    jobs.search_again()
    with database.scope(workspace):
        assert service.progress(workspace).state == "finished"
    clock.move(hours=25)
    jobs.search_again()
    with database.scope(workspace):
        assert service.progress(workspace).state == "waiting"


def test_pages_go_from_the_most_probable_on(workspace: Any, clock: Any) -> None:
    shop.cover(workspace)
    with database.scope(workspace):
        for place, probability in enumerate((0.9, 0.7, 0.9, 0.99)):
            models.Suggestion.objects.create(
                workspace_id=workspace, first=place, second=100 + place, probability=probability,
                found_at=clock.now(), seen_at=clock.now(),
            )  # fmt: skip
        told, cursor = [], None
        while True:
            page = service.suggestions(workspace, cursor, limit=1)
            told += [one.first for one in page.items]
            if not (cursor := page.next):
                break
        assert told == [3, 0, 2, 1]


@pytest.mark.parametrize("cursor", ["x", "0.5", "nan_", f"nan_{NOBODY}", f"7_{NOBODY}", "0.5_0", "\x00_\x00"])
def test_a_cursor_that_is_none_is_refused(workspace: Any, cursor: str) -> None:
    with database.scope(workspace), pytest.raises(BadInput):
        service.suggestions(workspace, cursor)


def test_what_is_not_there_cannot_be_decided(workspace: Any) -> None:
    with database.scope(workspace), pytest.raises(NotFound):
        service.accept(workspace, SuggestionId(uuid4()), "a test")


def test_shops_do_not_see_each_other(workspace: Any, pair: Any) -> None:
    service.find_now(workspace)
    with database.system_scope():
        from cadenza.trust.accounts import service as accounts

        other = accounts.create_workspace("Another shop", currency="EUR").id
    with database.scope(other):
        assert service.suggestions(other).items == [] and service.count(other) == 0


def test_a_search_that_died_begins_again(workspace: Any, pair: Any, clock: Any) -> None:
    with database.scope(workspace):
        service.find(workspace)
        models.Search.objects.filter(workspace_id=workspace).update(state="running")
        clock.move(minutes=11)
        assert service.find(workspace).state == "waiting"
    assert service.find_now(workspace).started_at == datetime(2030, 3, 1, 12, tzinfo=UTC) + timedelta(
        minutes=11
    )
