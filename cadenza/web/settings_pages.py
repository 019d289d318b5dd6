"""The pages of settings: the workspace, who works in it, its keys, and how programs send events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.config import config
from cadenza.base.ids import UserId, WorkspaceId
from cadenza.base.problem import NotFound, Problem
from cadenza.cdp.ingest import service as ingest
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.types import Key, KeyKind

SECTIONS = (
    ("Shop", (
        ("workspace", "Workspace", "/settings/"),
        ("team", "Team", "/settings/team/"),
        ("sender", "Sending", "/settings/sender/"),
    )),
    ("People", (
        ("identity", "Recognition", "/settings/identity/"),
        ("fields", "Fields", "/settings/fields/"),
    )),
    ("Privacy", (
        ("consent", "Consent", "/settings/consent/"),
        ("collection", "Collection", "/settings/collection/"),
        ("purposes", "Purposes", "/settings/purposes/"),
    )),
    ("Data in", (
        ("developers", "Developers", "/settings/developers/"),
        ("keys", "Keys", "/settings/keys/"),
        ("events", "Events", "/settings/events/"),
        ("operations", "Operations", "/settings/operations/"),
        ("rejected", "Rejected events", "/rejected/"),
    )),
)  # fmt: skip
CURRENCIES = tuple(
    "EUR USD GBP CHF PLN CZK HUF RON BGN SEK NOK DKK ISK UAH TRY "
    "CAD AUD NZD JPY CNY INR BRL MXN ZAR AED ILS KRW SGD HKD KZT".split()
)
KEY_KINDS = (
    {
        "value": "write",
        "label": "Write key",
        "hint": "May only send events. For sites and apps.",
        "icon": "send",
    },
    {
        "value": "secret",
        "label": "Secret key",
        "hint": "May read and change everything. For servers.",
        "icon": "lock",
    },
)
PLACEHOLDER = "YOUR_WRITE_KEY"
SNIPPETS = {
    "curl": ("With curl", "shell", """\
curl {url}/v1/track \\
  --user {key}: \\
  --json '{{
    "userId": "42",
    "event": "Product Viewed",
    "properties": {{"name": "Road bike", "price": 899, "currency": "EUR"}}
  }}'
"""),
    "identify": ("Tell who somebody is", "shell", """\
curl {url}/v1/identify \\
  --user {key}: \\
  --json '{{
    "userId": "42",
    "traits": {{"email": "ann@example.com", "firstName": "Ann", "city": "Riga"}}
  }}'
"""),
    "python": ("Python, with segment-analytics-python", "python", """\
import segment.analytics as analytics

analytics.write_key = "{key}"
analytics.host = "{url}"

analytics.identify("42", {{"email": "ann@example.com", "firstName": "Ann"}})
analytics.track("42", "Order Completed", {{
    "order_id": "A-1", "total": 57.9, "currency": "EUR",
    "products": [{{"product_id": "p1", "name": "Helmet", "price": 57.9, "quantity": 1}}],
}})
analytics.flush()
"""),
    "node": ("Node.js, with @segment/analytics-node", "javascript", """\
import {{ Analytics }} from "@segment/analytics-node";

const analytics = new Analytics({{ writeKey: "{key}", host: "{url}" }});

analytics.identify({{ userId: "42", traits: {{ email: "ann@example.com" }} }});
analytics.track({{
  userId: "42",
  event: "Product Viewed",
  properties: {{ name: "Road bike", price: 899 }},
}});
await analytics.closeAndFlush();
"""),
    "browser": ("JavaScript in a page", "javascript", """\
await fetch("{url}/v1/track", {{
  method: "POST",
  headers: {{
    "Content-Type": "application/json",
    Authorization: "Basic " + btoa("{key}:"),
  }},
  body: JSON.stringify({{
    anonymousId: "visitor-1",
    event: "Product Viewed",
    properties: {{ name: "Road bike" }},
  }}),
}});
"""),
}  # fmt: skip


def page(
    request: HttpRequest, section: str, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A page of settings: what it shows, under the links to all of them."""
    waiting = sum(count for _, count in ingest.rejected_by_code(_here(request)))
    groups = [
        (
            title,
            [
                {
                    "key": key,
                    "label": label,
                    "href": href,
                    "count": waiting or None if key == "rejected" else None,
                }
                for key, label, href in sections
            ],
        )
        for title, sections in SECTIONS
    ]
    return render(
        request, f"{template}.html", {"sections": groups, "section": section, **context}, status=status
    )


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


@require_http_methods(["GET", "POST"])
def workspace(request: HttpRequest) -> HttpResponse:
    """What the workspace is called, where it stands, and what it counts in."""
    told, problem = {name: getattr(request.workspace, name) for name in accounts.EDITABLE}, None  # type: ignore[attr-defined]
    if request.method == "POST":
        told = {name: request.POST.get(name, "") for name in accounts.EDITABLE}
        try:
            accounts.update(_here(request), **told)
            messages.success(request, "Saved.")
            return HttpResponseRedirect("/settings/")
        except Problem as refusal:
            problem = refusal
    context = {
        "told": told,
        "problem": problem,
        "zones": sorted(available_timezones()),
        "currencies": CURRENCIES,
    }
    return page(
        request, "workspace", "settings/workspace", context, status=problem.status if problem else 200
    )


