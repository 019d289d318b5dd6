"""The JSON API: every module's router under `/api/v1`, opened by a secret key.

Modules write routers; this file joins them, signs programs in, and turns refusals into problems.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from cadenza.base import database
from cadenza.base.problem import BadInput, Malformed, Problem, Unauthorised
from cadenza.trust.accounts import service as accounts
from cadenza.web.middleware import problem_response


def with_secret_key(request: HttpRequest) -> Any:
    """Signs a program in by `Authorization: Bearer cs_…` or Basic with the key as the user name."""
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        told = _basic(told)
    key = accounts.find_key(told.strip()) if told else None
    if not key:
        raise Unauthorised(
            "This call needs a secret key.",
            hint="Send Authorization: Bearer cs_…; make one in Settings → Keys.",
        )
    if key.kind != "secret":
        raise Unauthorised("A write key may only send events.", hint="Use a secret key for this call.")
    request.workspace = key.workspace  # type: ignore[attr-defined]
    return key


def _basic(told: str) -> str:
    try:
        return base64.b64decode(told).decode().partition(":")[0]
    except ValueError:
        return ""


def in_scope(view: Callable[..., Any]) -> Callable[..., Any]:
    """Run an operation in one transaction of the key's workspace."""

    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with database.scope(request.workspace):  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

    return run


def for_those_within(view: Callable[..., Any]) -> Callable[..., Any]:
    """Show the description of the API to members and to programs with a key, for it tells what there is to try."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.path.endswith("docs"):
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={request.path}")
        with_secret_key(request)
        return view(request, *args, **kwargs)

    return shown


class Json(Parser):
    """Reads a body as JSON, without the half characters that no store can hold."""

    def parse_body(self, request: HttpRequest) -> Any:
        found = super().parse_body(request)
        json.dumps(found, ensure_ascii=False).encode()
        return found


api = NinjaAPI(
    title="Cadenza API",
    version="1",
    auth=with_secret_key,
    docs_url="docs",
    openapi_url="openapi.json",
    docs_decorator=for_those_within,
    parser=Json(),
)


@api.exception_handler(Problem)
def _on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(ValidationError)
def _on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    place = ".".join(str(part) for part in first.get("loc", ())[1:])
    return problem_response(BadInput(str(first.get("msg", "Invalid input.")), at=place or None))


@api.exception_handler(HttpError)
def _on_unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(Malformed("The body cannot be read.", at="body", hint="Send JSON in UTF-8."))


def _routers() -> None:
    for module in settings.MODULES:
        here = module in settings.INSTALLED_APPS and module != "cadenza.web"
        if here and find_spec(f"{module}.api"):
            door = import_module(f"{module}.api")
            door.router.add_decorator(in_scope, mode="operation")
            api.add_router(getattr(door, "PREFIX", ""), door.router)


_routers()
