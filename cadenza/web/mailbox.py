"""The built-in mailbox: what the product would have sent to people outside, had it a mail server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base.config import config
from cadenza.base.problem import BadInput, NotFound
from cadenza.channels.email import service as email
from cadenza.channels.email.types import MailPage, Opened
from cadenza.web import paging
from cadenza.web.paper import blank, paper

PAGE = 50
SHOWN_AS = (("mail", "Mail"), ("text", "Plain text"), ("headers", "Headers"), ("source", "Source"))
LONGEST_SOURCE = 200_000  # characters of a raw mail that a page shows; pictures inside of it may be megabytes


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mails, newest first."""
    return _page(request, None)


@require_safe
def mail(request: HttpRequest, mail: UUID) -> HttpResponse:
    """One mail beside the others. Reading it is said by a request of its own: showing changes nothing."""
    return _page(request, email.mail(request.workspace.id, mail, read=False))  # type: ignore[attr-defined]


def _page(request: HttpRequest, opened: Opened | None) -> HttpResponse:
    workspace = request.workspace.id  # type: ignore[attr-defined]
    search, unread = request.GET.get("q", ""), request.GET.get("show") == "unread"
    found = email.mails(workspace, search, _after(request), PAGE, unread)
    previous, following = paging.steps(request.GET, str(found.after) if found.after else None)
    settings = email.settings(workspace)
    context = {
        "mails": found.mails,
        "unread": found.unread,
        "q": search,
        "show": "unread" if unread else "",
        "asked": bool(search.strip() or unread),
        "shows": (("", "All"), ("unread", "Unread")),
        "kept": _kept(request),
        "paged": bool(request.GET.get(paging.NAME)),
        "previous": previous,
        "next": following,
        "shown": paging.shown(request.GET, len(found.mails), PAGE, found.total),
        "settings": settings,
        "many": _many(workspace, found),
        **(_opened(request, opened) if opened else {}),
    }
    return render(request, "mailbox/mailbox.html", context)


def _many(workspace: Any, found: MailPage) -> bool:
    """Whether anything lies in the mailbox at all, whatever is searched for."""
    return bool(found.mails) or bool(email.mails(workspace, limit=1).total)


def _after(request: HttpRequest) -> UUID | None:
    told = paging.cursor(request.GET)
    try:
        return UUID(told) if told else None
    except ValueError:
        raise BadInput("This is not a page.", at="after", hint="Begin with the first page.") from None


def _kept(request: HttpRequest) -> str:
    """What was searched for, so that opening a mail keeps the list."""
    kept = {name: value for name in ("q", "show", "after") if (value := request.GET.get(name))}
    return f"?{urlencode(kept)}" if kept else ""


def _opened(request: HttpRequest, opened: Opened) -> dict[str, Any]:
    view = request.GET.get("view", "")
    empty = {"mail"} if not opened.html else set()
    views = [(key, label) for key, label in SHOWN_AS if key not in empty]
    view = view if view in dict(views) else views[0][0]
    return {
        "opened": opened,
        "view": view,
        "views": [
            {"value": key, "label": label, "href": _address(request, opened, key)} for key, label in views
        ],
        "leave": _leave(opened),
        "source": opened.raw[:LONGEST_SOURCE],
        "cut": len(opened.raw) > LONGEST_SOURCE,
    }


def _address(request: HttpRequest, opened: Opened, view: str) -> str:
    kept = _kept(request)
    return f"/mailbox/{opened.mail.id}/{kept}{'&' if kept else '?'}view={view}"


def _leave(opened: Opened) -> str:
    """Where the mail unsubscribes, as an address of this site; "" for a mail that others made."""
    ours = f"{config().public_url}/u/"
    return (
        f"/u/{opened.unsubscribe_url.removeprefix(ours)}" if opened.unsubscribe_url.startswith(ours) else ""
    )


@require_safe
def body(request: HttpRequest, mail: UUID) -> HttpResponse:
    """The mail itself, for its frame."""
    try:
        return paper(email.mail(request.workspace.id, mail, read=False).html)  # type: ignore[attr-defined]
    except NotFound as problem:
        return blank(request, problem)


@require_POST
def read(request: HttpRequest, mail: UUID) -> HttpResponse:
    """Called by htmx when a mail is shown: it counts as read from now on."""
    email.mail(request.workspace.id, mail)  # type: ignore[attr-defined]
    return HttpResponse(status=204)


@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """Throw all mails away."""
    gone = email.empty_mailbox(request.workspace.id)  # type: ignore[attr-defined]
    messages.success(request, f"{gone:,} mail{'' if gone == 1 else 's'} thrown away.")
    return HttpResponseRedirect("/mailbox/")


urls = [
    path("mailbox/", mailbox, name="mailbox"),
    path("mailbox/empty", empty, name="mailbox-empty"),
    path("mailbox/<uuid:mail>/", mail, name="mail"),
    path("mailbox/<uuid:mail>/body", body, name="mail-body"),
    path("mailbox/<uuid:mail>/read", read, name="mail-read"),
]
