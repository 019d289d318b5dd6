"""The links of a message, and what becomes of it when one of them is followed.

A token says which message and link it is; where the link leads is looked up. So no URL that leaves here can be
bent to lead elsewhere. Every method runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cadenza.base import clock, crypto
from cadenza.base.config import config
from cadenza.base.ids import MessageId, ProfileId, TemplateId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Told
from cadenza.outreach.content.types import Compiled, Ways
from cadenza.outreach.tracking import models, store
from cadenza.outreach.tracking.pack import pack, unpack
from cadenza.outreach.tracking.port import known
from cadenza.outreach.tracking.types import (
    CLICKED,
    OPENED,
    SUBSCRIBED,
    TEST,
    UNSUBSCRIBED,
    Deed,
    Kind,
    Known,
    Leaving,
    Place,
    Standing,
    Written,
)
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import OPEN_TRACKING, State

SOURCE = "tracking"
OPEN, CLICK, LEAVE = "open", "click", "unsubscribe"  # what a token is signed for
OPEN_SECONDS = 60  # opens of one message within a minute are one open

_links: dict[tuple[WorkspaceId, TemplateId, int], dict[int, str]] = {}


def ways(workspace: WorkspaceId, message: MessageId, measured: bool) -> Ways:
    """The addresses that belong to one message. `measured`: this person agreed that opens are counted."""
    return Ways(
        unsubscribe_url=unsubscribe_url(workspace, message),
        pixel_url=_url("o", OPEN, Place(workspace, message)) + ".gif" if measured else "",
        link=_clicks(workspace, message),
    )


def _clicks(workspace: WorkspaceId, message: MessageId) -> Callable[[int, str], str]:
    return lambda number, _: _url("c", CLICK, Place(workspace, message, number))


def unsubscribe_url(workspace: WorkspaceId, message: MessageId = TEST) -> str:
    """Where the reader of a message leaves; without a message, the page of a test message."""
    return _url("u", LEAVE, Place(workspace, message))


def _url(path: str, purpose: str, place: Place) -> str:
    return f"{config().public_url}/{path}/{crypto.sign(purpose, pack(place))}"


# workspace-free: the token says whose it is
def place(purpose: str, token: str) -> Place | None:
    """Where a token leads; None where it was not made here, not for this purpose, or was altered."""
    try:
        return unpack(crypto.unsign(purpose, token))
    except (crypto.BadSignature, ValueError):
        return None


def remember(workspace: WorkspaceId, compiled: Compiled, written: Sequence[Written]) -> None:
    """Keep where the links of these messages lead, before any of them leaves."""
    personal = {link.index for link in compiled.links if "{{" in link.url or "{%" in link.url}
    _remember_shared(workspace, compiled, personal, written)
    own = [Written(w.message, w.profile, [(n, url) for n, url in w.links if n in personal]) for w in written]
    store.keep_personal(workspace, own)


def _remember_shared(
    workspace: WorkspaceId, compiled: Compiled, personal: set[int], written: Sequence[Written]
) -> None:
    if compiled.template is None:
        return
    shared = dict.fromkeys(personal, "")  # counted among the links, looked up by the message
    shared |= {number: url for one in written for number, url in one.links if number not in personal}
    missing = shared.keys() - _shared(workspace, compiled.template, compiled.version).keys()
    if missing:
        store.keep(workspace, compiled.template, compiled.version, [(n, shared[n]) for n in sorted(missing)])
        _links.pop((workspace, compiled.template, compiled.version), None)


def _shared(workspace: WorkspaceId, template: TemplateId, version: int) -> dict[int, str]:
    """Never changes once it is written, so it may be remembered."""
    key = (workspace, template, version)
    if key not in _links:
        found = store.links(workspace, template, version)
        if not found:
            return {}
        if len(_links) > 1000:
            _links.clear()
        _links[key] = found
    return _links[key]


def targets(workspace: WorkspaceId, places: Sequence[Place]) -> dict[Place, str]:
    """Where these clicks lead; one that leads nowhere is missing."""
    messages = known(workspace, list({place.message for place in places}))
    found: dict[Place, str] = {}
    for place in places:
        if one := messages.get(place.message):
            url = _shared(workspace, one.template, one.version).get(place.number)
            if url:
                found[place] = url
    rest = [place for place in places if place not in found and place.message in messages]
    own = store.personal(workspace, list({place.message for place in rest})) if rest else {}
    return found | {p: own[p.message, p.number] for p in rest if (p.message, p.number) in own}


def link_count(workspace: WorkspaceId, message: MessageId) -> int:
    """How many links a message's template has."""
    one = known(workspace, [message]).get(message)
    return len(_shared(workspace, one.template, one.version)) if one else 0


def record(workspace: WorkspaceId, deeds: Sequence[Deed]) -> int:
    """Write opens and clicks down as events of their people; opens only of those who agree to it now."""
    messages = known(workspace, list({deed.place.message for deed in deeds}))
    agreed = _measured(
        workspace,
        [messages[d.place.message] for d in deeds if d.kind is Kind.OPEN and d.place.message in messages],
    )
    urls = targets(workspace, [deed.place for deed in deeds if deed.kind is Kind.CLICK])
    told = []
    for deed in deeds:
        one = messages.get(deed.place.message)
        if not one or one.profile is None or (deed.kind is Kind.OPEN and one.message not in agreed):
            continue
        told.append(_told(deed, one, one.profile, urls.get(deed.place, "")))
    if told:
        ingest.accept_all_of(workspace, told, SOURCE)
    return len(told)