@require_http_methods(["GET", "POST"])
def team(request: HttpRequest) -> HttpResponse:
    """Who works here. A new colleague gets a one-time link, which is shown this once."""
    here, link, problem, told = _here(request), "", None, request.POST
    if request.method == "POST":
        try:
            link = _invite(request, told.get("email", ""), told.get("full_name", ""))
            told = {}  # type: ignore[assignment]
        except Problem as refusal:
            problem = refusal
            problem.at = problem.at or "email"
    context = {
        "members": accounts.members(here), "link": link, "problem": problem, "told": told,
        "email": request.POST.get("email", ""),
    }  # fmt: skip
    return page(request, "team", "settings/team", context, status=problem.status if problem else 200)


def _invite(request: HttpRequest, email: str, full_name: str) -> str:
    """The link of a new user; of one who works elsewhere none, for they have a way in of their own."""
    known = next((one for one in accounts.users() if one.email == email.strip().lower()), None)
    user = known or accounts.create_user(email, full_name=full_name.strip())
    accounts.add_member(_here(request), UserId(user.id))
    if known:
        messages.success(
            request, format_html("{} may work here from now on, and signs in as before.", user.email)
        )
        return ""
    return config().public_url + accounts.make_sign_in_link(UserId(user.id))


@require_POST
def new_link(request: HttpRequest, user: int) -> HttpResponse:
    """A fresh link for a colleague who has no password yet; the one before was lost or is too old."""
    found = next((one for one in accounts.members(_here(request)) if one.id == user), None)
    if not found or found.has_usable_password() or len(accounts.workspaces_of(UserId(user))) > 1:
        raise NotFound(
            "No link can be made for this user.",
            hint="Who has a password signs in with it; `cadenza user link` helps who forgot it.",
        )
    link = config().public_url + accounts.make_sign_in_link(UserId(user))
    return page(
        request,
        "team",
        "settings/team",
        {"members": accounts.members(_here(request)), "link": link, "email": found.email, "told": {}},
    )


@require_POST
def remove_member(request: HttpRequest, user: int) -> HttpResponse:
    """Let a colleague work here no more."""
    try:
        accounts.remove_member(_here(request), UserId(user))
        messages.success(request, "Removed. What they did stays on record.")
    except Problem as refusal:
        messages.error(request, f"{refusal.detail} {refusal.hint or ''}")
    return HttpResponseRedirect("/" if user == request.user.id else "/settings/team/")


@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of programs. The text of a new one is shown this once and kept nowhere."""
    made: tuple[Key, str] | None = None
    problem = None
    if request.method == "POST":
        try:
            kind = cast(KeyKind, request.POST.get("kind", ""))  # what is none of them is refused there
            made = accounts.issue_key(_here(request), kind, request.POST.get("name", "")[:120])
        except Problem as refusal:
            problem = refusal
    everything = accounts.keys(_here(request))
    context = {
        "keys": [key for key in everything if not key.revoked_at],
        "revoked": [key for key in everything if key.revoked_at],
        "kinds": KEY_KINDS, "made": made[0] if made else None, "plain": made[1] if made else "", "problem": problem,
        "snippet": _snippet("curl", made[1])["text"] if made and made[0].kind == "write" else "",
    }  # fmt: skip
    return page(request, "keys", "settings/keys", context, status=problem.status if problem else 200)


@require_POST
def revoke_key(request: HttpRequest, key: UUID) -> HttpResponse:
    """End a key; programs that use it are refused within seconds."""
    accounts.revoke_key(_here(request), key)
    messages.success(request, "The key is revoked. Programs that use it are refused within 5 seconds.")
    return HttpResponseRedirect("/settings/keys/")


@require_safe
def developers(request: HttpRequest) -> HttpResponse:
    """How the first event gets here, with the real address."""
    living = [key for key in accounts.keys(_here(request)) if key.kind == "write" and not key.revoked_at]
    context = {
        "snippets": [_snippet(name, PLACEHOLDER) for name in SNIPPETS],
        "keys": living,
        "placeholder": PLACEHOLDER,
    }
    return page(request, "developers", "settings/developers", context)


def _snippet(name: str, key: str) -> dict[str, str]:
    title, language, text = SNIPPETS[name]
    return {
        "title": title,
        "language": language,
        "text": text.format(url=config().public_url, key=key).rstrip(),
    }


urls = [
    path("settings/", workspace, name="settings"),
    path("settings/team/", team, name="team"),
    path("settings/team/<int:user>/link", new_link, name="team-link"),
    path("settings/team/<int:user>/remove", remove_member, name="team-remove"),
    path("settings/keys/", keys, name="keys"),
    path("settings/keys/<uuid:key>/revoke", revoke_key, name="key-revoke"),
    path("settings/developers/", developers, name="developers"),
]
