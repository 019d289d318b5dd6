"""The builder of segments in a real browser, by keyboard alone: built, moved, taken back, saved; axe finds nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_pages import violations

NEW = "/segments/new/"
GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "segments").glob("*.md"))
NAME_OF_FOCUS = """() => {
  const one = document.activeElement;
  return one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent.trim() ?? one.textContent.trim();
}"""


def trees() -> list[Any]:
    """Every tree of the golden files."""
    found = [
        json.loads(one) for path in GOLDEN for one in re.findall(r"```json\n(.*?)```", path.read_text(), re.S)
    ]
    return [tree for one in found for tree in (one if isinstance(one, list) else [one])]


def to(page: Any, name: str, back: bool = False) -> None:
    """Go with the Tab key until what has the focus bears this name."""
    for _ in range(150):
        if re.search(name, page.evaluate(NAME_OF_FOCUS)):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"The Tab key never comes to {name!r}.")


def retype(page: Any, text: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def pick(page: Any, button: str, typed: str, back: bool = False) -> None:
    """Open a picker, search in it and take what is marked."""
    to(page, button, back)
    page.keyboard.press("Enter")
    page.locator(".picker-search").wait_for()
    page.keyboard.type(typed)
    page.locator(".picker-option").first.wait_for()
    page.keyboard.press("Enter")


def tree(page: Any) -> Any:
    return json.loads(page.locator("#field-tree").input_value())


def put(page: Any, wanted: Any) -> None:
    """What somebody pastes as JSON."""
    page.evaluate("""told => {
      const field = document.getElementById("field-tree");
      field.value = told;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }""", json.dumps(wanted))  # fmt: skip


def counted(page: Any, text: str) -> None:
    page.locator("#preview .live-count", has_text=re.compile(rf"^{text}$")).wait_for()


@pytest.fixture
def builder(page: Any) -> Any:
    page.goto(NEW)
    counted(page, r"\d+ people")
    return page


@pytest.mark.refusals
def test_a_segment_is_built_moved_taken_back_and_saved_by_keyboard_alone(builder, shop):
    page = builder
    to(page, "^Name$")
    page.keyboard.type("Bikes, not spent much")
    pick(page, "^Add a condition$", "viewed a prod")
    to(page, "^How often$")
    page.keyboard.press("ArrowDown")  # at least
    retype(page, "1")
    to(page, "^When$")
    page.keyboard.press("ArrowDown")  # in the last
    retype(page, "15")
    to(page, "^Narrow it down$")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # with a detail
    page.locator("[aria-label^='Detail:']:focus").wait_for()
    page.keyboard.type("price")  # the first letter opens the list
    page.locator(".picker-option", has_text="price").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("110")
    viewed = {
        "did": "Product Viewed",
        "days": 15,
        "times": 1,
        "where": [{"property": "price", "at_least": 110}],
    }
    assert tree(page) == {"all": [viewed]}
    counted(page, "5 people")

    pick(page, "^Add a group$", "spent")
    to(page, "^Value$")
    retype(page, "112")
    spent = {"orders": "sum", "at_least": 112}
    assert tree(page) == {"all": [viewed, {"any": [spent]}]}
    counted(page, "3 people")
    pick(page, "^Add a condition$", "last did")
    to(page, "^Days$")
    retype(page, "11")
    last = {"last": "Order Completed", "days_ago_at_least": 11}
    assert tree(page) == {"all": [viewed, {"any": [spent, last]}]}
    counted(page, "4 people")
    assert violations(page) == []

    page.keyboard.press("Alt+ArrowUp")  # the last before the spent, then out of the group
    page.keyboard.press("Alt+ArrowUp")
    assert tree(page) == {"all": [viewed, last, {"any": [spent]}]}
    assert "Days" in page.evaluate(NAME_OF_FOCUS), "the focus goes with it"
    to(page, "^Comparison$", back=True)
    page.keyboard.press("Control+z")
    assert tree(page) == {"all": [viewed, {"any": [last, spent]}]}
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    assert tree(page) == {"all": [viewed, last, {"any": [spent]}]}
    to(page, "^More for this condition$")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # the last but one: its opposite
    page.keyboard.press("Enter")
    assert tree(page)["all"][1] == {"not": last}
    counted(page, "0 people")
    to(page, "^Save segment$")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/segments/[0-9a-f-]{36}/$"))
    assert saved(shop, "Bikes, not spent much").tree == {"all": [viewed, {"not": last}, {"any": [spent]}]}
    assert page.evaluate(
        "Object.keys(sessionStorage).map(key => JSON.parse(sessionStorage[key]).handedIn)"
    ) == [True]
    page.goto(NEW)
    counted(page, r"\d+ people")
    assert tree(page) == {"all": []} and not page.locator("#draft-note").is_visible()


def saved(shop: Any, name: str) -> Any:
    from cadenza.base import database
    from cadenza.cdp.segments import service as segments
    from cadenza.engines import in_thread

    def look() -> Any:
        with database.scope(shop):
            return next(one for one in segments.all(shop) if one.name == name)

    return in_thread(look)


def test_its_kind_is_chosen_by_keyboard_and_says_what_it_means(builder, shop):
    page = builder
    to(page, "^Name$")
    page.keyboard.type("At the month's end")
    pick(page, "^Add a condition$", "ordered")
    to(page, "Followed live")
    page.keyboard.press("ArrowRight")
    to(page, "^How often$")
    page.keyboard.press("End")  # once a month
    to(page, "^Day of the month$")
    page.keyboard.press("End")
    told = "on the 31st of every month (the last day, where a month is shorter) at 06:00"
    assert told in page.locator(".kind").inner_text()
    assert violations(page) == []
    to(page, "^Save segment$")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/segments/[0-9a-f-]{36}/$"))
    found = saved(shop, "At the month's end")
    assert (found.mode, found.schedule.every, found.schedule.day) == ("scheduled", "month", 31)


@pytest.mark.refusals  # of fields that this shop does not have
def test_every_tree_of_the_golden_files_is_drawn_and_written_as_it_was(builder):
    page = builder
    for one in trees():
        put(page, one)
        assert page.locator("[data-form=kept]").count() == 0, one
        assert tree(page) == one
        page.evaluate("""() => {  // anything drawn anew writes the whole tree again
          const builder = document.querySelector("segment-builder");
          builder.take({ ...builder.root });
        }""")
        assert tree(page) == one


@pytest.mark.refusals
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_all_forms_at_once_are_accessible_and_fit(page, scheme, width):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(NEW)
    counted(page, r"\d+ people")
    put(page, {"any": [*trees()[:60], {"not": {"not": {"did": "Order Completed"}}}, {"moon": "full"}]})
    page.locator("[data-wrong]").first.wait_for()
    page.locator(".kept-sentence", has_text="Did not buy.").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Add a condition").last.click()
    page.locator(".picker-option", has_text="bought").first.wait_for()
    assert violations(page) == []
    page.keyboard.type("nothing of the kind")
    page.keyboard.press("Escape")
    put(page, {"any": [*trees()[:4], {"moon": "full"}]})
    page.get_by_role("button", name="More for this condition").first.click()
    page.get_by_text("Turn into the opposite").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("summary").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_the_picker_is_a_combobox(builder):
    page = builder
    to(page, "^Add a condition$")
    page.keyboard.press("Enter")
    box = page.get_by_role("combobox", name="What is asked")
    box.wait_for()
    assert box.evaluate("one => one === document.activeElement")
    first = marked(page)
    page.keyboard.press("ArrowDown")
    assert marked(page) != first and page.locator(".picker-option[aria-selected=true]").count() == 1
    page.keyboard.press("ArrowUp")
    assert marked(page) == first
    page.keyboard.type("spent")
    assert marked(page) == "Spent"
    page.keyboard.press("Escape")
    assert page.evaluate(NAME_OF_FOCUS) == "Add a condition" and tree(page) == {"all": []}
    page.keyboard.press("Enter")
    page.keyboard.type("Moon Seen")  # nobody has done this yet
    page.keyboard.press("Enter")
    assert tree(page) == {"all": [{"did": "Moon Seen"}]}


def marked(page: Any) -> str:
    """What the combobox says is active."""
    id = page.locator(".picker-search").get_attribute("aria-activedescendant")
    return page.locator(f"#{id} bdi").inner_text()


@pytest.mark.refusals
def test_what_is_wrong_is_marked_where_it_is_once_one_leaves_it(builder):
    page = builder
    pick(page, "^Add a condition$", "first seen")
    page.get_by_label("Comparison", exact=True).select_option(label="is before")
    page.get_by_label("Date", exact=True).focus()
    assert page.locator("[data-wrong]").count() == 0, "nobody is told off for what they are about to fill in"
    to(page, "^Add a group$")
    wrong = page.locator(".clause[data-wrong]")
    wrong.wait_for()
    assert "This is not a date." in wrong.inner_text()
    field = page.get_by_label("Date", exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{field.get_attribute('aria-describedby')}").is_visible()
    assert violations(page) == []
    field.fill("2020-01-31")
    counted(page, "0 people")
    assert page.locator("[data-wrong]").count() == 0


def test_what_was_not_saved_outlives_a_reload_and_can_be_discarded(builder):
    page = builder
    asked: list[str] = []

    def agree(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    to(page, "^Name$")
    page.keyboard.type("A draft")
    pick(page, "^Add a condition$", "ordered")
    page.reload()
    assert asked == ["beforeunload"]
    page.locator("#draft-note").wait_for()
    assert tree(page) == {"all": [{"orders": "count", "at_least": 1}]}
    assert page.get_by_label("Name", exact=True).input_value() == "A draft"
    counted(page, "30 people")
    assert violations(page) == []
    to(page, "^Discard it$")
    page.keyboard.press("Enter")
    assert tree(page) == {"all": []} and page.get_by_label("Name", exact=True).input_value() == ""
    page.goto("/segments/")
    assert asked == ["beforeunload"], "nothing is lost by leaving now"


def test_a_template_is_taken_in_place_and_taken_back(builder):
    page = builder
    to(page, "^Bought once$")
    page.keyboard.press("Enter")
    counted(page, "30 people")
    assert tree(page) == {"all": [{"orders": "count", "is": 1}]}
    assert page.get_by_label("Name", exact=True).input_value() == "Bought once"
    to(page, "^VIP$")
    page.keyboard.press("Enter")
    counted(page, "0 people")
    assert page.get_by_label("Name", exact=True).input_value() == "VIP"
    page.keyboard.press("Control+z")
    assert tree(page) == {"all": [{"orders": "count", "is": 1}]}
    counted(page, "30 people")


@pytest.mark.refusals
def test_the_condition_is_typed_as_text_and_follows_the_builder(builder):
    page = builder
    pick(page, "^Add a condition$", "ordered")
    to(page, "^As text or JSON$")
    page.keyboard.press("Enter")
    area = page.get_by_label("The condition as text")
    said(page, "number of orders at least 1")
    to(page, "^The condition as text$")
    retype(page, 'did "Product Viewed" at least 2 times\nor total of orders iz 5')
    page.get_by_text("line 2").wait_for()
    assert area.get_attribute("aria-invalid") == "true" and violations(page) == []
    assert tree(page) == {"all": [{"orders": "count", "at_least": 1}]}, "it keeps what it had"
    to(page, "^Go there$")
    page.keyboard.press("Enter")
    page.keyboard.type("or total of orders at least 100")
    page.get_by_role("button", name="What is asked: viewed a product").wait_for()
    assert tree(page) == {"any": [{"did": "Product Viewed", "times": 2}, {"orders": "sum", "at_least": 100}]}
    counted(page, "30 people")
    to(page, "^As text$", back=True)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(NAME_OF_FOCUS) == "As JSON" and page.locator("#field-tree").is_visible()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    said(page, "number of orders at least 1")


def said(page: Any, text: str) -> None:
    """Wait until the condition stands there as this text."""
    for _ in range(100):
        if page.get_by_label("The condition as text").input_value() == text:
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.get_by_label("The condition as text").input_value())


def test_quick_edits_are_one_question_and_the_same_is_not_asked_twice(builder):
    page = builder
    sent: list[str] = []
    page.on(
        "request", lambda one: sent.append(one.post_data) if one.url.endswith("/segments/preview") else None
    )
    pick(page, "^Add a condition$", "ordered")
    page.wait_for_timeout(1500)  # all that is asked for it has been asked
    sent.clear()
    to(page, "^Value$")
    page.evaluate("""() => {  // quicker than anybody asks
      for (const value of ["2", "23", "234"]) {
        document.activeElement.value = value;
        document.activeElement.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }""")
    counted(page, "0 people")
    assert len(sent) == 1, "one question for one number"
    sent.clear()
    to(page, "^Name$", back=True)
    page.keyboard.type("No question for a name")
    page.wait_for_timeout(400)
    assert sent == []


def test_a_newer_edit_ends_the_older_question(builder):
    page = builder
    pick(page, "^Add a condition$", "ordered")
    to(page, "^Value$")
    retype(page, "234")
    counted(page, "0 people")
    held: list[Any] = []  # the older one would take for ever
    page.route("**/segments/preview", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/segments/preview"):
        retype(page, "1")
    with page.expect_event("requestfailed", lambda one: one.url.endswith("/segments/preview")):
        retype(page, "235")
    counted(page, "0 people")
    assert len(held) == 1
