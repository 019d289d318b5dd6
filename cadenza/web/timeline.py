"""One person's story: what many modules know of a person, merged by time, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from cadenza.base import clock, money
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import Unavailable
from cadenza.cdp.events import service as events
from cadenza.cdp.identity import service as identity
from cadenza.cdp.orders import service as orders
from cadenza.cdp.orders.types import Order
from cadenza.outreach.campaigns import service as campaigns
from cadenza.outreach.contact_policy.types import SAID as LEFT_OUT
from cadenza.outreach.delivery import service as delivery
from cadenza.outreach.delivery.types import Message, MessageState
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import Entry, State
from cadenza.web import wording
from cadenza.web.narrate import flatten, narrate

LIMIT = 40
ALL = 1000  # what is read where very many things have one and the same moment
ORDERED = ("Order Completed", "Order Updated")
CAUSES = {
    "full_match": "An event carried identifiers of both.",
    "same_device": "Both were seen on the same device.",
    "both_confirmed": "Both proved that the same contact is theirs.",
    "operation": "A call of the API said so.",
    "manual": "Somebody here merged them by hand.",
    "file": "An imported file said so.",
}
SAID = {
    State.GIVEN: ("Agreed to", "check", "positive"),
    State.REFUSED: ("Refused", "ban", "critical"),
    State.WITHDRAWN: ("Withdrew consent to", "bell-off", "critical"),
}


UNSENT = " Left Out"
NOT_SENT = {
    MessageState.LEFT_OUT: "Was left out of {}",
    MessageState.FAILED: "Could not be sent {}",
    MessageState.IN_DOUBT: "Nobody knows whether {} arrived",
}


@dataclass(frozen=True)
class Person:
    """Whose story it is: the id of now, those from before merges, and the addresses that consent hangs on."""

    id: ProfileId
    ids: Sequence[ProfileId]
    addresses: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Moment:
    """One thing that happened, as it is shown."""

    at: datetime
    title: str
    icon: str = "circle-dot"
    tone: str = "neutral"
    text: str = ""
    name: str = ""
    source: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Story:
    """Some days of it; `more` is the moment before which it goes on."""

    days: list[tuple[str, list[Moment]]]
    more: datetime | None


Source = Callable[[WorkspaceId, Person, datetime | None, int], list[Moment]]


def timeline(
    workspace: WorkspaceId, person: Person, before: datetime | None = None, limit: int = LIMIT
) -> Story:
    """What happened before a moment (or until now), newest first, by day."""
    found = _merged(workspace, person, before, limit + 1)
    kept, more = _cut(found, limit)
    if found and not kept:
        kept, more = _cut(_merged(workspace, person, before, ALL), ALL - 1)
    days = [(day, list(moments)) for day, moments in groupby(kept, key=lambda one: wording.day(one.at))]
    return Story(days, more)


def _merged(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    found = [moment for source in SOURCES for moment in source(workspace, person, before, limit)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _cut(found: list[Moment], limit: int) -> tuple[list[Moment], datetime | None]:
    """The first `limit`, ending between two moments: what happened at one moment is never torn apart."""
    if len(found) <= limit:
        return found, None
    kept = [one for one in found if one.at > found[limit].at]
    return kept, kept[-1].at if kept else None


def _seen(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    """What the person did; while the event store is away, a word that it is, among all the rest that is known."""
    try:
        return _did(workspace, person, before, limit)
    except Unavailable:
        title = "What this person did cannot be shown now: the event store does not answer"
        return [
            Moment(
                before or clock.now(), title, "database", "caution", "Nothing is lost. Try again in a minute."
            )
        ]


def _did(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    known = {order.number for order in orders.of_person(workspace, person.id, limit=ALL)}
    told, names = [], campaign_names(workspace)
    for event in events.timeline(workspace, person.ids, before, limit):
        if event.name.endswith(UNSENT):
            continue  # the message tells of it, with its reason
        if event.name in ORDERED and str(event.properties.get("order_id", "")) in known:
            continue
        name = names.get(str(event.properties.get("campaign_id")))
        sentence = narrate(event.name, {**event.properties, "campaign": name} if name else event.properties)
        lines = tuple(flatten(event.properties))
        told.append(
            Moment(
                event.at,
                sentence.title,
                sentence.icon,
                sentence.tone,
                sentence.text,
                event.name,
                event.source,
                lines,
            )
        )
    return told


def campaign_names(workspace: WorkspaceId) -> dict[str, str]:
    """What each campaign is called, by its id as events carry it."""
    return {str(one.id): one.name for one in campaigns.all(workspace)}


def _ordered(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    found = orders.of_person(workspace, person.id, limit=ALL)
    return [_order(one) for one in found if not before or one.placed_at < before]


def _order(order: Order) -> Moment:
    names = ", ".join(line.name or line.product for line in order.lines[:3])
    more = f" and {len(order.lines) - 3} more" if len(order.lines) > 3 else ""
    total = money.formatted(order.total, order.currency) if order.currency else str(order.total)
    tone = "caution" if order.status in ("cancelled", "returned") else "positive"
    title = f"Ordered for {total}" + (
        "" if order.status in ("placed", "paid", "delivered") else f" ({order.status})"
    )
    return Moment(
        order.placed_at, title, "shopping-bag", tone, names + more, f"Order {order.number}", order.source
    )


def _consented(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    titles = {topic.key: topic.title for topic in consent.topics(workspace)}
    found = consent.history(workspace, person.id, person.addresses)
    return [_consent(entry, titles) for entry in found if not before or entry.at < before]


def _consent(entry: Entry, titles: dict[str, str]) -> Moment:
    verb, icon, tone = SAID[entry.state]
    title = titles.get(entry.topic, entry.topic)
    return Moment(
        entry.at,
        f"{verb} “{title}”",
        icon,
        tone,
        f"By {wording.humanised(entry.channel).lower()}, {said_where(entry.source)}",
    )


def said_where(source: str) -> str:
    """Where something was said, in words: `form:footer` → in the form “footer”."""
    kind, _, which = source.partition(":")
    known = {
        "import": "told by an import", "unsubscribe": "by the link in a mail", "employee": "told by somebody here",
        "merge": "kept when two people were merged", "unmerge": "given back when a merge was undone",
        "form": "in a form",
    }  # fmt: skip
    if kind == "form" and which:
        return f"in the form “{which}”"
    return known.get(kind, f"told by {source}" if source else "nobody told where")


def _merged_with(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    found = [one for one in identity.merges(workspace, person.id) if not one.undone_at]
    return [
        Moment(
            one.at,
            f"Turned out to be the same as person {one.loser}",
            "git-merge",
            "accent",
            CAUSES.get(one.cause, one.cause),
        )
        for one in found
        if not before or one.at < before
    ]


def _not_sent(workspace: WorkspaceId, person: Person, before: datetime | None, limit: int) -> list[Moment]:
    """Messages that did not go out; those that did tell of themselves by events."""
    found = [one for one in delivery.of_person(workspace, person.id, ALL) if one.state in NOT_SENT]
    names = campaign_names(workspace) if found else {}
    return [
        _left_out(one, names.get(str(one.campaign), ""))
        for one in found
        if not before or one.queued_at < before
    ]


def _left_out(message: Message, name: str) -> Moment:
    called = f"“{name}”" if name else "a campaign"
    return Moment(
        message.queued_at, NOT_SENT[message.state].format(called), "mail-x", "caution", why_left_out(message)
    )


def why_left_out(message: Message) -> str:
    """Why a message did not go out, in words."""
    return LEFT_OUT.get(message.reason, message.detail or wording.humanised(message.reason or ""))  # type: ignore[call-overload, no-any-return]


SOURCES: tuple[Source, ...] = (_seen, _ordered, _consented, _merged_with, _not_sent)
