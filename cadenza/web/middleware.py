"""Around every page: strict headers, a signed-in member, one workspace, one transaction.

Deny by default: a view that is not marked `public` is shown to members alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from cadenza.base import database
from cadenza.base.config import config
from cadenza.base.problem import Problem, Unauthorised, Unavailable
from cadenza.trust.accounts import service as accounts

View = TypeVar("View", bound=Callable[..., HttpResponse])
Next = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ]
)
AWAY = (OperationalError, InterfaceError)
OPEN_PATHS = ("/account/", "/welcome/", "/static/", "/api/", "/health/")


def public(view: View) -> View:
    """Mark a view that needs no signing in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def guard(get_response: Next) -> Next:
    """Set the headers that every page carries, unless the view set its own."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


class workspace:
    """Finds the member and the workspace, and runs the view in one transaction of that workspace."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._respond(request)
        except AWAY:
            return away(request)

    def _respond(self, request: HttpRequest) -> HttpResponse:
        request.workspace = None  # type: ignore[attr-defined]
        if request.path.startswith(("/api/", "/v3/", "/welcome/")) or not request.user.is_authenticated:
            return self._next(request)
        mine = accounts.workspaces_of(request.user.id)  # type: ignore[arg-type]
        if not mine:
            return self._next(request)
        wanted = request.session.get("workspace")
        request.workspace = next((one for one in mine if str(one.id) == wanted), mine[0])  # type: ignore[attr-defined]
        request.workspaces = mine  # type: ignore[attr-defined]
        here = request.workspace  # type: ignore[attr-defined]
        with timezone.override(here.time_zone), database.scope(here.id):
            response = self._next(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Send strangers to the sign-in page."""
        if getattr(view, "is_public", False) or request.path.startswith(OPEN_PATHS) or request.workspace:  # type: ignore[attr-defined]
            return None
        if request.user.is_authenticated:
            return render(
                request, "403.html", {"detail": "You are not a member of any workspace yet."}, status=403
            )
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": settings.LOGIN_URL})
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Show a refusal as a page, or as problem+json to a program."""
        if isinstance(error, AWAY):
            return away(request)
        if not isinstance(error, Problem):
            return None
        if request.path.startswith("/api/"):
            return problem_response(error)
        template = "parts/problem.html" if request.headers.get("HX-Request") else "problem.html"
        return render(request, template, {"problem": error}, status=error.status)


def away(request: HttpRequest) -> HttpResponse:
    """The database is being restarted: nothing that needs it is asked for to say so."""
    if request.path.startswith("/api/"):
        return problem_response(
            Unavailable("The database does not answer.", hint="Try again in a few seconds.")
        )
    return HttpResponse(render_to_string("500.html"), status=503, headers={"Retry-After": "5"})


def problem_response(error: Problem) -> JsonResponse:
    """A problem as RFC 9457 wants it."""
    response = JsonResponse(error.document(), status=error.status, content_type="application/problem+json")
    if error.status in (429, 503):
        response.headers["Retry-After"] = "5"
    if isinstance(error, Unauthorised):
        response.headers["WWW-Authenticate"] = 'Bearer realm="cadenza"'
    return response


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page needs to know."""
    return {
        "workspace": getattr(request, "workspace", None),
        "workspaces": getattr(request, "workspaces", []),
        "public_url": config().public_url,
        "demo": bool(getattr(getattr(request, "workspace", None), "is_demo", False)),
        "section": request.path.strip("/").split("/")[0] or "dashboard",
    }
