"""Pixels, clicks and unsubscriptions over ASGI: reading changes nothing, forged links lead nowhere."""

from __future__ import annotations

import base64
import random

import pytest

from cadenza.base import crypto, database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.tracking import service
from cadenza.outreach.tracking.pack import pack
from cadenza.outreach.tracking.types import Place
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import State
from cadenza.trust.privacy import service as privacy
from tests.outreach import shop

ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


class Reader:
    """Somebody who got a mail, and its links."""

    def __init__(self, workspace, name: str = "ann", tracked: bool = True) -> None:
        self.workspace, self.address = workspace, f"{name}@example.com"
        [self.profile] = shop.people(workspace, name)
        shop.say(workspace, State.GIVEN, self.address)
        if tracked:
            shop.say(workspace, State.GIVEN, self.address, topic="open_tracking")
        with shop.channel(shop.Post()) as post:
            self.campaign = shop.campaign(workspace)
            shop.start(workspace, self.campaign)
            with shop.senders():
                shop.finish(workspace, self.campaign)
        [self.mail] = [one for one in post.sent if one.workspace == workspace]
        self.message = self.mail.message_id

    def url(self, path: str, purpose: str, number: int = 0) -> str:
        return f"/{path}/{crypto.sign(purpose, pack(Place(self.workspace, self.message, number)))}"

    @property
    def pixel(self) -> str:
        return self.url("o", service.OPEN) + ".gif"

    def click(self, number: int = 0) -> str:
        return self.url("c", service.CLICK, number)

    @property
    def leave(self) -> str:
        return self.mail.unsubscribe_url

    def counts(self) -> tuple[int, int, int]:
        with database.scope(self.workspace):
            found = delivery.counts(self.workspace, self.campaign)
            return found.opened, found.clicked, found.unsubscribed

    def stands(self, topic: str = "newsletter") -> State | None:
        with database.scope(self.workspace):
            return consent.states(self.workspace, "email", topic, [self.address]).get(self.address)

    def events(self) -> list[str]:
        projection.drain()
        with database.scope(self.workspace):
            done = events.timeline(self.workspace, identity.all_ids(self.workspace, self.profile))
            return [event.name for event in done if event.name != "Email Sent"]


@pytest.fixture
def ann(workspace) -> Reader:
    return Reader(workspace)


def test_get_head_and_options_of_the_unsubscribe_link_change_nothing(ann):
    for method in ("GET", "HEAD", "OPTIONS") * 3:
        [(status, headers, body)] = shop.visit((method, ann.leave))
        assert status == (204 if method == "OPTIONS" else 200)
        assert headers["referrer-policy"] == "no-referrer"
        assert bool(body) == (method == "GET")
    assert ann.stands() is State.GIVEN and ann.events() == [] and ann.counts() == (0, 0, 0)


@pytest.mark.parametrize("body", [ONE_CLICK, MULTIPART, b"leave=yes", b""])
def test_a_post_unsubscribes_at_once_without_a_redirect(ann, body):
    [(status, headers, page)] = shop.visit(("POST", ann.leave, body))
    assert status == 200 and "location" not in headers and b"You are unsubscribed" in page
    assert ann.stands() is State.WITHDRAWN
    assert ann.stands("open_tracking") is State.GIVEN


def test_unsubscribing_twice_is_once_and_the_undo_button_takes_it_back(ann):
    shop.visit(
        ("POST", ann.leave, ONE_CLICK), ("POST", ann.leave, ONE_CLICK), ("POST", ann.leave, b"leave=yes")
    )
    assert ann.events() == ["Email Unsubscribed"] and ann.counts()[2] == 1
    [(status, _, page)] = shop.visit(("POST", ann.leave, b"undo=yes"))
    assert status == 200 and b"Unsubscribe from" in page
    assert ann.stands() is State.GIVEN


def test_the_link_works_after_a_merge_and_says_done_after_erasure(ann):
    [bob] = shop.people(ann.workspace, "bob")
    with database.scope(ann.workspace):
        identity.merge(ann.workspace, bob, ann.profile)
    shop.visit(("POST", ann.leave, ONE_CLICK))
    assert ann.stands() is State.WITHDRAWN
    privacy.erase_person(ann.workspace, bob, "user:1", "Request 3")
    for method in ("GET", "POST"):
        [(status, _, page)] = shop.visit((method, ann.leave, ONE_CLICK))
        assert status == 200 and b"Done" in page
    assert ann.stands() is State.WITHDRAWN


def test_an_open_counts_once_a_minute_with_consent_and_never_by_head(ann):
    shop.visit(("HEAD", ann.pixel))
    assert ann.counts()[0] == 0
    answers = shop.visit(("GET", ann.pixel), ("GET", ann.pixel), ("GET", ann.pixel))
    assert all(headers["content-type"] == "image/gif" and body[:3] == b"GIF" for _, headers, body in answers)
    assert ann.events() == ["Email Opened"] and ann.counts()[0] == 1


