"""The pages of templates over HTTP: written with a live preview, refused with the place, put away and taken back."""

from __future__ import annotations

import pytest

from cadenza.base import database
from cadenza.base.ids import new_id
from cadenza.outreach.content import service as content
from cadenza.web.gloss import gloss
from tests.outreach import shop
from tests.outreach.content.drafts import around, draft
from tests.web.conftest import browser, user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def made(workspace):
    with database.scope(workspace):
        return content.save(workspace, draft(name="Spring", subject="{{ shop.name }}: news"))


def told(**more):
    return {
        "name": "Autumn",
        "subject": "Hello",
        "preheader": "Before",
        "mjml": around("<mj-text>Hi</mj-text>"),
    } | more


def test_a_new_workspace_is_shown_ready_made_ones(pages):
    page = pages.get("/templates/").content.decode()
    assert "Begin your first template" in page and "/templates/new/?starter=announcement" in page
    assert pages.get("/templates/new/?starter=announcement").status_code == 200
    assert "&lt;mjml&gt;" in pages.get("/templates/new/").content.decode()


def test_the_list_shows_subjects_in_words_and_the_mail_small(pages, made):
    page = pages.get("/templates/").content.decode()
    assert "Spring" in page and "[Shop name]: news" in page
    assert (
        f'<iframe sandbox="" loading="lazy" tabindex="-1" title="" src="/templates/{made.id}/paper">' in page
    )


def test_a_mail_stands_in_a_paper_that_runs_nothing_and_is_framed_by_us_alone(pages, made):
    for address in (f"/templates/{made.id}/paper", "/templates/starters/announcement/paper"):
        answer = pages.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert (
            answer.status_code == 200
            and "default-src 'none'" in policy
            and "frame-ancestors 'self'" in policy
        )
        assert "script" not in policy and answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert '<base target="_blank">' in answer.content.decode()


def test_what_is_saved_is_a_new_version(pages, workspace, made):
    answer = pages.post(f"/templates/{made.id}/", told(seen=1), headers=HTMX)
    assert answer.status_code == 200 and "Saved as version 2" in answer.headers["HX-Trigger"]
    assert 'id="seen" value="2" hx-swap-oob="true"' in answer.content.decode()
    with database.scope(workspace):
        assert content.one(workspace, made.id).name == "Autumn"


