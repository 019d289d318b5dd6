"""The first way in: a one-time link shows a button, and the button signs in."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cadenza.base import database
from cadenza.base.problem import Problem
from cadenza.trust.accounts import service as accounts
from cadenza.web.middleware import public

BACKEND = "django.contrib.auth.backends.ModelBackend"


@public
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button (link scanners press none); POST uses the link up."""
    link = problem = None
    try:
        link = accounts.check_sign_in_link(token)
        if request.method == "POST":
            with database.system_scope():
                user = accounts.use_sign_in_link(token, request.POST.get("email", ""))
            login(request, user, backend=BACKEND)
            return HttpResponseRedirect(
                "/" if user.has_usable_password() else "/account/password/set/?next=/"
            )
    except Problem as refusal:
        problem = refusal
        problem.at = problem.at or "email"
    status = problem.status if problem else 200
    return render(
        request,
        "welcome.html",
        {"link": link, "problem": problem, "told": request.POST.get("email", "")},
        status=status,
    )


@public
def health(request: HttpRequest) -> HttpResponse:
    """Whether this process answers and reaches its database."""
    database.rows("select 1")
    return JsonResponse({"status": "ok"})


urls = [path("welcome/<str:token>/", welcome, name="welcome"), path("health/live", health, name="health")]
