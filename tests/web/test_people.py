"""The pages of people over HTTP, on the real engines: found, told, merged, handed over, forgotten."""

from __future__ import annotations

import json

import pytest

from cadenza.base import database
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.segments import service as segments
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State
from cadenza.trust.privacy import service as privacy
from tests.web.conftest import browser, link, user

ANN = {
    "type": "identify",
    "userId": "u1",
    "timestamp": "2026-05-01T08:00:00Z",
    "traits": {
        "email": "ann@example.com",
        "firstName": "Ann",
        "lastName": "Lee",
        "birthday": "1990-02-01",
        "vip": True,
    },
}
ORDER = {
    "type": "track",
    "userId": "u1",
    "event": "Order Completed",
    "timestamp": "2026-05-02T08:00:00Z",
    "properties": {
        "order_id": "A-1",
        "total": 57.9,
        "currency": "EUR",
        "products": [{"product_id": "p1", "name": "Helmet", "price": 57.9, "quantity": 1}],
    },
}


def test_nobody_yet_says_what_to_do(pages):
    page = pages.get("/people/").content.decode()
    assert "Nobody here yet" in page
    assert "/imports/new/" in page and "/settings/developers/" in page


def test_the_list_shows_who_bought_what(pages, arrive, number):
    arrive(ANN, ORDER)
    page = pages.get("/people/").content.decode()
    assert "Ann Lee" in page and "ann@example.com" in page and "€57.90" in page
    assert f'href="/people/{number("u1")}/"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=an", True),
        ("q=lee", True),
        ("q=ANN%40example.com", True),
        ("q=u1", True),
        ("q=bob", False),
        ("kind=known", True),
        ("kind=anonymous", False),
        ("q=an&kind=known", True),
        ("q=%25", False),
    ],
)
def test_search_and_filters(pages, arrive, query, found):
    arrive(ANN, {"type": "page", "anonymousId": "a9", "name": "Home"})
    assert (b"Ann Lee" in pages.get(f"/people/?{query}").content) is found


def test_a_segment_filters_the_list_page_by_page(pages, arrive, workspace):
    arrive(
        *(
            {"type": "identify", "userId": f"u{n}", "traits": {"firstName": f"P{n}x", "vip": n != 7}}
            for n in range(60)
        )
    )
    with database.scope(workspace):
        privacy.extend(workspace, "I.4", "custom.fields", "test", "For the test.")
        vip = segments.save(workspace, "VIP", {"attribute": "vip", "is": True})
        segments.refresh(workspace)
    first = pages.get(f"/people/?segment={vip.id}")
    assert "1–50 of 59" in first.content.decode()
    second = pages.get("/people/" + link(first, 'rel="next"')).content.decode()
    assert "51–59 of 59" in second
    assert "P7x" not in first.content.decode() + second


@pytest.mark.parametrize("query", ["after=x", "after=999999999999999999999999", "segment=x", "before=x"])
def test_a_broken_address_is_refused_in_words(pages, arrive, number, query):
    arrive(ANN)
    where = f"/people/{number('u1')}/" if "before" in query else "/people/"
    assert pages.get(f"{where}?{query}").status_code == 422


def test_the_card_tells_who_this_is(pages, arrive, number, workspace):
    arrive(
        ANN,
        ORDER,
        {"type": "track", "userId": "u1", "event": "Product Viewed", "properties": {"name": "Gravel bike"}},
    )
    who = number("u1")
    with database.scope(workspace):
        consent.record(
            workspace,
            [ConsentChange(who, "email", "ann@example.com", "newsletter", State.GIVEN, None, "form:footer")],
        )
    page = pages.get(f"/people/{who}/").content.decode()
    for said in (
        "Ann Lee",
        "Looked at Gravel bike",
        "Ordered for €57.90",
        "Agreed to “Newsletter”",
        "in the form “footer”",
        "Given",
        "Not asked",
        "Customer number",
        "1 Feb 1990",
    ):
        assert said in page
    assert "Ordered: number" not in page  # the order itself stands there, not its event once more
    assert "A-1" in pages.get(f"/people/{who}/?tab=orders").content.decode()
    details = pages.get(f"/people/{who}/?tab=details").content.decode()
    assert "Vip" in details and "Yes" in details and "Custom fields" in details
    assert "No messages yet" in pages.get(f"/people/{who}/?tab=messages").content.decode()


