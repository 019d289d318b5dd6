"""The pages of operations in a real browser: a point is made, a key is shown, an operation is changed; axe finds nothing."""

from __future__ import annotations

from tests.browser.test_pages import violations


def test_a_point_is_set_up_on_its_pages(page):
    page.goto("/settings/operations/")
    page.get_by_role("button", name="New point").first.click()
    page.get_by_label("Name", exact=True).fill("Web shop")
    page.get_by_role("button", name="Make the point").click()
    page.get_by_role("heading", name="Operations").wait_for()
    page.get_by_role("button", name="New key").click()
    page.get_by_role("button", name="Make the key").click()
    page.get_by_text("Copy this key now").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="Website.CheckCustomer", exact=True).click()
    page.get_by_text("Key or ticket").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert page.get_by_role("radio", name="Key or ticket").is_checked()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
