"""The page on which a shop decides how people are recognised: tried on what is known before it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, Problem
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import CONTACTS, KINDS, Rehearsal, Rules
from cadenza.cdp.profiles import service as profiles
from cadenza.web.settings_pages import page
from cadenza.web.wording import thousands

# What people call a kind, and what it is.
WORDS: Mapping[str, tuple[str, str]] = {
    "external_id": ("Customer number", "The number in the shop's own or another system."),
    "email": ("E-mail", "Compared without regard to case."),
    "phone": ("Phone", "Compared in its international form."),
    "loyalty_card": ("Loyalty card", "The number on the card."),
    "card_hash": ("Bank card", "A keyed fingerprint; the number itself is refused."),
    "order_number": ("Order number", "Who names it, ordered it."),
    "anonymous_id": ("Browser", "The visitor number of a browser."),
    "app_id": ("App", "The number of an installed app."),
    "household": ("Household", "Tells who lives together, not who is one."),
}
REASONS: Mapping[str, str] = {
    "different_external_id": "have different customer numbers",
    "different_access": "open their accounts with different contacts",
    "unconfirmed": "share a contact that one of them has not confirmed",
    "unmerged": "were parted by hand",
    "too_many_identifiers": "would have too many identifiers together",
}


@dataclass(frozen=True)
class Row:
    """One kind of identifier, as the form shows it."""

    kind: str
    label: str
    hint: str
    place: int
    limit: str
    joins: bool
    apart: bool
    access: bool
    may_open: bool
    blocked: str


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """GET: the rules that hold. POST: let others hold from now on."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    held, problem = identity.rules(workspace), None
    if request.method == "POST":
        try:
            held = _read(request.POST, held)
            identity.set_rules(workspace, held, actor=f"user:{request.user.pk}")
            messages.success(request, "Saved. People who are one by these rules have been merged.")
            return HttpResponseRedirect("/settings/identity/")
        except Problem as refusal:
            problem = refusal
    return page(request, "identity", "settings/identity", {
        "rows": rows(held), "everywhere": "\n".join(sorted(held.blocked.get("*", ()))),
        "most": held.most_identifiers, "problem": problem, "incidents": _incidents(workspace),
    }, status=problem.status if problem else 200)  # fmt: skip


@require_POST
def rehearse(request: HttpRequest) -> HttpResponse:
    """Called by htmx: what the rules in the form would do to the people known by now. Changes nothing."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    found, problem = None, None
    try:
        found = identity.rehearse(workspace, _read(request.POST, identity.rules(workspace)))
    except Problem as refusal:
        problem = refusal
    context = {"found": found, "wrong": problem, **(_shown(workspace, found) if found else {})}
    return render(request, "settings/_rehearsal.html", context)


def rows(held: Rules) -> list[Row]:
    """The kinds, the strongest first."""
    return [
        Row(
            kind, *WORDS[kind], place=place, limit=str(held.limits.get(kind, "")),
            joins=kind not in held.never_merge, apart=kind in held.apart, access=kind in held.access,
            may_open=kind in CONTACTS, blocked="\n".join(sorted(held.blocked.get(kind, ()))),
        )
        for place, kind in enumerate(sorted(WORDS, key=held.rank), 1)
    ]  # fmt: skip


def _read(told: Mapping[str, Any], held: Rules) -> Rules:
    ranks = {kind: _number(told, f"place.{kind}") for kind in WORDS}
    order = sorted(WORDS, key=lambda kind: (ranks[kind] or len(KINDS), held.rank(kind)))
    limits = {kind: _number(told, f"limits.{kind}") for kind in WORDS}
    blocked = {kind: _lines(told, f"blocked.{kind}") for kind in (*WORDS, "*")}
    return replace(
        held,
        priority=(*order, *(kind for kind in KINDS if kind not in WORDS)),
        limits={kind: most for kind, most in limits.items() if most is not None},
        blocked={kind: values for kind, values in blocked.items() if values},
        never_merge=frozenset(kind for kind in WORDS if f"joins.{kind}" not in told),
        apart=frozenset(kind for kind in WORDS if f"apart.{kind}" in told),
        access=frozenset(kind for kind in CONTACTS if f"access.{kind}" in told),
        most_identifiers=_number(told, "most_identifiers") or held.most_identifiers,
    )


def _number(told: Mapping[str, Any], name: str) -> int | None:
    said = str(told.get(name, "")).strip()
    if not said:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise BadInput("This is not a whole number.", at=name, hint="Write it in digits, or leave it empty.")
    return int(said)


def _lines(told: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(line.strip().lower() for line in str(told.get(name, "")).splitlines() if line.strip())


def _shown(workspace: WorkspaceId, found: Rehearsal) -> dict[str, Any]:
    who = {one for pair in found.sample for one in pair}
    who |= {one for pair in found.blocked_sample for one in (pair.one, pair.other)}
    named = profiles.many(workspace, who)

    def name(one: ProfileId) -> str:
        return named[one].name if one in named else f"Person {one}"

    return {
        "reasons": [(why(reason), count) for reason, count in found.reasons.items()],
        "pairs": [(a, name(a), b, name(b)) for a, b in found.sample],
        "kept": [(p.one, name(p.one), p.other, name(p.other), why(p.reason)) for p in found.blocked_sample],
    }


def why(reason: str) -> str:
    """Why two people stay two, in words that follow “they”."""
    if reason in REASONS:
        return REASONS[reason]
    for begins, said in (
        ("different_", "have different: {}"),
        ("too_many_", "would have too many together: {}"),
    ):
        if reason.startswith(begins):
            kind = reason.removeprefix(begins)
            return said.format(WORDS.get(kind, (kind.replace("_", " "), ""))[0].lower())
    return reason.replace("_", " ")


def _incidents(workspace: WorkspaceId) -> list[dict[str, Any]]:
    found = identity.incidents(workspace)[:50]
    named = profiles.many(workspace, {one.profile for one in found})
    return [
        {
            "one": one,
            "name": named[one.profile].name if one.profile in named else f"Person {thousands(one.profile)}",
        }
        for one in found
    ]


urls = [
    path("settings/identity/", rules, name="identity-rules"),
    path("settings/identity/rehearse", rehearse, name="identity-rehearse"),
]
