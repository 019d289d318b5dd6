"""Every address at once: looking changes nothing, strangers and neighbours see nothing, no answer lacks its fences.

Routes come from the URLconf and operations from `openapi.json`: a new one is tested without being named.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connections
from django.test import Client
from django.urls import get_resolver

from cadenza.base import clock, database
from cadenza.base.ids import new_id
from cadenza.cdp.duplicates import service as duplicates
from cadenza.cdp.duplicates import store as suggestions
from cadenza.cdp.fields import service as fields
from cadenza.cdp.identity import service as identity
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest import store
from cadenza.cdp.ingest.types import Flaw
from cadenza.cdp.segments import service as segments
from cadenza.channels.email import service as email
from cadenza.connect.imports import service as imports
from cadenza.connect.operations import bulk
from cadenza.connect.operations import service as points
from cadenza.connect.operations.spread import Form
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.content import service as content
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import State
from cadenza.trust.privacy import service as privacy
from cadenza.web.middleware import OPEN_PATHS
from tests.outreach import shop
from tests.web.conftest import browser, user

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
MOVING = ("django_session", "axes_", "usersessions_", "procrastinate_workers", "django_migrations")
NOWHERE = "nothing-of-this-name"
ASKED = {"kind": "external_id", "value": "canary-1"}
SHARED = ("purposes/<", "starters/<", "starter_paper")  # the same for every workspace


def routes(resolver: Any = None, prefix: str = "") -> list[tuple[str, Any]]:
    """Every pattern of the URLconf with its view."""
    found = []
    for one in (resolver or get_resolver()).url_patterns:
        if hasattr(one, "url_patterns"):
            found += routes(one, prefix + str(one.pattern))
        else:
            found.append((prefix + str(one.pattern), one.callback))
    return found


PAGES = [
    (route, view)
    for route, view in routes()
    if not route.startswith(("api/", "static/")) and "^" not in route
]
OURS = [(route, view) for route, view in PAGES if not f"/{route}".startswith(OPEN_PATHS)]


class World:
    """A workspace that has one of everything, its member, its keys, and the values of the parameters of addresses."""

    def __init__(self) -> None:
        with database.system_scope():
            made = accounts.create_workspace(
                "Canary shop", currency="EUR", postal_address="1 Test Street", demo=True
            )
        self.id = made.id
        with database.scope(self.id):
            consent.ensure_topics(self.id)
            key, self.write = accounts.issue_key(self.id, "write", "Site")
            _, self.secret = accounts.issue_key(self.id, "secret", "Server")
        self.member = user(self.id, full_name="Laima Ozola")
        ann, bob, gone, twin = shop.people(self.id, "ann", "bob", "gone", "twin")
        shop.say(self.id, State.GIVEN, "ann@example.com")
        sent = shop.campaign(self.id)
        shop.start(self.id, sent)
        with shop.senders():
            shop.finish(self.id, sent)
        with database.scope(self.id):
            one = campaigns.one(self.id, sent)
            mail = email.mails(self.id).mails[0].id
            run = imports.create(self.id, BytesIO(b"id,email\n1,a@example.com\n"), "people.csv", "customers")
            flaw = Flaw(0, "no_event_name", "A track call names its event.", "event")
            store.reject(self.id, [(flaw, b'{"type":"track","userId":"u1"}')], clock.now(), "api")
            suggestions.suggest(self.id, [(min(ann, bob), max(ann, bob), 0.9, ())], clock.now())
            pair = duplicates.suggestions(self.id).items[0].id
            ledger = identity.merge(self.id, ann, twin)
            name = f"canary_{new_id().hex}"
            fields.declare(self.id, name, "text")
        receipt = privacy.erase_person(self.id, gone, "test", "asked for it")
        with database.scope(self.id):
            rejected = ingest.rejected(self.id)[0].id
            point = points.create_point(self.id, "Web shop")
            point_key, _ = points.issue_key(self.id, point.id, "production")
            called = points.operations(self.id, point.id)[0]
            held = [segments.save(self.id, name, {"all": []}).id for name in ("First", "Second")]
            group = segments.make_group(self.id, "Group", held)
            tree = {"attribute": "category", "is": "Bikes"}
            product_segment = segments.save_product_segment(self.id, "Bikes", tree)
        kept = bulk.accept(point, b'[{"email": "bulk@example.com"}]', Form("json"), None)["bulkImport"]["id"]
        with database.scope(self.id):
            message = database.rows("select id from delivery_message")[0][0]
        self.values = {
            "profile": ann, "person": ann, "campaign": sent, "segment": one.draft.include[0],
            "template": one.draft.template, "mail": mail, "run": run.id, "message": message,
            "pair": pair, "ledger": ledger, "merge": ledger, "key": key.id, "user": self.member.id,
            "kind": "external_id", "entity": "person", "name": name, "other": one.draft.include[0],
            "point": point.id, "point_key": point_key.id, "operation": called.id, "bulk": kept, "mode": "sync",
            "group": group.id, "product_segment": product_segment.id,
        }  # fmt: skip
        self.ids = {"rejected/": rejected, "people/erasures/": receipt.id, "api/v1/privacy/erasures/": receipt.id,
                    "settings/purposes/": "I.10", "reports/campaigns/": sent, "api/v1/reports/campaigns/": sent,
                    "templates/starters/": content.starters()[0].key}  # fmt: skip

    def address(self, route: str) -> str:
        """The address of a route, with what this workspace has in the place of its parameters."""
        route = route.lstrip("/")
        own = next((value for start, value in self.ids.items() if route.startswith(start)), NOWHERE)
        return "/" + PARAMETER.sub(lambda found: str(self.values.get(found[2], own)), route)


@pytest.fixture(scope="module")
def worlds(engines):
    email.start_sink(0)
    yield World(), World()
    email.stop_sink()


@pytest.fixture
def here(worlds):
    return worlds[0]


@pytest.fixture
def neighbour(worlds):
    return worlds[1]


@pytest.fixture
def pages(here):
    return browser(here.member, raise_request_exception=False)


def tables() -> dict[str, str]:
    """A fingerprint of every table that a visit must leave alone."""
    with connections["owner"].cursor() as owner:
        owner.execute("select tablename from pg_tables where schemaname = 'public'")
        names = [name for (name,) in owner.fetchall() if not name.startswith(MOVING)]
        found = {}
        for name in names:
            owner.execute(
                f"select count(*), md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {name} t"
            )
            found[name] = str(owner.fetchone())
        return found


def changed(before: dict[str, str]) -> list[str]:
    now = tables()
    return [name for name in before if before[name] != now[name]]


def test_every_route_was_found():
    assert len(OURS) > 60


def test_looking_at_every_page_twice_changes_nothing_and_no_page_lacks_its_fences(here, pages):
    pages.get("/account/email/")  # its library copies the address of the user at the first look
    before, wrong = tables(), []
    for _ in range(2):
        for route, _view in PAGES:
            address = here.address(route)
            if NOWHERE in address and not route.startswith(("account/", "welcome/")):
                wrong.append(f"{route}: no value for its parameter; add one to World.values")
                continue
            if route in ("account/logout/", "health/ready"):  # no loop runs here, and ready says so
                continue
            answer = pages.get(address)
            wrong += [f"{route}: {fault}" for fault in faults(answer)]
    assert wrong == []
    assert changed(before) == []


def faults(answer: Any) -> list[str]:
    """What an answer to a look lacks."""
    headers = answer.headers
    found = [] if answer.status_code < 500 else [f"status {answer.status_code}"]
    expected = {
        "Content-Security-Policy": r"default-src 'none'|sandbox",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin|strict-origin-when-cross-origin|no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera",
        "Cache-Control": "no-store|max-age=0|private",
    }
    found += [
        f"{name} is {headers.get(name)!r}"
        for name, like in expected.items()
        if not re.search(like, headers.get(name, ""))
    ]
    policy = headers.get("Content-Security-Policy", "")
    if headers.get("Content-Type", "").startswith("text/html") and "sandbox" not in policy:
        for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"):
            found += [] if part in policy else [f"the policy lacks {part}"]
        if re.search(rb"<script(?![^>]*\bsrc=)(?![^>]*application/json)", answer.content):
            found.append("an inline script")
        if re.search(rb"\son[a-z]+\s*=\s*[\"']", answer.content):
            found.append("an inline handler")
    return found + [f"it tells {name}" for name in ("Server", "X-Powered-By") if name in headers]


def test_strangers_are_sent_to_the_sign_in_page(here):
    stranger, wrong = browser(raise_request_exception=False), []
    for route, view in OURS:
        if getattr(view, "is_public", False):
            continue
        for method in (stranger.get, stranger.post):
            answer = method(here.address(route))
            if (answer.status_code, answer.headers.get("Location", "")[:15]) != (302, "/account/login/"):
                wrong.append((route, answer.status_code))
        asked = stranger.get(here.address(route), headers={"HX-Request": "true"})
        if (asked.status_code, asked.headers.get("HX-Redirect")) != (401, "/account/login/"):
            wrong.append((route, "htmx", asked.status_code))
    assert wrong == []


def test_pages_of_the_account_show_strangers_no_fault(here):
    stranger = browser(raise_request_exception=False)
    wrong = [(route, status) for route, _ in PAGES if route.startswith("account/")
             for method in (stranger.get, stranger.post)
             if (status := method(here.address(route)).status_code) >= 500]  # fmt: skip
    assert wrong == []


def with_own_id(route: str) -> bool:
    return bool(PARAMETER.search(route)) and not any(part in route for part in SHARED)


def test_what_belongs_to_a_neighbour_is_not_found(neighbour, pages):
    before, wrong = tables(), []
    for route, view in OURS:
        if not with_own_id(route) or getattr(view, "is_public", False):
            continue
        address = neighbour.address(route)
        got, posted = pages.get(address).status_code, pages.post(address, {}).status_code
        if got not in (404, 405) or posted not in (
            404,
            405,
            302,
        ):  # a button leads back, and says what is wrong
            wrong.append((route, got, posted))
    assert wrong == []
    assert changed(before) == []


def by_key(view: Any) -> bool:
    """Whether a view signs programs in by a key and looks at no session, so that a form's token says nothing."""
    return bool(getattr(view, "csrf_exempt", False))


