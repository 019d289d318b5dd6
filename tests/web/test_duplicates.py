"""The page of likely duplicates over HTTP, on the real engines: searched, shown, merged, kept apart, taken back."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from cadenza.base import database
from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates import service as duplicates
from cadenza.cdp.identity import service as identity
from tests.cdp.duplicates import shop
from tests.web.conftest import browser, link, user

NOBODY = "00000000-0000-4000-8000-00000000beef"
PAGE = "/people/duplicates/"
ANNA = {"first_name": "Anna", "last_name": "Petersone", "birth_date": "1990-02-03", "city": "Riga"}


@pytest.fixture
def pair(workspace: Any, clock: Any) -> tuple[ProfileId, ProfileId]:
    """Two who are one, in a shop of others; searched for already."""
    shop.cover(workspace)
    shop.crowd(workspace, clock.now())
    one = shop.person(workspace, clock.now(), **ANNA, email="anna@example.com")
    two = shop.person(
        workspace, clock.now(), **(ANNA | {"last_name": "Pettersone"}), email="zz@other.example"
    )
    duplicates.find_now(workspace)
    return one, two


def suggestion(workspace: Any) -> Any:
    with database.scope(workspace):
        return duplicates.suggestions(workspace).items[0]


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<(?!mark|/mark)[^>]*>", " ", answer.content.decode()))


def test_without_an_instruction_it_says_who_decides(pages: Any) -> None:
    page = pages.get(PAGE)
    assert page.status_code == 200
    assert "Your agreement does not cover this yet" in page.content.decode()
    assert 'href="/settings/purposes/I.2/"' in page.content.decode()
    refused = pages.post(f"{PAGE}search")
    assert refused.status_code == 422 and b"person.name" in refused.content


def test_before_the_first_search_it_says_what_would_happen(pages: Any, workspace: Any) -> None:
    shop.cover(workspace, "person.name")
    page = text(pages.get(PAGE))
    assert "Look for people known twice" in page
    assert "Not compared: birth date and city" in page
    assert pages.post(f"{PAGE}search").headers["location"] == PAGE
    waiting = pages.get(PAGE).content.decode()
    assert "Waiting for its turn" in waiting and 'hx-get="/people/duplicates/progress"' in waiting
    assert "HX-Refresh" not in pages.get(f"{PAGE}progress").headers


def test_when_the_search_is_over_the_page_is_loaded_anew(pages: Any, pair: Any) -> None:
    assert pages.get(f"{PAGE}progress").headers["HX-Refresh"] == "true"


def test_nothing_found_says_so(pages: Any, workspace: Any, clock: Any) -> None:
    shop.cover(workspace)
    shop.person(workspace, clock.now(), **ANNA)
    duplicates.find_now(workspace)
    assert "No likely duplicates" in text(pages.get(PAGE))


def test_a_pair_stands_beside_each_other_with_reasons(pages: Any, pair: Any) -> None:
    page = text(pages.get(PAGE))
    assert "Almost certainly the same person" in page
    assert "the first name, date of birth and city are the same" in page
    assert "the last name is almost the same (98 %), although the e-mail address differs." in page
    assert "Pet <mark>t</mark> ersone".replace(" ", "") in page.replace(" ", "")
    assert "Each has a customer number of its own" in page and "The only pair that waits" in page


def test_merging_keeps_the_number_that_was_chosen(pages: Any, workspace: Any, pair: Any) -> None:
    found = suggestion(workspace)
    answer = pages.post(f"{PAGE}{found.id}/merge", {"survivor": str(pair[1]), "after": ""})
    assert answer.headers["location"] == f"{PAGE}?done={found.id}"
    with database.scope(workspace):
        assert identity.current(workspace, pair[0]) == pair[1]
    page = text(pages.get(answer.headers["location"]))
    assert "Anna Pett" in page and "is one person now" in page and "No likely duplicates" in page


def test_keeping_apart_can_be_taken_back(pages: Any, workspace: Any, pair: Any) -> None:
    found = suggestion(workspace)
    answer = pages.post(f"{PAGE}{found.id}/apart")
    page = pages.get(answer.headers["location"]).content.decode()
    assert "Kept apart" in page and f'action="{PAGE}{found.id}/undo"' in page
    assert pages.post(f"{PAGE}{found.id}/undo").headers["location"] == PAGE
    assert "The only pair that waits" in text(pages.get(PAGE))


def test_the_second_of_two_who_decide_is_told(pages: Any, workspace: Any, pair: Any) -> None:
    found = suggestion(workspace)
    pages.post(f"{PAGE}{found.id}/apart")
    answer = pages.post(f"{PAGE}{found.id}/merge", {"survivor": str(pair[0])}, follow=True)
    assert "Somebody has decided on this pair already." in answer.content.decode()
    gone = pages.post(f"{PAGE}{uuid4()}/apart", follow=True)
    assert gone.status_code == 200 and "no such pair" in gone.content.decode()


def test_pairs_are_skipped_and_come_back(pages: Any, workspace: Any, pair: Any, clock: Any) -> None:
    clock.move(minutes=1)
    shop.person(workspace, clock.now(), **(ANNA | {"first_name": "Ana"}))
    duplicates.find_now(workspace)
    seen, address = [], PAGE
    while address:
        page = pages.get(address)
        seen += re.findall(rf'action="{PAGE}([0-9a-f-]+)/merge"', page.content.decode())
        following = link(page, 'data-key="s"') or _skip(page)
        address = f"{PAGE}{following}" if following else ""
    assert len(seen) == len(set(seen)) == 3
    kept = pages.post(f"{PAGE}{seen[1]}/apart", {"after": "x&y=1"})
    assert kept.headers["location"] == f"{PAGE}?after=x%26y%3D1&done={seen[1]}"


def _skip(page: Any) -> str:
    found = re.search(r'<a class="button quiet" href="([^"]+)" data-key="s"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize(
    "query", ["after=x", "after=0.5_1", "after=nan_00000000-0000-0000-0000-000000000000"]
)
def test_a_cursor_that_is_none_is_refused_in_words(pages: Any, pair: Any, query: str) -> None:
    answer = pages.get(f"{PAGE}?{query}")
    assert answer.status_code == 422 and b"This is not a cursor." in answer.content


@pytest.mark.parametrize("done", ["x", NOBODY, "'"])
def test_a_decision_that_is_none_is_not_shown(pages: Any, pair: Any, done: str) -> None:
    assert pages.get(PAGE, {"done": done}).status_code == 200


@pytest.mark.parametrize("survivor", ["x", "-1", "²", "9" * 19, "1"])
def test_only_one_of_the_two_can_stay(pages: Any, workspace: Any, pair: Any, survivor: str) -> None:
    answer = pages.post(f"{PAGE}{suggestion(workspace).id}/merge", {"survivor": survivor})
    assert answer.status_code == 422
    assert suggestion(workspace).state == "open"


def test_looking_changes_nothing_and_strangers_see_nothing(pages: Any, workspace: Any, pair: Any) -> None:
    found = suggestion(workspace)
    for step in ("merge", "apart", "undo"):
        assert pages.get(f"{PAGE}{found.id}/{step}").status_code == 405
    assert browser().get(PAGE).status_code == 302
    with database.system_scope():
        from cadenza.trust.accounts import service as accounts

        other = accounts.create_workspace("Another shop", currency="EUR").id
    shop.cover(other)
    stranger = browser(user(other))
    assert "Petersone" not in stranger.get(PAGE).content.decode()
    stranger.post(f"{PAGE}{found.id}/apart")
    assert suggestion(workspace).state == "open"


def test_the_list_of_people_leads_here(pages: Any, pair: Any) -> None:
    assert f'href="{PAGE}"' in pages.get("/people/").content.decode()