def test_a_withdrawn_consent_silences_pixels_in_mails_already_sent(ann):
    shop.say(ann.workspace, State.WITHDRAWN, ann.address, topic="open_tracking")
    [(status, _, body)] = shop.visit(("GET", ann.pixel))
    assert status == 200 and body[:3] == b"GIF"
    assert ann.events() == [] and ann.counts()[0] == 0


def test_without_consent_no_pixel_is_written_into_the_mail(workspace):
    assert "/o/" not in Reader(workspace, tracked=False).mail.html


def test_a_click_leads_to_its_target_and_counts(ann):
    [first, _] = shop.visit(("GET", ann.click(0)), ("GET", ann.click(0)))
    assert (first[0], first[1]["location"]) == (302, "https://shop.example/sale?a=1&b=2")
    [(_, headers, _)] = shop.visit(("GET", ann.click(1)))
    assert headers["location"] == "https://shop.example/for/Ann"
    assert ann.counts()[1] == 1 and set(ann.events()) == {"Email Link Clicked"}


def test_head_leads_on_but_does_not_count(ann):
    [(status, headers, _)] = shop.visit(("HEAD", ann.click(0)))
    assert status == 302 and "location" in headers
    assert ann.events() == [] and ann.counts()[1] == 0


@pytest.mark.parametrize("agent", ["Barracuda", "Googlebot/2.1"])
def test_machines_are_written_down_but_not_counted(ann, agent):
    shop.visit(("GET", ann.click(0)), ("GET", ann.pixel), user_agent=agent)
    assert sorted(ann.events()) == ["Email Link Clicked", "Email Opened"] and ann.counts() == (0, 0, 0)


def test_all_links_at_once_are_not_counted(ann):
    shop.visit(("GET", ann.click(0)), ("GET", ann.click(1)))
    assert ann.events() == ["Email Link Clicked"] * 2 and ann.counts()[1] == 0


def test_five_hundred_altered_links_redirect_nowhere(ann):
    chance = random.Random(7)
    good = ann.click(0)
    token = good.rpartition("/")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.%&?/:é"
    bad = set()
    while len(bad) < 500:
        changed, at = list(token), chance.randrange(len(token))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.choice(letters)
            case 1:
                changed.insert(at, chance.choice(letters))
            case 2:
                del changed[at]
            case _:
                changed = changed[: at + 1]
        if (made := "".join(changed)) != token and made:
            bad.add(made)
    answers = shop.visit(*(("GET", f"http://x/c/{made}") for made in sorted(bad)))
    assert [status for status, _, _ in answers if status != 404] == []
    assert all("location" not in headers for _, headers, _ in answers)
    assert shop.visit(("GET", good))[0][0] == 302


def test_a_token_is_good_for_its_purpose_alone(ann):
    pixel = ann.pixel.removesuffix(".gif").replace("/o/", "/c/")
    leave = ann.leave.rpartition("/")[2]
    asked = [("GET", pixel), ("GET", f"/c/{leave}"), ("POST", ann.click(0).replace("/c/", "/u/"), ONE_CLICK)]
    assert [status for status, _, _ in shop.visit(*asked)] == [404, 404, 404]
    assert ann.stands() is State.GIVEN


def test_a_link_number_that_the_mail_does_not_have_is_a_404(ann):
    assert shop.visit(("GET", ann.click(17)))[0][0] == 404


def test_other_methods_and_paths_are_refused(ann):
    asked = [
        ("POST", ann.click(0)),
        ("DELETE", ann.leave),
        ("PUT", ann.pixel),
        ("GET", "/c/"),
        ("GET", "/u/%00"),
    ]
    assert [status for status, _, _ in shop.visit(*asked)] == [405, 405, 405, 404, 404]
    [(status, _, _)] = shop.visit(("POST", ann.leave, b"x" * 20_000))
    assert status == 413 and ann.stands() is State.GIVEN


def test_a_test_message_says_that_it_is_one(workspace):
    url = service.unsubscribe_url(workspace)
    for method in ("GET", "POST"):
        [(status, _, page)] = shop.visit((method, url, ONE_CLICK))
        assert status == 200 and b"This was a test message" in page


def test_no_address_travels_in_a_url(ann):
    for token in (ann.leave.rpartition("/")[2], ann.click(1).rpartition("/")[2]):
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert b"ann" not in raw.lower() and b"example" not in raw and b"http" not in raw


def test_what_was_done_with_a_mail_goes_back_with_whom_it_was_sent_to(ann):
    [bob] = shop.people(ann.workspace, "bob")
    with database.scope(ann.workspace):
        merge = identity.merge(ann.workspace, bob, ann.profile)
    shop.visit(("GET", ann.pixel), ("GET", ann.click()), ("POST", ann.leave, ONE_CLICK))
    with database.scope(ann.workspace):
        identity.unmerge(ann.workspace, merge)
    assert sorted(ann.events()) == ["Email Link Clicked", "Email Opened", "Email Unsubscribed"]
    with database.scope(ann.workspace):
        assert identity.current(ann.workspace, ann.profile) == ann.profile
        assert events.timeline(ann.workspace, [bob]) == []