def test_few_doors_do_without_the_forms_token():
    assert {route for route, view in PAGES if by_key(view)} == {"v3/operations/<str:mode>"}


def test_a_write_without_the_forms_token_is_refused(here):
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(here.member, backend="django.contrib.auth.backends.ModelBackend")
    before = tables()
    told = {route: strict.post(here.address(route)).status_code for route, view in PAGES if not by_key(view)}
    assert {route: status for route, status in told.items() if status != 403} == {}
    assert changed(before) == []


@pytest.fixture
def operations(here):
    told = browser().get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {here.secret}"})
    found = [
        (method, path.replace("{", "<").replace("}", ">").lstrip("/") + query(what), "requestBody" in what)
        for path, methods in json.loads(told.content)["paths"].items()
        for method, what in methods.items()
    ]
    assert len(found) > 30
    return found


def query(what: dict[str, Any]) -> str:
    """What an operation must be asked with, so that it is not refused for that."""
    needed = [
        one["name"] for one in what.get("parameters", ()) if one["in"] == "query" and one.get("required")
    ]
    return f"?{urlencode({name: ASKED.get(name, 'x') for name in needed})}" if needed else ""


def call(method: str, address: str, key: str = "", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = more.pop("client", None) or browser(raise_request_exception=False)
    return client.generic(method.upper(), address, b"{}", "application/json", headers=headers)


def test_no_operation_answers_without_a_secret_key(here, operations):
    signed_in = browser(here.member, raise_request_exception=False)
    before, wrong = tables(), []
    for method, path, _ in operations:
        address = here.address(path)
        for name, answer in {
            "no key": call(method, address),
            "made up": call(method, address, "cs_made-up"),
            "write key": call(method, address, here.write),
            "a session": call(method, address, client=signed_in),
        }.items():
            if answer.status_code != 401 or "problem+json" not in answer.headers["Content-Type"]:
                wrong.append((method, path, name, answer.status_code))
    assert wrong == []
    assert changed(before) == []


def test_no_operation_reaches_a_neighbour(here, neighbour, operations):
    before, wrong = tables(), []
    for method, path, has_body in operations:
        if not with_own_id(path) or "<kind>" in path:
            continue
        answer = call(method, neighbour.address(path), here.secret)
        allowed = {404, 422} if has_body else {404}
        if answer.status_code not in allowed or "problem+json" not in answer.headers["Content-Type"]:
            wrong.append((method, path, answer.status_code, answer.content[:200]))
    assert wrong == []
    assert changed(before) == []


def test_every_operation_answers_its_own_key_without_a_fault(here, operations):
    wrong = []
    for method, path, _ in operations:
        if method == "get":
            answer = call(method, here.address(path.partition("?")[0]), here.secret)
            if answer.status_code not in (200, 422):
                wrong.append((method, path, answer.status_code, answer.content[:200]))
    assert wrong == []


FILTERS = ("q", "search", "before", "after", "page", "kind", "days", "sort", "id", "topic", "state", "show")
NOISE = (
    "%00",
    "%ED%A0%80",
    "%FF",
    "'\"><script>",
    "9" * 400,
    "-1",
    "1e999",
    "../../etc/passwd",
    "{{7*7}}",
    "%s%n",
)


@pytest.mark.parametrize("noise", NOISE)
def test_noise_in_an_address_is_no_fault(here, pages, noise):
    wrong = []
    for route, _ in OURS:
        told = "&".join(f"{name}={noise}" for name in FILTERS)
        for address in (f"{here.address(route)}?{told}", "/" + PARAMETER.sub(noise, route)):
            if (status := pages.get(address).status_code) >= 500:
                wrong.append((address[:120], status))
    assert wrong == []


@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_no_fault_of_the_api(here, operations, noise):
    wrong = []
    for method, path, _ in operations:
        if method != "get":
            continue
        for address in (f"{here.address(path)}?search={noise}&after={noise}&before={noise}&limit={noise}&value={noise}",
                        "/" + PARAMETER.sub(noise, path)):  # fmt: skip
            if (status := call(method, address, here.secret).status_code) >= 500:
                wrong.append((address[:120], status))
    assert wrong == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b'{"a":' * 5000,
        b"\xff",
        b'{"name":"\\u0000"}',
        b'{"name":"\\ud800","tree":{"all":[]}}',
        b'{"id":"x","workspace_id":"y","is_admin":true}',
    ],
)
def test_noise_in_a_body_is_no_fault(here, operations, body):
    wrong = []
    for method, path, has_body in operations:
        if has_body:
            client = browser(raise_request_exception=False)
            answer = client.generic(method.upper(), here.address(path), body, "application/json",
                                    headers={"Authorization": f"Bearer {here.secret}"})  # fmt: skip
            if answer.status_code >= 500:
                wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_the_description_of_the_api_is_for_those_within(here, pages):
    stranger = browser()
    assert stranger.get("/api/v1/openapi.json").status_code == 401
    assert stranger.get("/api/v1/docs").headers["Location"].startswith("/account/login/")
    page = pages.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"//cdn" not in page.content and b"https://" not in page.content


def test_an_unknown_host_is_refused(here):
    assert browser().get("/", headers={"Host": "evil.example"}).status_code in (302, 400)
    assert Client(SERVER_NAME="evil.example").get("/").status_code == 400


def test_an_id_of_nobody_is_not_found(pages, here):
    assert pages.get(f"/segments/{new_id()}/").status_code == 404
