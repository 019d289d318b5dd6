"""Every page in a real browser: it opens without an error, axe finds nothing, in light and dark and on a phone."""

from __future__ import annotations

import pytest

PAGES = ["/", "/people/", "/segments/", "/segments/new", "/campaigns/", "/campaigns/new", "/templates/", "/imports/",
         "/imports/new", "/mailbox/", "/settings/", "/rejected/", "/design", "/segments/by-hand/", "/segments/groups/",
         "/segments/groups/new/", "/segments/products/", "/segments/products/new/", "/segments/traits/",
         "/segments/carry/"]  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page) -> list[str]:
    """What axe finds, in a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_accessible(page, path, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    answer = page.goto(path)
    assert answer.status == 200
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(page, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_signing_out_and_in_with_the_password(page, site):
    page.context.clear_cookies()
    page.goto("/people/")
    assert "/account/login/" in page.url
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_label("Password", exact=True).fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/people/")
