"""Likely duplicates in a real browser: the search runs behind the page, keys decide, it fits a phone and axe."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.test_pages import violations

PAGE = "/people/duplicates/"
ANNA = {"first_name": "Anna", "last_name": "Bērziņa", "birth_date": "1990-02-03", "city": "Rīga"}
CHIARA = {"first_name": "Chiara Maria", "last_name": "Esposito-Montefalco", "city": "Reggio nell'Emilia"}
DARYA = {"birth_date": "1979-05-21", "city": "Riga"}
PAIRS = (
    (ANNA | {"email": "anna.berzina@example.com", "phone": "+37120000001"},
     ANNA | {"first_name": "Ana", "city": "Riga", "email": "anna.berzina90@other.example"}),
    (CHIARA | {"birth_date": "1985-11-07", "email": "chiara.esposito-montefalco.della.valle@university.example"},
     {"first_name": CHIARA["last_name"], "last_name": CHIARA["first_name"], "birth_date": "1985-07-11",
      "city": CHIARA["city"]}),
    (DARYA | {"first_name": "Дарья", "last_name": "Кузнецова"},
     DARYA | {"first_name": "Darya", "last_name": "Kuznetsova"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def twins(shop: Any) -> None:
    """Pairs of one person each, in the shop, and the instruction that lets them be found."""
    from cadenza.engines import in_thread

    in_thread(lambda: _twins(shop))


def _twins(workspace: Any) -> None:
    from cadenza.base import clock
    from tests.cdp.duplicates import shop as people

    people.cover(workspace)
    people.crowd(workspace, clock.now())
    for pair in PAIRS:
        for told in pair:
            people.person(workspace, clock.now(), **told)


@pytest.fixture
def found(page: Any, twins: None) -> Any:
    """The page with the first pair on it, searched for by the server's own worker."""
    page.goto(PAGE)
    if page.get_by_role("button", name="Search", exact=True).count():
        page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Merge").wait_for(timeout=60_000)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_pair_is_accessible(found: Any, scheme: str) -> None:
    found.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found.wait_for_load_state("networkidle")
    assert violations(found) == []


def test_a_pair_fits_a_phone(found: Any) -> None:
    found.set_viewport_size({"width": 390, "height": 844})
    assert found.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    assert violations(found) == []


def test_keys_choose_who_stays_skip_and_decide(found: Any) -> None:
    survivors = found.get_by_role("radio")
    found.keyboard.press("2")
    assert survivors.nth(1).is_checked() and not survivors.nth(0).is_checked()
    before = found.get_by_role("table").inner_text()
    found.keyboard.press("s")
    found.wait_for_url("**/duplicates/?after=*")
    assert found.get_by_role("table").inner_text() != before
    found.keyboard.press("k")
    found.get_by_text("Kept apart", exact=True).wait_for()
    found.get_by_role("button", name="Undo").click()
    found.wait_for_url(f"**{PAGE}")
    found.wait_for_load_state("networkidle")
    found.keyboard.press("2")
    assert survivors.nth(1).is_checked()
    kept = survivors.nth(1).get_attribute("value")
    found.keyboard.press("m")
    found.get_by_text("is one person now").wait_for()
    found.get_by_role("link", name="Show the card").click()
    found.wait_for_url(f"**/people/{kept}/")


def test_a_letter_that_is_typed_elsewhere_decides_nothing(found: Any) -> None:
    found.get_by_role("link", name="People", exact=True).first.focus()
    found.keyboard.press("k")
    assert found.get_by_text("Kept apart", exact=True).count() == 0