def test_a_new_template_leads_to_its_own_page(pages, workspace):
    answer = pages.post("/templates/new/", told())
    with database.scope(workspace):
        [one] = content.all(workspace)
    assert answer.status_code == 302 and answer.headers["Location"] == f"/templates/{one.id}/"
    assert (
        pages.post("/templates/new/", told(), headers=HTMX).headers["HX-Redirect"].startswith("/templates/")
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mjml": around("<mj-text>{{ person.frist_name }}</mj-text>")}, ["person.first_name", "Line 4 of the mail"]),
        ({"mjml": "<mjml>"}, ["data-goes=&quot;mjml", "data-goes=\"mjml\""]),
        ({"subject": "{{ nothing }}"}, ["is not a variable", 'data-goes="subject"']),
        ({"mjml": around("<mj-text>{{ person.city }}</mj-text>")}, ["does not cover", "/settings/purposes/I.10/"]),
        ({"name": " "}, ["The name is empty"]),
    ],
)  # fmt: skip
def test_a_refusal_names_the_place_and_the_way_out_and_keeps_nothing(pages, workspace, made, more, said):
    answer = pages.post(f"/templates/{made.id}/", told(**more), headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422 and any(words in page for words in said) and said[-1] in page
    whole = pages.post(f"/templates/{made.id}/", told(**more))
    assert (
        whole.status_code == 422
        and said[-1] in whole.content.decode()
        and "</html>" in whole.content.decode()
    )
    with database.scope(workspace):
        assert content.one(workspace, made.id).version == 1


def test_who_saves_over_somebody_elses_version_is_told(pages, made):
    assert pages.post(f"/templates/{made.id}/", told(seen=1), headers=HTMX).status_code == 200
    answer = pages.post(f"/templates/{made.id}/", told(seen=1), headers=HTMX)
    assert answer.status_code == 409 and "Somebody saved version 2 meanwhile" in answer.content.decode()


def test_the_preview_shows_a_person_and_saves_nothing(pages, workspace):
    [ann] = shop.people(workspace, "ann")
    body = told(name="", mjml=around("<mj-text>Dear {{ person.first_name }}</mj-text>"), profile=str(ann))
    answer = pages.post("/templates/preview", body)
    page = answer.content.decode()
    assert answer.status_code == 200 and "Dear Ann" in page and "could be better" in page and "Line 4" in page
    assert "Dear Ann" in pages.post("/templates/paper", body).content.decode()
    with database.scope(workspace):
        assert content.all(workspace) == []


def test_a_person_without_the_data_would_be_left_out(pages, workspace, arrive, number):
    arrive({"type": "identify", "userId": "x", "traits": {"email": "x@example.com"}})
    body = told(
        skip_missing="on", profile=str(number("x")), mjml=around("<mj-text>{{ person.first_name }}</mj-text>")
    )
    assert "would be left out" in pages.post("/templates/preview", body).content.decode()
    assert pages.post("/templates/paper", body).status_code == 422


def test_people_to_preview_as_are_found_by_name(pages, workspace):
    shop.people(workspace, "ann", "bob")
    page = pages.get("/templates/people?q=bob").content.decode()
    assert "Bob" in page and "Ann" not in page
    assert "Nobody matches" in pages.get("/templates/people?q=zzz").content.decode()


def test_a_template_is_put_away_and_taken_back(pages, made):
    answer = pages.post(f"/templates/{made.id}/archive")
    page = pages.get(answer.headers["Location"]).content.decode()
    assert "The template is archived" in page and f"/templates/{made.id}/restore" in page
    assert "Spring" in pages.get("/templates/?show=archived").content.decode()
    pages.post(f"/templates/{made.id}/restore")
    assert "The template is archived" not in pages.get(answer.headers["Location"]).content.decode()


def test_a_copy_can_be_changed_alone(pages, made):
    answer = pages.post(f"/templates/{made.id}/duplicate")
    assert "Copy of Spring" in pages.get(answer.headers["Location"]).content.decode()


def test_reading_never_changes_and_writing_wants_the_token(pages, member, made):
    for verb in ("archive", "restore", "duplicate"):
        assert pages.get(f"/templates/{made.id}/{verb}").status_code == 405
    strict = browser(member, enforce_csrf_checks=True)
    assert strict.post(f"/templates/{made.id}/archive").status_code == 403
    assert strict.post("/templates/preview", told()).status_code == 403


def test_nobody_else_sees_it(made):
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        other = accounts.create_workspace("Other")
    stranger = browser(user(other.id))
    assert stranger.get(f"/templates/{made.id}/").status_code == 404
    assert stranger.get(f"/templates/{made.id}/paper").status_code == 404
    assert browser().get("/templates/").status_code == 302


def test_what_is_not_there_is_said(pages):
    assert pages.get(f"/templates/{new_id()}/").status_code == 404
    assert pages.get("/templates/starters/nothing/paper").status_code == 404
    assert pages.post("/templates/paper", told(profile="x")).status_code == 422


def test_scripts_in_a_template_never_reach_the_page_around_it(pages, workspace):
    body = told(name="<script>a()</script>", subject="<script>b()</script>")
    made = pages.post("/templates/new/", body).headers["Location"]
    for address in (made, "/templates/"):
        page = pages.get(address).content.decode()
        assert "<script>a()" not in page and "<script>b()" not in page


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('{{ person.first_name | default: "you" }}, news', "[First name], news"),
        ("{% if a %}Hi {% endif %}{{- other.thing -}}", "Hi [other.thing]"),
        ("plain", "plain"),
    ],
)
def test_a_subject_is_read_in_words(source, words):
    assert gloss(source, {"person.first_name": "First name"}) == words
