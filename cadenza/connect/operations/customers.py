"""Carries out what is asked about customers: register, change, look up, make one, subscribe, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from cadenza.base.ids import ProfileId
from cadenza.base.problem import Problem
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import NOBODY, OPERATION, Identifier
from cadenza.cdp.ingest import service as ingest
from cadenza.cdp.ingest.types import Told
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile, TraitChange
from cadenza.connect.operations import ticket
from cadenza.connect.operations.describe import describe, ids
from cadenza.connect.operations.recognise import SOURCE, Who, find, meet, owners
from cadenza.connect.operations.types import Call, Invalid, Message, Named, Tree, Wish
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import ConsentChange, State

EVERYWHERE = (
    "email",
    "sms",
)  # what a subscription without a point of contact is about, where there is an address
KIND_OF = {"email": "email", "sms": "phone", "viber": "phone"}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
CONFIRMS = {"confirm_email": "email", "confirm_phone": "phone"}
PLACES = {"email": "/customer/email", "phone": "/customer/mobilePhone"}
FATES = {"merged": "Deleted", "same": "NotChanged", "unknown": "NotFound", "too_many": "NotProcessed"}
Outcome = tuple[Tree, ProfileId | None]


class _AlreadyThere(Exception):
    """Somebody registered is meant: what was written since the savepoint must not stay."""


def register(call: Call) -> Outcome:
    """A new customer, or a visitor or subscriber who becomes one; who is registered already is left alone."""
    had_id = any(_has_id(call, one) for one in owners(call, call.request.named))
    try:
        with transaction.atomic():
            who = meet(call)
            if who and who.may_change:
                if who.status == "Found" and (had_id or _registered_at(call, who)):
                    raise _AlreadyThere
                who = _registered(call, who)
    except _AlreadyThere:
        known = next(iter(owners(call, call.request.named)), NOBODY)
        return answered(call, Who("AlreadyExists", known, known))
    return _with_subscriptions(call, who)


def _registered(call: Call, who: Who) -> Who:
    since = {"registered_at": call.request.customer.at or call.at}
    who = learn(call, who, {**since, **call.request.customer.traits})
    say(call, who, "Signed Up", {})
    return who if who.status == "Created" else replace(who, status="Changed")


def _has_id(call: Call, person: ProfileId) -> bool:
    """Whether a shop gave this person an id of its own; a card or another system's id does not register anybody."""
    return person in identity.of_people(call.workspace, [person], "external_id")


def _registered_at(call: Call, who: Who) -> datetime | None:
    known = profiles.many(call.workspace, [who.profile]).get(who.profile)
    return known.registered_at if known else None


def edit(call: Call) -> Outcome:
    """Change what is known of a customer whom we know."""
    return _changed(call, call.request.customer.traits)


def fill(call: Call) -> Outcome:
    """Add what was not known yet."""
    who = find(call, strict=False)
    known = profiles.many(call.workspace, [who.profile]).get(who.profile) if who else None
    missing = {
        name: value
        for name, value in call.request.customer.traits.items()
        if known is None or _value(known, name) in (None, "")
    }
    return _changed(call, missing)


def _value(known: Profile, name: str) -> Any:
    return getattr(known, name) if name in Profile.__dataclass_fields__ else known.traits.get(name)


def _changed(call: Call, traits: Mapping[str, Any]) -> Outcome:
    who = find(call, strict=False)
    if not who:
        return answered(call, who)
    met = meet(call)
    if not met:
        return answered(call, met)
    before = _known(call, met)
    who = learn(call, met, traits)
    moved = lasting(before) != lasting(_known(call, who))
    return _with_subscriptions(call, replace(who, status="Changed" if moved else "NotChanged"))


def _known(call: Call, who: Who) -> Profile | None:
    return profiles.many(call.workspace, [who.profile]).get(who.profile)


def authorize(call: Call) -> Outcome:
    """A customer signed in: what the device did is theirs."""
    who = find(call, strict=True)
    if not who:
        return answered(call, who)
    met = meet(call)
    if met:
        met = learn(call, met, call.request.customer.traits)
        say(call, met, "Signed In", {})
    return answered(call, met)


