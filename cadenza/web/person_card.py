"""One person's card: what is known, what happened, what they use, and who turned out to be them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, Unavailable
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Device
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import KnownIdentifier
from cadenza.cdp.orders import service as orders
from cadenza.cdp.product_lists import service as product_lists
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.cdp.segments import service as segments
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Message
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import Subscription, Topic, TopicKind
from cadenza.trust.privacy import service as privacy
from cadenza.web import addresses as _addresses  # noqa: F401 - brings <person:…>
from cadenza.web import wording
from cadenza.web.timeline import CAUSES, Person, campaign_names, said_where, timeline, why_left_out

MOST = 200
MOST_CHANGES = 200
MOST_SHARING = 10
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
TABS = (
    ("timeline", "Timeline"), ("orders", "Orders"), ("lists", "Lists"), ("messages", "Messages"),
    ("details", "Details"), ("history", "History"),
)  # fmt: skip
LISTS = {"cart": "Cart", "wishlist": "Wish list"}
DEVICES = {"phone": "smartphone", "tablet": "smartphone", "desktop": "monitor", "tv": "monitor"}
ZONES = {"told": "told by the person", "phone": "by the phone number", "geo": "by the country"}


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
    lists = [one for one in product_lists.lists_of(workspace, now) if one.items]
    counts = {
        "orders": len(bought),
        "messages": len(sent),
        "lists": sum(len(one.items) for one in lists) or None,
    }
    return render(request, "people/card.html", {
        "person": person, "subtitle": _since(person), "tab": tab, "tabs": _tabs(now, counts), "orders": bought,
        "facts": _facts(person), "confirm": f"It is {now}.", **_sums(workspace, now),
        "identifiers": [(*called(one), one) for one in known], "points": _points(workspace, person, known),
        "segments": segments.segments_of(workspace, now), "merges": _merges(workspace, now),
        "devices": _devices(workspace, now),
        "sharing": _sharing(workspace, now),
        "lists": [(LISTS.get(one.name, one.name), one, _worth(workspace, one)) for one in lists],
        "messages_sent": _messages(workspace, sent) if tab == "messages" else [],
        **_part(workspace, person, known, tab, request),
    })  # fmt: skip


def _merges(workspace: WorkspaceId, profile: ProfileId) -> list[dict[str, Any]]:
    """Who became this person and why, those undone last."""
    ids = set(identity.all_ids(workspace, profile))
    found = identity.merges(workspace, profile)
    return [
        {
            "one": one, "other": one.loser if one.winner in ids else one.winner,
            "why": CAUSES.get(one.cause, one.cause), "dialog": f"undo-{one.id}",
        }
        for one in sorted(found, key=lambda one: one.undone_at is not None)
    ]  # fmt: skip


def _devices(workspace: WorkspaceId, profile: ProfileId) -> list[tuple[str, str, Device]]:
    """What somebody uses; nothing while the event store is away, for the rest of the card does not need it."""
    try:
        return [_device(one) for one in events.devices(workspace, identity.all_ids(workspace, profile))]
    except Unavailable:
        return []


def _device(device: Device) -> tuple[str, str, Device]:
    """A device as people call it: `Safari on iOS`."""
    said = " on ".join(part for part in (device.browser, device.os) if part)
    return DEVICES.get(device.type, "monitor"), said or wording.humanised(device.type), device


def _sharing(workspace: WorkspaceId, profile: ProfileId) -> list[tuple[Profile, int]]:
    found = identity.devices_shared_with(workspace, profile)[:MOST_SHARING]
    people = profiles.many(workspace, [one.profile for one in found])
    return [(people[one.profile], one.devices) for one in found if one.profile in people]


def _worth(workspace: WorkspaceId, one: Any) -> str:
    """What all of a list costs, where each price is known."""
    if any(item.price is None for item in one.items):
        return ""
    total = sum(item.price * item.quantity for item in one.items)
    return wording.money(total, accounts.workspace(workspace).currency)


def called(known: KnownIdentifier) -> tuple[str, str]:
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


def _tabs(profile: ProfileId, counts: dict[str, int | None]) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": label, "count": counts.get(key), "href": f"/people/{profile}/?tab={key}"}
        for key, label in TABS
    ]


def _part(
    workspace: WorkspaceId, person: Profile, known: Iterable[KnownIdentifier], tab: str, request: HttpRequest
) -> dict[str, Any]:
    if tab == "details":
        return {"details": _details(workspace, person)}
    if tab == "history":
        return {"history": _history(workspace, person.id)}
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
        ("Place", place), ("Language", person.language), ("Time zone", _zone(person)),
        ("Date of birth", wording.day(person.birth_date) if person.birth_date else ""),
        ("Gender", wording.humanised(person.gender) if person.gender else ""),
        ("Registered", wording.day(person.registered_at) if person.registered_at else ""),
        ("First seen", wording.moment(person.created_at)), ("Changed", wording.ago(person.updated_at)),
    ]  # fmt: skip
    return [(label, value) for label, value in known if value]


def _zone(person: Profile) -> str:
    where = ZONES.get(person.time_zone_source, "")
    return f"{person.time_zone} ({where})" if person.time_zone and where else person.time_zone


def _points(
    workspace: WorkspaceId, person: Profile, known: Iterable[KnownIdentifier]
) -> list[dict[str, Any]]:
    """Each address with how sure we are of it, and what was said about each topic there."""
    topics = consent.topics(workspace)
    points = [(CHANNELS[one.kind], one.value) for one in known if one.kind in CHANNELS]
    told = {(one.address_digest, one.topic): one for one in consent.of_person(workspace, person.id, points)}
    return [
        {
            "address": address, "icon": "mail" if channel == "email" else "phone",
            **_certainty(person, channel, address),
            "topics": [
                _standing(topic, told.get((consent.digest(workspace, channel, address), topic.key)))
                for topic in topics
                if _matters(topic, channel)
            ],
        }
        for channel, address in points
    ]  # fmt: skip


def _certainty(person: Profile, channel: str, address: str) -> dict[str, Any]:
    """Whether an address is confirmed, waits for that, or is known to be dead."""
    kind = "email" if channel == "email" else "phone"
    is_used = address == getattr(person, kind)
    return {
        "confirmed_at": getattr(person, f"{kind}_confirmed_at") if is_used else None,
        "pending": address == getattr(person, f"pending_{kind}"),
        "invalid": is_used and getattr(person, f"{kind}_invalid"),
    }


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


def _history(workspace: WorkspaceId, profile: ProfileId) -> list[dict[str, Any]]:
    """What was told, and then told otherwise, the newest first."""
    fields = {field.name: field for field in profiles.fields(workspace)}
    rows = []
    for one in profiles.history(workspace, profile)[:MOST_CHANGES]:
        field = fields.get(one.field)
        kind = field.type if field else ""
        old, new = (None if value in (None, "") else _written(kind, value) for value in (one.old, one.new))
        rows.append(
            {
                "label": field.label if field else wording.humanised(one.field),
                "old": old,
                "new": new,
                "one": one,
            }
        )
    return rows


def _written(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if kind == "datetime":
        return wording.moment(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    if kind == "date":
        return wording.day(value if isinstance(value, date) else date.fromisoformat(str(value)[:10]))
    return wording.thousands(value, 0 if value == int(value) else 2) if kind == "number" else value


urls = [
    path("people/<person:profile>/", card, name="person"),
    path("people/<person:profile>/timeline", story, name="person-timeline"),
]