def _told(deed: Deed, one: Known, profile: ProfileId, url: str) -> Told:
    properties: dict[str, Any] = {"campaign_id": str(one.campaign), "message_id": str(one.message)}
    properties |= {name: True for name in ("bot", "proxy") if getattr(deed, name)}
    if deed.kind is Kind.OPEN:
        minute = int(deed.at.timestamp()) // OPEN_SECONDS
        return Told(profile, OPENED, properties, f"open:{one.message}:{minute}", deed.at, one.home)
    name = f"click:{one.message}:{deed.place.number}:{deed.at.isoformat()}"
    return Told(
        profile, CLICKED, {**properties, "link": deed.place.number, "url": url}, name, deed.at, one.home
    )


def measured(workspace: WorkspaceId, channel: str, digests: Sequence[bytes]) -> set[bytes]:
    """The contact points whose readers agree that opens are counted (CNIL 2026-042: a consent of its own)."""
    states = consent.states_of(workspace, channel, OPEN_TRACKING, digests)
    return {digest for digest, state in states.items() if state is State.GIVEN}


def _measured(workspace: WorkspaceId, messages: Sequence[Known]) -> set[MessageId]:
    points = {one.message: one.address_digest for one in messages if one.address_digest}
    channels = {one.channel for one in messages}
    agreed = {c: measured(workspace, c, list(set(points.values()))) for c in channels}
    return {one.message for one in messages if points.get(one.message) in agreed[one.channel]}


def leaving(workspace: WorkspaceId, message: MessageId) -> Leaving | None:
    """What the unsubscribe page of a message has to say; None where there is no such message. Changes nothing."""
    shop = accounts.workspace(workspace).name
    if message == TEST:
        return Leaving(shop, "", Standing.TEST)
    one = known(workspace, [message]).get(message)
    if not one:
        return None
    if not one.address_digest:
        return Leaving(shop, "", Standing.GONE)
    given = _state(workspace, one) is State.GIVEN
    return Leaving(
        shop, _title(workspace, one.topic), Standing.SUBSCRIBED if given else Standing.UNSUBSCRIBED
    )


def _state(workspace: WorkspaceId, one: Known) -> State | None:
    point = one.address_digest or b""
    return consent.states_of(workspace, one.channel, one.topic, [point]).get(point)


def _title(workspace: WorkspaceId, topic: str) -> str:
    return next((known.title for known in consent.topics(workspace) if known.key == topic), topic)


def unsubscribe(workspace: WorkspaceId, message: MessageId, how: str) -> Leaving | None:
    """Withdraw the consent that the message was sent under, at once and once. `how`: one_click or page."""
    return _restate(workspace, message, State.WITHDRAWN, UNSUBSCRIBED, how)


def resubscribe(workspace: WorkspaceId, message: MessageId) -> Leaving | None:
    """The reader takes it back, by a button of their own."""
    return _restate(workspace, message, State.GIVEN, SUBSCRIBED, "undo")


def _restate(
    workspace: WorkspaceId, message: MessageId, state: State, event: str, how: str
) -> Leaving | None:
    one = known(workspace, [message]).get(message)
    if one and one.address_digest and _state(workspace, one) is not state:
        person = identity.current(workspace, one.profile) if one.profile else None
        consent.restate(
            workspace, one.channel, one.address_digest, one.topic, state,
            source="unsubscribe", wording=f"unsubscribe_{how}", profile=person,
        )  # fmt: skip
        if person:
            _tell_change(workspace, one, person, event, how)
    return leaving(workspace, message)


def _tell_change(workspace: WorkspaceId, one: Known, person: ProfileId, event: str, how: str) -> None:
    now = clock.now()
    properties = {
        "campaign_id": str(one.campaign),
        "message_id": str(one.message),
        "topic": one.topic,
        "how": how,
    }
    told = Told(person, event, properties, f"{event}:{one.message}:{now.isoformat()}", now, one.home)
    ingest.accept_all_of(workspace, [told], SOURCE)


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """Two people are one (winner, loser): so are the links made for them."""
    store.follow_merges(workspace, merges)


def follow_unmerge(workspace: WorkspaceId, loser: ProfileId, ids: Sequence[ProfileId]) -> None:
    """They are two again: to each its own links."""
    store.follow_unmerge(workspace, loser, ids)


def export(workspace: WorkspaceId, people: Sequence[ProfileId]) -> dict[str, Any]:
    """The links that were written for one person, under every id it ever had."""
    found = models.PersonalLink.objects.filter(workspace_id=workspace, profile_id__in=people).order_by("id")
    return {"links": [{"message": str(row.message), "number": row.number, "url": row.url} for row in found]}


def erase(workspace: WorkspaceId, people: Sequence[ProfileId]) -> dict[str, int]:
    """Forget them; who follows one afterwards sees that it does not work any more."""
    found = models.PersonalLink.objects.filter(workspace_id=workspace, profile_id__in=people)
    return {"tracking_personallink": found.delete()[0]}