def check(call: Call) -> Outcome:
    """Find a customer and say what is known; changes nothing."""
    return answered(call, find(call, strict=True))


def subscribe(call: Call) -> Outcome:
    """Record what somebody agreed to or objected to, whom we may not have known before."""
    if not call.request.customer.wishes:
        raise Invalid(Message("Tell what about.", "/customer/subscriptions"))
    who = meet(call)
    if who and who.may_change:
        who = learn(call, who, call.request.customer.traits)
    return _with_subscriptions(call, who)


def confirm(call: Call) -> Outcome:
    """Record that the address on file, or the one told, is the customer's own."""
    told = call.request.customer
    confirmed = tuple({*told.confirmed, CONFIRMS[call.operation.kind]})
    request = replace(call.request, customer=replace(told, confirmed=confirmed))
    return _changed(replace(call, request=request), told.traits)


def merge(call: Call) -> Outcome:
    """Make customers one; the resulting one keeps its number."""
    winner = _only(call, call.request.winner)
    told: list[Tree] = []
    merged = False
    for loser in (_only(call, one) for one in call.request.losers):
        if not winner or not loser or loser.profile == winner.profile:
            told.append(
                {
                    "processingStatus": loser.status
                    if not loser
                    else "NotChanged"
                    if winner
                    else "NotProcessed"
                }
            )
            continue
        gone = ids(loser.profile, identity.of_person(call.workspace, loser.profile), call.point)
        [done] = identity.merge_many(
            call.workspace, [(winner.profile, loser.profile)], OPERATION, f"endpoint:{call.point.endpoint}"
        )
        merged = merged or done.fate == "merged"
        told.append({"processingStatus": FATES[done.fate], "ids": gone})
    node: Tree = {"processingStatus": "Changed" if merged else winner.status}
    if winner:
        node["ids"] = ids(winner.profile, identity.of_person(call.workspace, winner.profile), call.point)
    return {"resultingCustomer": node, "customersToMerge": told}, winner.profile or None


def _only(call: Call, named: Named | None) -> Who:
    known = owners(call, named) if named else []
    if len(known) > 1:
        return Who("Ambiguous")
    return Who("Found", known[0], known[0]) if known else Who("NotFound")


def learn(call: Call, who: Who, traits: Mapping[str, Any]) -> Who:
    """Take in what was told; gives who it is then. One value that does not fit refuses all."""
    at = call.request.customer.at or call.at
    change = TraitChange(who.profile, traits, at, SOURCE, who.home, operation=call.operation.name)
    refused = profiles.apply(call.workspace, [change])
    if refused:
        places = call.request.customer.locations
        raise Invalid(*(Message(one.reason, places.get(one.field, "/customer")) for one in refused))
    return confirmed(call, who)


def confirmed(call: Call, who: Who) -> Who:
    """Take in which contacts were shown to be theirs; gives who it is then."""
    for contact in call.request.customer.confirmed:
        who = _confirmed(call, who, contact, call.request.customer.traits.get(contact))
    return who


def _confirmed(call: Call, who: Who, contact: str, told: str | None) -> Who:
    """The address told, else the one that waits, else the one on file was shown to be theirs; so it may join people."""
    if not call.trusted:
        raise Invalid(Message("Only your server can say so, with a secret key.", PLACES[contact]))
    known, at = profiles.one(call.workspace, who.profile), call.request.customer.at or call.at
    address = told or getattr(known, f"pending_{contact}") or getattr(known, contact)
    if not address:
        raise Invalid(Message("This customer has none to confirm; tell it.", PLACES[contact]))
    one = Identifier(contact, profiles.comparable(call.workspace, contact, address))
    if one.value in (getattr(known, contact), getattr(known, f"pending_{contact}")):
        profiles.confirm_contact(
            call.workspace, who.profile, contact, one.value, at=at, source=SOURCE, home=who.home
        )
    return replace(who, profile=identity.confirm(call.workspace, who.profile, one, at))


