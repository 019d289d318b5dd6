"""What segments do when something was told: look soon at those of whom it was told, and at changed segments."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.base import jobs
from cadenza.cdp.catalog.facts import ProductsChanged
from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.cdp.ingest.facts import EventsStored
from cadenza.cdp.orders.facts import OrdersChanged
from cadenza.cdp.profiles.facts import ProfilesChanged
from cadenza.cdp.segments import mirrors, products, refresh, service, static
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.jobs import refresh_one
from cadenza.trust.consent.facts import ConsentChanged


def on_segment_changed(facts: Sequence[SegmentChanged]) -> None:
    """Refresh it as soon as this transaction has been committed."""
    for told in facts:
        segment = str(told.segment)
        jobs.defer(refresh_one, once=f"segment {segment}", workspace=str(told.workspace), segment=segment)


def on_events_stored(facts: Sequence[EventsStored]) -> None:
    """Who did something may be elsewhere now."""
    for told in facts:
        service.touch(told.workspace, {one.profile for one in told.events})


def on_profiles_changed(facts: Sequence[ProfilesChanged]) -> None:
    """So may those of whom something else is known."""
    for told in facts:
        service.touch(told.workspace, told.profiles)


def on_orders_changed(facts: Sequence[OrdersChanged]) -> None:
    """So may those whose orders changed."""
    for told in facts:
        service.touch(told.workspace, told.profiles)


def on_products_changed(facts: Sequence[ProductsChanged]) -> None:
    """The event store learns of products, so that conditions can ask for them."""
    for told in facts:
        products.mirror(told.workspace, told.products)


def on_consent_changed(facts: Sequence[ConsentChanged]) -> None:
    """So may those who said something else; the event store learns it too."""
    for workspace in {told.workspace for told in facts}:
        people = mirrors.mirror_subscriptions(workspace, (one for one in facts if one.workspace == workspace))
        service.touch(workspace, people)


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people are one: one is in segments for both, the other in none."""
    into = {told.loser: told.winner for told in facts}
    static.follow_merges(facts[0].workspace, into)
    service.touch(facts[0].workspace, {*into, *into.values()})


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """They are two again, each where it stood."""
    for told in facts:
        refresh.bring_back(told.workspace, told.loser, {told.loser, *told.ids})
        service.touch(told.workspace, {told.winner, told.loser, *told.ids})