def test_the_timeline_goes_on_without_losing_what_happened_at_one_moment(pages, arrive, number):
    at = "2026-05-01T08:00:00Z"
    arrive(
        ANN, *({"type": "track", "userId": "u1", "event": f"Thing {n}", "timestamp": at} for n in range(60))
    )
    arrive(
        *(
            {"type": "track", "userId": "u1", "event": f"Later {n}", "timestamp": f"2026-05-02T08:{n:02}:00Z"}
            for n in range(50)
        )
    )
    seen, address = "", f"/people/{number('u1')}/"
    for _ in range(6):
        answer = pages.get(address)
        seen += answer.content.decode()
        if not (more := link(answer, 'class="button small"')):
            break
        address = more.replace("/?", "/timeline?")
    for name in [f"Thing {n}<" for n in range(60)] + [f"Later {n}<" for n in range(50)]:
        assert name in seen


def test_what_was_told_is_shown_and_never_run(pages, arrive, number):
    bad = "<script>alert(1)</script>"
    arrive(
        {"type": "identify", "userId": "u1", "traits": {"firstName": bad, "note": bad}},
        {"type": "track", "userId": "u1", "event": bad, "properties": {bad: bad}},
    )
    for address in ("/people/", f"/people/{number('u1')}/", f"/people/{number('u1')}/?tab=details"):
        page = pages.get(address).content
        assert b"<script>alert" not in page and b"&lt;script&gt;alert" in page


def test_an_old_number_leads_to_who_it_is_now(pages, arrive, number):
    arrive(
        {"type": "identify", "userId": "u1", "traits": {"firstName": "Ann"}},
        {"type": "identify", "userId": "u2"},
    )
    winner, loser = number("u1"), number("u2")
    assert f'href="?other={loser}"' in pages.get(f"/people/{winner}/merge?q=u2").content.decode()
    assert "Each has a customer number" in pages.get(f"/people/{winner}/merge?other={loser}").content.decode()
    answer = pages.post(f"/people/{winner}/merge", {"other": loser})
    assert answer.headers["Location"] == f"/people/{winner}/"
    assert pages.get(f"/people/{loser}/").headers["Location"] == f"/people/{winner}/"
    assert "merged them by hand" in pages.get(f"/people/{winner}/").content.decode()


@pytest.mark.parametrize(("other", "status"), [("x", 422), ("999999999", 404), ("{self}", 422)])
def test_a_merge_needs_somebody_else(pages, arrive, number, other, status):
    arrive(ANN)
    who = number("u1")
    assert (
        pages.post(f"/people/{who}/merge", {"other": other.replace("{self}", str(who))}).status_code == status
    )


@pytest.mark.parametrize("address", ["/people/987654321/", "/people/123456789012345678901234567890/"])
def test_an_unknown_number_is_no_person(pages, address):
    assert pages.get(address).status_code == 404


def test_everything_held_is_handed_over_as_a_file(pages, arrive, number):
    arrive(ANN, ORDER)
    answer = pages.get(f"/people/{number('u1')}/export")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    held = json.loads(answer.content)
    assert held["data"]["profiles"]["fields"]["email"] == "ann@example.com"


def test_an_erasure_wants_the_number_and_a_reason(pages, arrive, number, workspace):
    arrive(ANN)
    who = number("u1")
    for told in ({"typed": "1x", "reason": "Request 1"}, {"typed": str(who), "reason": " "}):
        answer = pages.post(f"/people/{who}/erase", told)
        assert answer.status_code == 422
        assert b'aria-invalid="true"' in answer.content
    with database.scope(workspace):
        assert profiles.count(workspace) == 1


def test_an_erased_person_leaves_a_receipt(pages, arrive, number, workspace):
    arrive(ANN, ORDER)
    who = number("u1")
    answer = pages.post(f"/people/{who}/erase", {"typed": str(who), "reason": "Request 4711"})
    receipt = pages.get(answer.headers["Location"]).content.decode()
    assert "is forgotten in every store" in receipt and "Laima Ozola" in receipt and "Request 4711" in receipt
    assert "profiles_profile" in receipt and "Kept by duty" in receipt
    gone = pages.get(f"/people/{who}/")
    assert (gone.status_code, "was erased" in gone.content.decode()) == (410, True)
    with database.scope(workspace):
        assert profiles.count(workspace) == 0


def test_strangers_are_sent_to_the_door():
    assert browser().get("/people/").headers["Location"] == "/account/login/?next=/people/"


def test_people_of_another_workspace_are_nobody(arrive, number):
    arrive(ANN)
    assert browser(user()).get(f"/people/{number('u1')}/").status_code == 403
    with database.system_scope():
        other = accounts.create_workspace("Other shop").id
    assert browser(user(other)).get(f"/people/{number('u1')}/").status_code == 404