def lasting(known: Profile | None) -> Profile | None:
    """What is known, without when it came to be known."""
    return replace(known, created_at=NEVER, updated_at=NEVER) if known else None


def _with_subscriptions(call: Call, who: Who) -> Outcome:
    if who and call.request.customer.wishes:
        record_wishes(call, who)
    return answered(call, who)


def record_wishes(call: Call, who: Who) -> None:
    """Write into the ledger what the call asks for."""
    topics = {
        name.lower(): one.key for one in consent.topics(call.workspace) for name in (one.key, one.title)
    }
    changes: list[ConsentChange] = []
    for wish in call.request.customer.wishes:
        topic = topics.get(wish.topic.lower())
        if topic is None:
            hint = ", ".join(sorted({one.key for one in consent.topics(call.workspace)}))
            raise Invalid(Message(f"There is no such topic. Known are: {hint}.", f"{wish.location}/topic"))
        changes += [_statement(call, who, one, topic, wish) for one in _points(call, who, wish, topic)]
    consent.record(call.workspace, changes)


def _points(call: Call, who: Who, wish: Wish, topic: str) -> list[tuple[str, str]]:
    """The addresses that a subscription is about; a default leaves out those where anything was ever said."""
    known = _addresses(call, who)
    asked = [(one, known.get(KIND_OF[one], "")) for one in wish.channels or EVERYWHERE]
    told = [(channel, address) for channel, address in asked if address]
    if not told:
        raise Invalid(
            Message("This customer has no address there; tell it.", f"{wish.location}/pointOfContact")
        )
    if not wish.by_default:
        return told
    return [
        (channel, address)
        for channel, address in told
        if address not in consent.states(call.workspace, channel, topic, [address])
    ]


def _addresses(call: Call, who: Who) -> dict[str, str]:
    told = {one.kind: one.value for one in call.request.named.identifiers if one.kind in ("email", "phone")}
    if not who.may_change:
        return told  # an address on file is nothing that a stranger may subscribe
    profile = profiles.many(call.workspace, [who.profile]).get(who.profile)
    return {"email": profile.email, "phone": profile.phone} | told if profile else told


def _statement(call: Call, who: Who, point: tuple[str, str], topic: str, wish: Wish) -> ConsentChange:
    return ConsentChange(
        profile=who.profile, channel=point[0], address=point[1], topic=topic,
        state=State.GIVEN if wish.subscribed else State.WITHDRAWN, at=call.request.customer.at or call.at,
        source=f"operation:{call.operation.name}", ip=call.ip,
        actor=None if not call.trusted else f"endpoint:{call.point.endpoint}",
    )  # fmt: skip


def say(call: Call, who: Who, event: str, properties: Mapping[str, Any]) -> None:
    """Tell the event store what the customer did, once for each call."""
    touchpoint = call.point.touchpoint or call.point.name
    told = {**properties, "operation": call.operation.name, "touchpoint": touchpoint}
    at = call.request.at or call.at
    ingest.accept_all_of(
        call.workspace, [Told(who.profile, event, told, f"{call.message}:{event}", at, who.home)], SOURCE
    )


def answered(call: Call, who: Who) -> Outcome:
    """The customer node of the answer, with the fields that this operation gives to this caller."""
    if not who.may_read and who.status != "InvalidAuthenticationTicket":
        return {"customer": {"processingStatus": "Processed"}}, who.profile or None
    node: Tree = {"processingStatus": who.status}
    if who:
        node |= _described(call, who.profile)
    return {"customer": node}, who.profile or None


def _described(call: Call, person: ProfileId) -> Tree:
    returns = call.operation.returns
    try:
        profile = profiles.one(call.workspace, person)
    except Problem:
        return {}
    known = identity.of_person(call.workspace, profile.id)
    said = consent.of_person(call.workspace, profile.id) if "subscriptions" in returns else []
    node = describe(profile, known, said, call.point, returns)
    if "authenticationTicket" in returns and call.trusted:
        node["authenticationTicket"] = ticket.issue(call.workspace, profile.id, call.at)
    return node
