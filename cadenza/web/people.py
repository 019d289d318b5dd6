"""The pages of people: the list, one person's card and story, and making two people one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from cadenza.base.ids import ProfileId, SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import KnownIdentifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.segments import service as segments
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Message
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import Subscription, Topic, TopicKind
from cadenza.trust.privacy import service as privacy
from cadenza.web import addresses as _addresses  # noqa: F401 - brings <person:…>
from cadenza.web import paging, wording
from cadenza.web.timeline import CAUSES, Person, campaign_names, said_where, timeline, why_left_out

PAGE = 50
MOST = 200
KINDS = (("", "Everyone"), ("known", "Known"), ("anonymous", "Anonymous"))
IDENTIFIERS = {
    "external_id": ("Customer number", "hash"),
    "email": ("E-mail", "at-sign"),
    "phone": ("Phone", "phone"),
    "anonymous_id": ("Visitor number", "fingerprint-pattern"),
    "app_id": ("App installation", "fingerprint-pattern"),
    "loyalty_card": ("Loyalty card", "hash"),
    "card_hash": ("Bank card (digest)", "hash"),
    "order_number": ("Order number", "hash"),
    "household": ("Household", "hash"),
    "id": ("Number here", "hash"),
}
CHANNELS = {"email": "email", "phone": "sms"}
TABS = (("timeline", "Timeline"), ("orders", "Orders"), ("messages", "Messages"), ("details", "Details"))


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


@require_safe
def card(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """All that is known of one person. An id from before a merge leads to who it is now."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    now = identity.current(workspace, profile)
    if now != profile:
        return HttpResponseRedirect(f"/people/{now}/")
    person = _person(request, now)
    if not person:
        return _erased(request, now)
    tab = request.GET.get("tab", "timeline")
    bought = orders.of_person(workspace, now, limit=MOST)
    sent, known = delivery.of_person(workspace, now, MOST), identity.of_person(workspace, now)
    return render(request, "people/card.html", {
        "person": person, "subtitle": _since(person), "tab": tab, "tabs": _tabs(now, len(bought), len(sent)),
        "orders": bought,
        "facts": _facts(person), "confirm": f"It is {now}.", **_sums(workspace, now),
        "identifiers": [(*_called(one), one) for one in known], "points": _points(workspace, now, known),
        "segments": segments.segments_of(workspace, now),
        "merges": [
            (one, CAUSES.get(one.cause, one.cause)) for one in identity.merges(workspace, now) if not one.undone_at
        ],
        "messages_sent": _messages(workspace, sent) if tab == "messages" else [],
        **_part(workspace, person, known, tab, request),
    })  # fmt: skip


def _called(known: KnownIdentifier) -> tuple[str, str]:
    """What a kind of identifier is called, with the system where it is a further one, and its sign."""
    kind, _, system = known.kind.partition(":")
    name, sign = IDENTIFIERS[kind]
    return (f"{name} ({system})" if system else name), sign


def _person(request: HttpRequest, profile: ProfileId) -> Profile | None:
    found = profiles.many(request.workspace.id, [profile])  # type: ignore[attr-defined]
    return found.get(profile)


