"""The first way in: a one-time link shows a button, and the button signs in."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cadenza.base import database
from cadenza.base.problem import Problem
from cadenza.trust.accounts import service as accounts
from cadenza.web.middleware import public


@public
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button (link scanners press none); POST uses the link up."""
    link = problem = None
    try:
        link = accounts.check_sign_in_link(token)
        if request.method == "POST":
            with database.system_scope():
                user = accounts.use_sign_in_link(token, request.POST.get("email", ""))
            there = "/" if user.has_usable_password() else "/account/password/set/?next=/"
            return perform_login(
                request, user, redirect_url=there
            )  # asks for the second factor, if there is one
    except Problem as refusal:
        problem = refusal
        problem.at = problem.at or "email"
    status = problem.status if problem else 200
    told = {"link": link, "problem": problem, "told": request.POST.get("email", "")}
    shown = render(request, "welcome.html", told, status=status)
    shown.headers["Referrer-Policy"] = (
        "same-origin"  # the address is a secret; `no-referrer` would void the form
    )
    return shown


urls = [path("welcome/<str:token>/", welcome, name="welcome")]
