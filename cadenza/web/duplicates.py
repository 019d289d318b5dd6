"""The page of likely duplicates: one pair at a time, beside each other, with the reasons; merge or keep apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base.ids import ProfileId, UserId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.duplicates import service as duplicates
from cadenza.cdp.duplicates.types import Search, Suggestion, SuggestionId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.trust.privacy import service as privacy
from cadenza.web import duplicate_words, paging, wording

HERE = "/people/duplicates/"
LABELS = (
    ("first_name", "First name"), ("last_name", "Last name"), ("birth_date", "Date of birth"),
    ("email", "E-mail"), ("phone", "Phone"), ("street", "Street"), ("postcode", "Postcode"), ("city", "City"),
)  # fmt: skip
BUSY = ("waiting", "running")
LOOKED_THROUGH = 20  # pairs passed over at once whose people are gone since they were found


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The next pair that waits, most probable first; how the search is; and what was decided last."""
    here = _here(request)
    try:
        search = duplicates.progress(here)
    except BadInput as refusal:
        missing = [privacy.category_title(read["category"]) for read in refusal.more.get("outside", ())]
        context = {"missing": list(dict.fromkeys(missing)), "purpose": duplicates.PURPOSE}
        return render(request, "duplicates/uncovered.html", context)
    after = paging.cursor(request.GET)
    pair, following = _next(here, after)
    query = request.GET.copy()
    query.pop("done", None)
    previous, skip = paging.steps(query, following)
    return render(request, "duplicates/page.html", {
        **_seen(here, search), "pair": pair and _pair(here, pair), "after": request.GET.get(paging.NAME, ""),
        "previous": previous, "skip": skip, "waiting": duplicates.count(here), "here": HERE,
        "done": _done(here, request.GET.get("done", "")),
    })  # fmt: skip


def _next(here: WorkspaceId, after: str | None) -> tuple[Suggestion | None, str | None]:
    """The pair after a cursor whose people are still there, and the cursor of what follows it."""
    for _ in range(LOOKED_THROUGH):
        found = duplicates.suggestions(here, after, limit=1)
        if not found.items or len(profiles.many(here, [found.items[0].first, found.items[0].second])) == 2:
            return next(iter(found.items), None), found.next
        after = found.next
        if not after:
            break
    return None, None


