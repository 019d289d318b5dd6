"""What a person may ask of us, done from the card: hand over everything, forget everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base import database
from cadenza.base.ids import ProfileId, UserId
from cadenza.base.problem import BadInput
from cadenza.cdp.profiles import service as profiles
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy
from cadenza.web import addresses, wording  # noqa: F401 - addresses brings <person:…>

SHARES = {
    "consent": "Consents",
    "events": "Events",
    "identity": "Identifiers",
    "imports": "Imported files",
    "inbox": "Received and rejected events",
    "mailbox": "Built-in mailbox",
    "orders": "Orders and returns",
    "privacy": "Memory of the erasure",
    "profiles": "Profile and traits",
    "segments": "Segments",
}


@require_safe
def export(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """Everything held of one person, as a JSON file to hand over (GDPR Art. 15 and 20)."""
    held = privacy.export_person(request.workspace.id, profiles.one(request.workspace.id, profile).id)  # type: ignore[attr-defined]
    answer = HttpResponse(json.dumps(held, ensure_ascii=False, indent=2), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="person-{profile}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
def erase(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """Write the erasure down; it is carried out as soon as that is safe on disk, and shows its receipt."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    person = profiles.one(workspace, profile)
    try:
        if request.POST.get("typed", "").strip() != str(person.id):
            raise BadInput(
                "This is not the number of the person.", at="typed", hint=f"Type {person.id} to confirm."
            )
        by = UserId(request.user.id)  # type: ignore[arg-type]
        receipt = privacy.request_erasure(workspace, person.id, by, request.POST.get("reason", ""))
    except BadInput as problem:
        context = {
            "person": person,
            "problem": problem,
            "told": request.POST,
            "confirm": f"It is {person.id}.",
        }
        return render(request, "people/_erase.html", context, status=problem.status)
    # Only after the commit: each step is a transaction of its own, and a crash between them is finished later.
    database.on_commit(lambda: privacy.carry_out_erasure(workspace, receipt.id))
    answer = HttpResponseRedirect(f"/people/erasures/{receipt.id}/")
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)  # type: ignore[assignment]
        answer.headers["HX-Redirect"] = f"/people/erasures/{receipt.id}/"
    return answer


@require_safe
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    """What an erasure removed, store by store, and what is kept by duty."""
    found = privacy.erasure(request.workspace.id, id)  # type: ignore[attr-defined]
    removed = {share: counts for share, counts in found.counts.items() if sum(counts.values())}
    rows = [
        {"name": _named(share), "tables": _tables(removed.get(share, {})), "sum": sum(removed.get(share, {}).values()),
         "failure": found.failures.get(share)}
        for share in sorted({*removed, *found.failures}, key=_named)
    ]  # fmt: skip
    empty = [
        _named(share)
        for share in sorted(found.counts, key=_named)
        if share not in {*removed, *found.failures}
    ]
    kept = [(_named(share), why) for share, why in found.kept.items()]
    return render(request, "people/receipt.html", {
        "receipt": found, "rows": rows, "empty": empty, "kept": kept, "asked_at": wording.moment(found.requested_at),
        "done_at": wording.moment(found.completed_at), "by": _author(found.by, request),
    })  # fmt: skip


def _tables(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(table, rows) for table, rows in sorted(counts.items()) if rows]


def _author(by: str, request: HttpRequest) -> str:
    kind, _, number = by.partition(":")
    if kind == "key":
        return "A program with a key"
    named = {str(one.id): one.get_full_name() for one in accounts.members(request.workspace.id)}  # type: ignore[attr-defined]
    return named.get(number, f"User {number}") if kind == "user" else by


def _named(share: str) -> str:
    return SHARES.get(share, wording.humanised(share))


urls = [
    path("people/<person:profile>/export", export, name="person-export"),
    path("people/<person:profile>/erase", erase, name="person-erase"),
    path("people/erasures/<uuid:id>/", receipt, name="erasure"),
]
