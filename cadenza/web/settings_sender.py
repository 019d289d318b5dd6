"""The page on which a shop says how its mail leaves: the server, the sender's name, and the signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cadenza.base.problem import BadInput, Problem
from cadenza.channels.email import service as email
from cadenza.channels.email.types import Settings
from cadenza.web.settings_pages import page

WAYS = (
    {
        "value": "sink",
        "label": "Built-in mailbox",
        "hint": "Nothing leaves this machine. For trying out.",
        "icon": "inbox",
    },
    {
        "value": "server",
        "label": "Your mail server",
        "hint": "Any SMTP server or provider.",
        "icon": "server",
    },
)
SECURITY = (
    {"value": "starttls", "label": "STARTTLS (usually port 587)"},
    {"value": "tls", "label": "TLS (usually port 465)"},
    {"value": "none", "label": "None (only inside your own network)"},
)
LINES = ("host", "username", "from_name", "from_email", "unsubscribe_email", "security")


@require_http_methods(["GET", "POST"])
def sender(request: HttpRequest) -> HttpResponse:
    """Show and change how mail leaves. A stored password is never shown; an empty field leaves it."""
    here, problem, told = request.workspace.id, None, {}  # type: ignore[attr-defined]
    if request.method == "POST":
        told = request.POST.dict()
        try:
            email.update(here, **_changes(told))
            messages.success(request, "Saved.")
            return HttpResponseRedirect("/settings/sender/")
        except Problem as refusal:
            problem = refusal
    return _page(request, told=told, problem=problem)


def _changes(told: dict[str, str]) -> dict[str, Any]:
    changes: dict[str, Any] = {name: told.get(name, "") for name in LINES if name in told}
    changes["use_sink"] = told.get("way") != "server"
    changes["verify"] = "verify" in told
    changes["port"] = _whole(told.get("port", ""), "port", "Usually 587 (STARTTLS) or 465 (TLS).")
    if told.get("forget_password"):
        changes["password"] = ""
    elif told.get("password"):
        changes["password"] = told["password"]
    return changes


def _whole(told: str, at: str, hint: str) -> int:
    if not (told.isascii() and told.strip().isdigit()) or len(told.strip()) > 6:
        raise BadInput("This is not a number.", at=at, hint=hint)
    return int(told)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    settings = email.settings(request.workspace.id)  # type: ignore[attr-defined]
    shown = {**_shown(settings), **(context.pop("told", None) or {})}
    problem = context.get("problem")
    whole = {"settings": settings, "told": shown, "ways": WAYS, "security": SECURITY, "wrong": _elsewhere(problem),
             "record_name": f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}", **context}  # fmt: skip
    return page(request, "sender", "settings/sender", whole, status=problem.status if problem else 200)


def _shown(settings: Settings) -> dict[str, Any]:
    lines = {
        name: getattr(settings, name)
        for name in ("host", "port", "username", "from_name", "from_email", "unsubscribe_email")
    }
    return {**lines, "security": settings.security.value, "way": "sink" if settings.use_sink else "server",
            "verify": settings.verify, "dkim_domain": settings.dkim_domain or settings.from_email.partition("@")[2],
            "dkim_selector": settings.dkim_selector or "cadenza1"}  # fmt: skip


def _elsewhere(problem: Problem | None) -> Problem | None:
    """A refusal that belongs to no field of the page is shown above it."""
    fields = {*LINES, "port", "password", "dkim_domain", "dkim_selector"}
    return problem if problem and problem.at not in fields else None


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Try the saved mail server, step by step, without sending anything."""
    try:
        return _page(request, steps=email.check(request.workspace.id))  # type: ignore[attr-defined]
    except Problem as problem:
        return _page(request, refused=problem)


@require_POST
def dkim(request: HttpRequest) -> HttpResponse:
    """Make a key to sign with, or forget it."""
    here = request.workspace.id  # type: ignore[attr-defined]
    try:
        if "remove" in request.POST:
            email.remove_dkim(here)
            messages.success(request, "Mail is not signed any more.")
        else:
            email.set_dkim(here, request.POST.get("dkim_domain", ""), request.POST.get("dkim_selector", ""))
            messages.success(request, "The key is made. Put its record into your DNS.")
        return HttpResponseRedirect("/settings/sender/#signature")
    except Problem as problem:
        return _page(request, problem=problem, told=request.POST.dict())


urls = [
    path("settings/sender/", sender, name="sender"),
    path("settings/sender/check", check, name="sender-check"),
    path("settings/sender/dkim", dkim, name="sender-dkim"),
]
