"""A mail shown in its own paper: a document that runs nothing, loads only pictures, and stands only in our pages.

The policy of the page around it does not reach inside, so the answer brings its own. What the frame around it
forbids (`sandbox`) is forbidden on top.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cadenza.base.problem import Problem

POLICY = "; ".join(
    [
        "default-src 'none'",
        "img-src * data:",
        "style-src 'unsafe-inline'",
        "font-src data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ]
)
BASE = '<base target="_blank">'
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def paper(html: str, status: int = 200) -> HttpResponse:
    """The mail as a document for a sandboxed frame; its links open beside the page, never inside the frame."""
    response = HttpResponse(_based(html), status=status)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def blank(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The paper of a mail that cannot be shown, saying why."""
    told = render(request, "content/unshown.html", {"problem": problem})
    return paper(told.content.decode(), problem.status)


def _based(html: str) -> str:
    found = HEAD.search(html)
    return html[: found.end()] + BASE + html[found.end() :] if found else BASE + html