def _erased(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """Of someone who was erased the receipt is left; of someone never known, nothing."""
    receipts = privacy.erasures(request.workspace.id, profile)  # type: ignore[attr-defined]
    if not receipts:
        return render(request, "people/unknown.html", {"number": str(profile)}, status=404)
    return render(request, "people/erased.html", {"receipt": receipts[0], "person": profile}, status=410)


def _since(person: Profile) -> str:
    return f"Person {person.id}, first seen {wording.day(person.created_at)}"


def _sums(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    found = orders.sums(workspace, [profile]).get(profile, ())
    return {
        "orders_count": wording.thousands(sum(one.orders for one in found)),
        "spent": " + ".join(wording.money(one.spent, one.currency) for one in found) or wording.NOTHING,
        "last_order": wording.ago(max((one.last_at for one in found), default=None)),
    }


def _tabs(profile: ProfileId, bought: int, sent: int) -> list[dict[str, Any]]:
    counts = {"orders": bought, "messages": sent}
    return [
        {"key": key, "label": label, "count": counts.get(key), "href": f"/people/{profile}/?tab={key}"}
        for key, label in TABS
    ]


def _part(
    workspace: WorkspaceId, person: Profile, known: Iterable[KnownIdentifier], tab: str, request: HttpRequest
) -> dict[str, Any]:
    if tab == "details":
        return {"details": _details(workspace, person)}
    if tab == "timeline":
        return {"story": timeline(workspace, _whose(workspace, person, known), _before(request))}
    return {}


def _whose(workspace: WorkspaceId, person: Profile, known: Iterable[KnownIdentifier]) -> Person:
    addresses = [(CHANNELS[one.kind], one.value) for one in known if one.kind in CHANNELS]
    return Person(person.id, identity.all_ids(workspace, person.id), addresses)


def _before(request: HttpRequest) -> datetime | None:
    told = request.GET.get("before", "")
    try:
        found = datetime.fromisoformat(told) if told else None
    except ValueError:
        found = None
    if told and (found is None or found.tzinfo is None):
        raise BadInput("This is not a moment.", at="before", hint="Follow the link “Earlier” on the card.")
    return found


def _messages(workspace: WorkspaceId, sent: Iterable[Message]) -> list[tuple[Message, str, str]]:
    names = campaign_names(workspace)
    return [(one, names.get(str(one.campaign), "A campaign"), why_left_out(one)) for one in sent]


@require_safe
def story(request: HttpRequest, profile: ProfileId) -> HttpResponse:
    """Called by htmx at the end of the timeline; brings what happened earlier."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    person = profiles.one(workspace, profile)
    before = _before(request)
    found = timeline(workspace, _whose(workspace, person, identity.of_person(workspace, person.id)), before)
    context = {"story": found, "person": person, "last_day": wording.day(before)}
    return render(request, "people/_timeline.html", context)


def _facts(person: Profile) -> list[tuple[str, Any]]:
    place = ", ".join(part for part in (person.city, person.region, person.country) if part)
    known = [
        ("Place", place), ("Language", person.language), ("Time zone", person.time_zone),
        ("Date of birth", wording.day(person.birth_date) if person.birth_date else ""),
        ("Gender", wording.humanised(person.gender) if person.gender else ""),
        ("Registered", wording.day(person.registered_at) if person.registered_at else ""),
        ("First seen", wording.moment(person.created_at)), ("Changed", wording.ago(person.updated_at)),
    ]  # fmt: skip
    return [(label, value) for label, value in known if value]


def _points(
    workspace: WorkspaceId, profile: ProfileId, known: Iterable[KnownIdentifier]
) -> list[dict[str, Any]]:
    """Each address with what was said about each topic there."""
    topics = consent.topics(workspace)
    points = [(CHANNELS[one.kind], one.value) for one in known if one.kind in CHANNELS]
    told = {(one.address_digest, one.topic): one for one in consent.of_person(workspace, profile, points)}
    return [
        {
            "address": address, "icon": "mail" if channel == "email" else "phone",
            "topics": [
                _standing(topic, told.get((consent.digest(workspace, channel, address), topic.key)))
                for topic in topics
                if _matters(topic, channel)
            ],
        }
        for channel, address in points
    ]  # fmt: skip


def _matters(topic: Topic, channel: str) -> bool:
    """Only a mail can tell that it was opened."""
    return channel == "email" or topic.kind is not TopicKind.MEASUREMENT


def _standing(topic: Topic, told: Subscription | None) -> dict[str, Any]:
    if not told:
        return {"title": topic.title, "state": "", "since": None, "where": ""}
    return {
        "title": topic.title,
        "state": told.state.value,
        "since": told.since,
        "where": said_where(told.source),
    }


def _details(workspace: WorkspaceId, person: Profile) -> list[dict[str, Any]]:
    """Every field that is known, with its data category and when it was told by what."""
    told = profiles.told(workspace, person.id)
    rows = []
    for field in profiles.fields(workspace):
        value = getattr(person, field.name, None) if field.standard else person.traits.get(field.name)
        if value not in (None, ""):
            rows.append({
                "field": field, "value": _written(field.type, value), "told": told.get(field.name),
                "category": privacy.category_title(field.category),
            })  # fmt: skip
    return rows


def _written(kind: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if kind == "datetime":
        return wording.moment(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    if kind == "date":
        return wording.day(value if isinstance(value, date) else date.fromisoformat(str(value)[:10]))
    return wording.thousands(value, 0 if value == int(value) else 2) if kind == "number" else value


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
        "identifiers": [(_called(one)[0], one.value) for one in known[:6]],
        "numbered": any(one.kind == "external_id" for one in known),
    }  # fmt: skip


def _other(workspace: WorkspaceId, person: Profile, told: str) -> Profile:
    if not (told.isascii() and told.isdigit()) or len(told) > 18:
        raise BadInput("This is not a person's number.", at="other", hint="Choose one from the search.")
    other = profiles.one(workspace, ProfileId(int(told)))
    if other.id == person.id:
        raise BadInput("These two are the same person already.", at="other", hint="Choose another one.")
    return other


urls = [
    path("people/", people, name="people"),
    path("people/<person:profile>/", card, name="person"),
    path("people/<person:profile>/timeline", story, name="person-timeline"),
    path("people/<person:profile>/merge", merge, name="person-merge"),
]
