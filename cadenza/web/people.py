"""The pages of people: the list, making two people one, and taking that back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.segments import service as segments
from cadenza.web import addresses as _addresses  # noqa: F401 - brings <person:…>
from cadenza.web import paging
from cadenza.web.person_card import called

PAGE = 50
KINDS = (("", "Everyone"), ("known", "Known"), ("anonymous", "Anonymous"))


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everyone we know, newest first; searched and filtered as one types."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    search, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    segment = _segment(workspace, request.GET.get("segment", ""))
    after = _cursor(paging.cursor(request.GET))
    inside = segments.members(workspace, segment) if segment else None
    only = _slice(inside, after) if inside is not None and not (search.strip() or kind) else inside
    page = profiles.page(workspace, search=search, only=only, kind=kind, after=after, limit=PAGE)
    asked = bool(search.strip() or kind or segment)
    everyone = profiles.count(workspace)
    total = _total(workspace, search, kind, inside) if asked else everyone
    sums = orders.sums(workspace, [one.id for one in page.items])
    previous, following = paging.steps(request.GET, page.next)
    rows = [(one, f"/people/{one.id}/", sums.get(one.id, ())) for one in page.items]
    return render(request, "people/list.html", {
        "rows": rows, "everyone": everyone, "asked": asked, "q": search,
        "kind": kind, "segment": segment, "segments": _choices(workspace), "kinds": KINDS, "previous": previous,
        "next": following, "shown": paging.shown(request.GET, len(page.items), PAGE, total),
    })  # fmt: skip


def _total(workspace: WorkspaceId, search: str, kind: str, inside: Any) -> int:
    if inside is not None and not (search.strip() or kind):
        return len(inside)
    return profiles.count(workspace, search=search, only=inside, kind=kind)


def _cursor(told: str | None) -> str | None:
    if told and not (told.isascii() and told.isdigit() and len(told) <= 18):
        raise BadInput("This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”.")
    return told


def _slice(inside: Any, after: str | None) -> list[int]:
    """The newest members before a cursor, so that a large segment is not handed to the database whole."""
    end = inside.rank(int(after) - 1) if after else len(inside)
    return list(inside[max(0, end - PAGE - 1) : end])


def _segment(workspace: WorkspaceId, told: str) -> SegmentId | None:
    try:
        return segments.one(workspace, SegmentId(UUID(told))).id if told else None
    except ValueError:
        raise BadInput("This is not a segment.", at="segment", hint="Choose one from the list.") from None


def _choices(workspace: WorkspaceId) -> list[tuple[str, str]]:
    found = segments.all(workspace)
    return [("", "All segments"), *((str(one.id), one.name) for one in found)]


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """GET: look for the other one, then see both beside each other. POST: make them one; this one stays."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    person = profiles.one(workspace, profile)
    told = request.POST.get("other") or request.GET.get("other", "")
    other = _other(workspace, person, told) if told else None
    if request.method == "POST" and other:
        identity.merge(workspace, person.id, other.id, actor=f"user:{request.user.pk}")
        messages.success(request, format_html("{} and {} are one person now.", person.name, other.name))
        return HttpResponseRedirect(f"/people/{person.id}/")
    search = request.GET.get("q", "").strip()
    found = profiles.page(workspace, search=search, limit=10).items if search else []
    both = [_side(workspace, one) for one in (person, other) if one]
    return render(request, "people/merge.html", {
        "person": person, "other": other, "both": both, "numbered": all(one["numbered"] for one in both),
        "q": search, "back": f"/people/{person.id}/",
        "found": [(one, f"?other={one.id}") for one in found if one.id != person.id],
    })  # fmt: skip


def _side(workspace: WorkspaceId, person: Profile) -> dict[str, Any]:
    known = identity.of_person(workspace, person.id)
    return {
        "person": person, "sums": orders.sums(workspace, [person.id]).get(person.id, ()),
        "identifiers": [(called(one)[0], one.value) for one in known[:6]],
        "numbered": any(one.kind == "external_id" for one in known),
    }  # fmt: skip


def _other(workspace: WorkspaceId, person: Profile, told: str) -> Profile:
    if not (told.isascii() and told.isdigit()) or len(told) > 18:
        raise BadInput("This is not a person's number.", at="other", hint="Choose one from the search.")
    other = profiles.one(workspace, ProfileId(int(told)))
    if other.id == person.id:
        raise BadInput("These two are the same person already.", at="other", hint="Choose another one.")
    return other


@require_POST
def unmerge(request: HttpRequest, profile: ProfileId, ledger: UUID) -> HttpResponse:
    """Undo a merge: both are as they were, and what was told since goes to whom it was told of."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    found = next((one for one in identity.merges(workspace, profile) if one.id == ledger), None)
    if not found:
        raise NotFound("This person has no such merge.", hint="It may have been undone already.")
    identity.unmerge(workspace, ledger, actor=f"user:{request.user.pk}")
    back, other = f"/people/{identity.current(workspace, found.winner)}/", f"/people/{found.loser}/"
    messages.success(
        request,
        format_html('They are two people again. <a href="{}">See person {}</a>.', other, found.loser),
    )
    return HttpResponseRedirect(back)


urls = [
    path("people/", people, name="people"),
    path("people/<person:profile>/merge", merge, name="person-merge"),
    path("people/<person:profile>/merges/<uuid:ledger>/undo", unmerge, name="person-unmerge"),
]
