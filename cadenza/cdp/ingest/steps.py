"""The steps of the pipeline: each changes what goes on, or lets it fall out with a reason.

They run inside the transaction that took the requests from the inbox.  What they decide stands in pure files
(`gate`, `enrich`, `order`, and `judge` of the schema register); here it is asked for all of a batch at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from cadenza.base import clock
from cadenza.base.fact import tell as tell_facts
from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput
from cadenza.cdp.events import service as events
from cadenza.cdp.events.types import Event
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import NOBODY, Identifier, Resolution
from cadenza.cdp.ingest import enrich as circumstances
from cadenza.cdp.ingest import gate as consenting
from cadenza.cdp.ingest import store as tables
from cadenza.cdp.ingest.batch import Batch, Item
from cadenza.cdp.ingest.facts import EventsStored
from cadenza.cdp.ingest.order import NAMES as ORDER_EVENTS
from cadenza.cdp.ingest.order import order
from cadenza.cdp.ingest.types import REMOVED, RETOLD, Dropped, Flaw, Reason, StoredEvent
from cadenza.cdp.orders import service as orders
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import TraitChange
from cadenza.cdp.schemas import service as schemas
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy

FOREVER = datetime.max.replace(tzinfo=UTC)


def take_once(batch: Batch) -> None:
    """A message that was taken in before changes nothing."""
    new = tables.first_time(batch.workspace, [item.arrival.id for item in batch.items], clock.now())

    def seen(item: Item) -> Dropped | None:
        if item.arrival.id not in new:
            return Dropped.SEEN_BEFORE
        new.discard(item.arrival.id)
        return None

    batch.drop(seen)


def compare_ids(batch: Batch) -> None:
    """Ids of further systems and cards as identity keeps them; one that cannot be is kept as rejected.

    The number of a bank card is written down nowhere, so the rejected item is kept without what it said.
    """
    for item in batch.items:
        if not item.arrival.claims:
            continue
        found = list(item.arrival.identifiers)
        for kind, value, place in item.arrival.claims:
            try:
                found.append(identity.normalise(batch.workspace, kind, value))
            except BadInput as refusal:
                is_card = kind == "card_hash" or identity.looks_like_card(value)
                raw = REMOVED if is_card else bytes(item.raw)
                batch.complain([(Flaw(0, Reason.BAD_TRAIT, refusal.detail, place), raw)])
        item.arrival = replace(item.arrival, identifiers=tuple(dict.fromkeys(found)))


def leave_out_erased(batch: Batch) -> None:
    """What is told of a person from before that person was erased stays outside."""
    known = {(one.kind, one.value) for item in batch.items for one in item.arrival.identifiers}
    since = privacy.erased_since(batch.workspace, list(known))
    if not since:
        return

    def erased(item: Item) -> Dropped | None:
        told = (since.get((one.kind, one.value)) for one in item.arrival.identifiers)
        return Dropped.ERASED if any(at and item.arrival.at <= at for at in told) else None

    batch.drop(erased)


def check_schema(batch: Batch) -> None:
    """An event that does not keep to what is expected of its name is counted, or refused where that is wanted."""
    expected = schemas.expectations(batch.workspace)
    if not expected:
        return

    def violated(item: Item) -> Flaw | None:
        name = item.arrival.name
        expectation = expected.get(name) if name else None
        if not expectation or item.arrival.source == RETOLD:
            return None
        flaw = schemas.violation(expectation, item.arrival.properties)
        if not flaw:
            return None
        batch.violations[name] += 1  # type: ignore[index]
        place = f"properties.{flaw.property}"
        return Flaw(0, Reason.SCHEMA_VIOLATION, flaw.why, place) if expectation.refuses else None

    batch.reject(violated)


def gate(batch: Batch) -> None:
    """Consent, DNT and Global Privacy Control: what must not be stored falls out here, before anybody is made of it."""
    if not any("consent" in item.arrival.context or item.about.gpc or item.about.dnt for item in batch.items):
        return
    policy = tables.policy(batch.workspace)
    opted = [item for item in batch.items if consenting.opts_out(item.about)]
    batch.drop(lambda item: consenting.gate(item.arrival, item.about, policy))
    if opted:
        _opt_out(batch, opted)


def _opt_out(batch: Batch, opted: Sequence[Item]) -> None:
    """Record the opt-out of sale and sharing on whoever is known to use the browser, also if nothing else is kept."""
    if not any(field.name == consenting.SALE_OPT_OUT for field in profiles.fields(batch.workspace)):
        profiles.define_field(
            batch.workspace, consenting.SALE_OPT_OUT, "boolean", "consent.subscriptions", "Opted out of sale"
        )
    going_on = {id(item) for item in batch.items}
    away = [item for item in opted if id(item) not in going_on]
    known = identity.preview(batch.workspace, [item.arrival.identifiers for item in away])
    batch.items += [_without_event(item) for item, who in zip(away, known, strict=True) if who.profile > 0]
    told = set()
    for item in batch.items:
        if consenting.opts_out(item.about) and item.arrival.identifiers not in told:
            told.add(item.arrival.identifiers)
            item.arrival = replace(
                item.arrival, traits={**item.arrival.traits, consenting.SALE_OPT_OUT: True}
            )


def _without_event(item: Item) -> Item:
    return Item(replace(item.arrival, name=None, properties={}), item.raw, item.about)


def enrich(batch: Batch) -> None:
    """Say what kind of device, which country, campaign and click, and whether a bot, in place of agent and address."""
    for item in batch.items:
        context, about = item.arrival.context, item.about
        if context or about.agent or about.ip:
            item.derived = circumstances.enrich(context, about)


def resolve(batch: Batch) -> None:
    """Whose it is. A bot makes nobody: where its device is unknown, what it did belongs to no person."""
    for item in batch.items:
        if item.arrival.profile is not None:
            item.who = Resolution(item.arrival.profile, home=item.arrival.home)
    bots = [item for item in batch.items if item.is_bot and consenting.is_anonymous(item.arrival)]
    if bots:
        for item, who in zip(bots, identity.preview(batch.workspace, _asked(bots)), strict=True):
            if who.profile < 0:
                item.who = Resolution(NOBODY)
    left = [item for item in batch.items if item.who is None]
    for item, who in zip(left, identity.resolve(batch.workspace, _asked(left), source="api"), strict=True):
        item.who = who


def _asked(items: Sequence[Item]) -> list[tuple[Identifier, ...]]:
    return [item.arrival.identifiers for item in items]


def learn_traits(batch: Batch) -> None:
    """What was told of the people; a value that does not fit is kept as rejected, the rest goes in."""
    first = _first_seen(batch)
    changes, raws = [], []
    for item, who in _people(batch):
        arrival = item.arrival
        if arrival.traits or first.get(who.home) == arrival.at:
            changes.append(TraitChange(who.profile, arrival.traits, arrival.at, arrival.source, who.home))
            raws.append(item.raw)
    batch.complain(
        (Flaw(0, Reason.BAD_TRAIT, f"{one.field}: {one.reason}", f"traits.{one.field}"), bytes(raws[one.change]))
        for one in profiles.apply(batch.workspace, changes)
    )  # fmt: skip


def _first_seen(batch: Batch) -> dict[ProfileId, datetime]:
    """The moments from which on we know these people, where that is earlier than was known.

    Of people whom another module names by number nobody is made: they may have been erased.
    """
    earliest: dict[ProfileId, datetime] = {}
    for item, who in _people(batch):
        at = item.arrival.at
        if item.arrival.profile is None and at < earliest.get(who.home, FOREVER):
            earliest[who.home] = at
    return profiles.seen_earlier(batch.workspace, earliest)


def _people(batch: Batch) -> list[tuple[Item, Resolution]]:
    return [(item, item.who) for item in batch.items if item.who and item.who.profile != NOBODY]


def keep_orders(batch: Batch) -> None:
    """What order events tell of orders; one that does not fit is kept as rejected, its event goes on."""
    changes, standard = [], ""
    for item, who in _people(batch):
        arrival = item.arrival
        if arrival.name not in ORDER_EVENTS:
            continue
        standard = standard or accounts.workspace(batch.workspace).currency
        try:
            told = order(arrival.name, arrival.properties, arrival.at, who.profile, arrival.source, standard)
            changes.append(dataclasses.replace(told, home=who.home))
        except BadInput as refusal:
            batch.complain([(Flaw(0, Reason.BAD_ORDER, refusal.detail, refusal.at or ""), bytes(item.raw))])
    if changes:
        orders.upsert(batch.workspace, changes)


def store(batch: Batch) -> None:
    """Events lie under the id they were told of; the schema register counts each that is stored."""
    for item in batch.items:
        a, who = item.arrival, item.who
        if a.name and who and a.source != RETOLD:
            told = item.properties()
            batch.stored.append((Event(a.id, who.home, a.name, a.at, a.received_at, a.source, told), who))
    shapes = events.append(batch.workspace, [event for event, _ in batch.stored])
    schemas.count(batch.workspace, shapes)


def tell(batch: Batch) -> None:
    """Those who listen hear of the person as of now; of what nobody did they hear nothing."""
    told = tuple(
        StoredEvent(event.id, who.profile, event.name, event.at, event.properties, event.source, who.home)
        for event, who in batch.stored
        if who.profile != NOBODY
    )
    if told:
        tell_facts(EventsStored(workspace=batch.workspace, at=clock.now(), events=told))


def account(batch: Batch) -> None:
    """Write down what fell out on the way: the rejected with their flaw, the others as numbers."""
    schemas.count_violations(batch.workspace, batch.violations)
    tables.count_dropped(batch.workspace, batch.dropped, clock.now())
    source = batch.items[0].arrival.source if batch.items else "api"
    tables.reject(batch.workspace, batch.rejected, clock.now(), source)
