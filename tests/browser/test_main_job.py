"""The main job by hand in a real browser: a segment in a sentence, a campaign to it, its mail, leaving, the report."""

from __future__ import annotations

import re

from tests.browser.test_pages import violations


def test_from_a_sentence_to_a_report(page, site):
    page.goto("/segments/new/?start=lapsed")
    page.get_by_text("people you know").wait_for()
    page.goto("/segments/")
    page.get_by_role("link", name="Bought something").first.click()
    page.wait_for_url(re.compile(r"/segments/[0-9a-f-]{36}/"))
    segment = page.url.rstrip("/").rsplit("/", 1)[-1]
    assert violations(page) == []

    page.goto(f"/campaigns/new/?segment={segment}")
    page.get_by_label("Name").fill("A letter to all")
    page.get_by_label("Template").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("people get it").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Send now")).click()
    page.get_by_role("button", name=re.compile(r"^Send to \d+ people")).click()
    page.get_by_text("Finished").first.wait_for(timeout=60_000)
    assert page.get_by_text("It was sent to 25 of 30 people").count() == 1

    page.goto("/mailbox/")
    page.get_by_role("link", name=re.compile("person7@example.com")).click()
    page.get_by_role("button", name="Unsubscribe").click()
    page.wait_for_load_state("networkidle")

    page.goto(f"/campaigns/new/?segment={segment}")
    page.get_by_label("Name").fill("A second letter")
    page.get_by_label("Template").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("people get it").wait_for()
    assert page.get_by_text(re.compile(r"24\s+people get it")).count() == 1
