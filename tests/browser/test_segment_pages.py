"""The pages around segments in a real browser: axe, light and dark, a phone, and the keyboard alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.browser.test_pages import violations

EVERYONE: dict[str, Any] = {"all": []}
VIEWERS = {"did": "Product Viewed", "days": 10}


@pytest.fixture(scope="module")
def made(shop: Any) -> dict[str, str]:
    """One of each, with people and products in it; gives their addresses."""
    from cadenza.engines import in_thread

    return in_thread(lambda: _make(shop))


def _make(here: Any) -> dict[str, str]:
    from cadenza.base import clock, database, projection
    from cadenza.cdp.catalog import service as catalog
    from cadenza.cdp.catalog.types import Product
    from cadenza.cdp.segments import service as segments

    with database.scope(here):
        catalog.upsert(
            here, [Product(f"p{n}", f"Bike {n}", category="Bikes", price=Decimal(100 * n)) for n in range(5)]
        )
    projection.drain()
    with database.scope(here):
        live = segments.save(here, "Viewers of ليلى", VIEWERS).id
        rest = segments.save(here, "Whoever else", EVERYONE).id
        hand = segments.save(here, "Guests", mode="static").id
        monthly = {"every": "month", "day": 31, "hour": 6}
        late = segments.save(here, "By the month", VIEWERS, mode="scheduled", schedule=monthly).id
        group = segments.make_group(here, "Club", [live, rest]).id
        segments.refresh(here)
        people = segments.members(here, rest)
        segments.add(here, hand, people[:7])
        dear = segments.save_product_segment(here, "Dear bikes", {"attribute": "price", "at_least": 200}).id
        segments.set_thresholds(here, {"new_days": 30})
        segments.compute_traits(here)
        day = clock.now().date()
    own = f"/segments/{hand}/"
    return {
        "live": f"/segments/{live}/", "by hand": own, "history": f"/segments/{late}/history/?on={day}",
        "why": f"/segments/{live}/why/?person={people[0]}", "overlap": f"{own}overlap/?with={rest}",
        "also": f"{own}overlap/", "three": f"{own}overlap/?with={rest}&and={live}",
        "group": f"/segments/groups/{group}/", "groups": "/segments/groups/", "products": f"/segments/products/{dear}/",
        "product form": f"/segments/products/{dear}/edit/", "traits": "/segments/traits/",
        "keep": '/segments/keep/?name=RFM&tree={"attribute":"rfm_recency","is":5}',
    }  # fmt: skip


NAMES = ("live", "by hand", "history", "why", "overlap", "also", "three", "group", "groups", "products", "product form",
         "traits", "keep")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible(page: Any, made: dict[str, str], name: str, scheme: str):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert page.goto(made[name]).status == 200
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_phone(page: Any, made: dict[str, str], name: str):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(made[name])
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_a_group_is_put_in_order_with_the_keyboard(page: Any, made: dict[str, str]):
    page.goto(made["group"])
    names = page.locator(".rank-name[href]")
    assert names.all_inner_texts() == ["Viewers of ليلى", "Whoever else"]
    page.get_by_label("Whoever else: move up").focus()
    page.keyboard.press("Enter")
    page.locator(".rank-name[href]").first.filter(has_text="Whoever").wait_for()
    assert names.all_inner_texts() == ["Whoever else", "Viewers of ليلى"]
    page.locator("[id^='up-']:focus").wait_for()
    page.keyboard.press("Enter")  # it is the first: nothing happens
    page.get_by_label("Viewers of ليلى: move up").press("Enter")
    page.locator(".rank-name[href]").first.filter(has_text="Viewers").wait_for()


def test_a_group_is_put_in_order_by_dragging(page: Any, made: dict[str, str]):
    page.goto(made["group"])
    first, second = (page.locator(".rank-grip").nth(number) for number in (0, 1))
    with page.expect_response("**/segments/groups/arrange") as answer:
        second.drag_to(first, target_position={"x": 5, "y": 1})
    assert answer.value.status == 200
    page.locator(".rank-name[href]").first.filter(has_text="Whoever").wait_for()


def test_people_are_put_in_by_searching(page: Any, made: dict[str, str]):
    page.goto(made["by hand"])
    before = page.locator("#figures .stat-value").first.inner_text()
    page.get_by_label("Name, e-mail or number").fill("chiara")
    page.locator(".found-one button").first.wait_for()
    page.locator(".found-one").get_by_role("button").first.click()
    page.locator(".found-one .badge").first.wait_for()
    page.locator("#figures .stat-value").first.and_(page.locator(f"text=/^(?!{before}$)/")).wait_for()
    assert "csrf" not in page.url


def test_the_form_of_products_follows_what_is_chosen(page: Any, made: dict[str, str]):
    page.goto("/segments/products/new/")
    page.get_by_label("Value").fill("Bikes")
    page.get_by_label("What", exact=True).select_option("field:price")
    page.locator("#op-0 option[value=at_least]").wait_for(state="attached")
    assert page.locator("#op-0").input_value() == "at_least"
    assert page.get_by_label("Value").input_value() == ""
    page.get_by_label("Value").fill("300")
    page.get_by_label("Value").press("Tab")
    page.locator(".live-count strong", has_text="2").wait_for()
    page.get_by_role("button", name="Condition", exact=True).click()
    page.locator("#row-1").wait_for()
    assert page.get_by_label("Value").first.input_value() == "300"