def _seen(here: WorkspaceId, search: Search) -> dict[str, Any]:
    left_out = [wording.humanised(name).lower() for name in search.left_out]
    return {
        "search": search,
        "busy": search.state in BUSY,
        "left_out": duplicate_words.joined(left_out),
        "purpose": duplicates.PURPOSE,
    }


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Polled by htmx while a worker searches; the page is loaded anew when it is done."""
    here = _here(request)
    seen = _seen(here, duplicates.progress(here))
    response = render(request, "duplicates/_search.html", seen)
    if not seen["busy"]:
        response.headers["HX-Refresh"] = "true"
    return response


def _pair(here: WorkspaceId, found: Suggestion) -> dict[str, Any]:
    people = profiles.many(here, [found.first, found.second])
    one, two = people[found.first], people[found.second]
    certainty, tone = duplicate_words.certainty(found.probability)
    numbers = identity.of_people(here, [one.id, two.id], "external_id")
    stays = duplicates.stays(here, one.id, two.id)
    return {
        "id": found.id, "certainty": certainty, "tone": tone, "percent": _percent(found.probability),
        "because": duplicate_words.because(found.reasons), "although": duplicate_words.although(found.reasons),
        "people": [(one, one.id == stays, "1"), (two, two.id == stays, "2")],
        "rows": _rows(here, one, two, {reason.field: reason.level for reason in found.reasons}),
        "facts": _facts(here, one, two, numbers), "numbered": len(numbers) == 2,
    }  # fmt: skip


def _percent(probability: float) -> str:
    """Never 100: nothing is certain that nobody has looked at."""
    return f"{min(probability * 100, 99.9):.1f}".removesuffix(".0")


def _rows(here: WorkspaceId, one: Profile, two: Profile, levels: dict[str, str]) -> list[dict[str, Any]]:
    """What is known of either, field by field, with how the two compare and where they differ."""
    sources = duplicates.sources(here)
    if levels.get("first_name") == "exchanged":
        levels = levels | {"last_name": "exchanged"}
    rows = []
    for field, label in LABELS:
        names = sources.get(field, (field,))
        mine, theirs = _told(one, names), _told(two, names)
        if mine or theirs:
            rows.append({"label": label, **_compared(mine, theirs, levels.get(field, "other"))})
    return rows


def _told(person: Profile, names: tuple[str, ...]) -> str:
    found = (person.traits.get(name) or getattr(person, name, "") for name in names)
    value = next(filter(None, found), "")
    return wording.day(value) if isinstance(value, date) else str(value)


def _compared(one: str, two: str, level: str) -> dict[str, Any]:
    """How two values look beside each other: their pieces, and a word where they are not the same."""
    if not one or not two:
        return {"look": "unknown", "note": "", "values": duplicate_words.whole(one, two)}
    if one.casefold() == two.casefold():
        return {"look": "same", "note": "", "values": duplicate_words.whole(one, two)}
    note = duplicate_words.NOTES[level]
    if level in ("other", "exchanged"):
        return {"look": level, "note": note, "values": duplicate_words.whole(one, two)}
    return {"look": "near", "note": note, "values": duplicate_words.marked(one, two)}


def _facts(
    here: WorkspaceId, one: Profile, two: Profile, numbers: dict[ProfileId, str]
) -> list[tuple[str, list[Any]]]:
    """What hangs on each, which no comparison looks at."""
    sums = orders.sums(here, [one.id, two.id])
    told: list[tuple[str, Callable[[Profile], Any]]] = [
        ("Customer number", lambda person: numbers.get(person.id)),
        ("Orders", lambda person: wording.thousands(sum(held.orders for held in sums.get(person.id, ())))),
        ("Spent", lambda person: _spent(sums.get(person.id, ()))),
        ("First seen", lambda person: wording.day(person.created_at)),
    ]
    return [(label, [say(one) or wording.NOTHING, say(two) or wording.NOTHING]) for label, say in told]


def _spent(sums: Any) -> str:
    return " + ".join(wording.money(held.spent, held.currency) for held in sums)


def _done(here: WorkspaceId, told: str) -> dict[str, Any] | None:
    """What was decided last, to be seen and taken back."""
    try:
        found = duplicates.one(here, SuggestionId(UUID(told))) if told else None
    except (ValueError, NotFound):
        return None
    if not found or found.state == "open":
        return None
    now = identity.current(here, found.first)
    people = profiles.many(here, [now, identity.current(here, found.second)])
    return {
        "id": found.id, "merged": found.state == "merged", "person": now,
        "names": [person.name for person in people.values()], "can_undo": duplicates.can_undo(here, found),
    }  # fmt: skip


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Have a worker search, from the beginning or for what is new."""
    duplicates.find(_here(request))
    return HttpResponseRedirect(HERE)


@require_POST
def decide(request: HttpRequest, pair: UUID, step: str) -> HttpResponse:
    """Merge, keep apart, or take that back; then on to the next. Of two who decide the second is told."""
    here, id, actor = _here(request), SuggestionId(pair), UserId(request.user.id)  # type: ignore[arg-type]
    try:
        match step:
            case "merge":
                duplicates.accept(here, id, actor, _survivor(request.POST))
            case "apart":
                duplicates.dismiss(here, id, actor)
            case _:
                duplicates.undo(here, id, actor)
                return HttpResponseRedirect(HERE)
    except (Conflict, NotFound) as refusal:
        messages.info(request, str(refusal))
        return _on(request.POST)
    return _on(request.POST, done=str(id))


def _survivor(told: QueryDict) -> ProfileId | None:
    chosen = told.get("survivor", "")
    if chosen and not (chosen.isascii() and chosen.isdigit() and len(chosen) <= 18):
        raise BadInput("This is not a person's number.", at="survivor", hint="Choose one of the two.")
    return ProfileId(int(chosen)) if chosen else None


def _on(told: QueryDict, done: str = "") -> HttpResponse:
    """To the pair that has taken the place of the one that was decided."""
    asked = QueryDict(mutable=True)
    asked.update(
        {name: value for name, value in ((paging.NAME, told.get(paging.NAME, "")), ("done", done)) if value}
    )
    return HttpResponseRedirect(f"{HERE}?{asked.urlencode()}" if asked else HERE)


STEPS = ("merge", "apart", "undo")
urls = [
    path("people/duplicates/", page, name="duplicates"),
    path("people/duplicates/search", search, name="duplicates-search"),
    path("people/duplicates/progress", progress, name="duplicates-progress"),
    *(
        path(f"people/duplicates/<uuid:pair>/{step}", decide, {"step": step}, name=f"duplicate-{step}")
        for step in STEPS
    ),
]
