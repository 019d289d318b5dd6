"""Whom a call means, and how far its caller may go with them.

A call with a secret key speaks for the shop.  A browser speaks for the visitor of its device, or for the customer
whose ticket it carries; whom else it names it may neither change, nor read, nor become one with.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from cadenza.base import database
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import DEVICES, NOBODY, Identifier, Resolution, base_kind
from cadenza.cdp.profiles import service as profiles
from cadenza.connect.operations import ticket
from cadenza.connect.operations.types import Call, Comparable, Named
from cadenza.trust.accounts import service as accounts

SOURCE = "operations"


@dataclass(frozen=True)
class Who:
    """The customer of a call. `status` is the word of the answer; `home` the id that what is told lies under."""

    status: str
    profile: ProfileId = NOBODY
    home: ProfileId = NOBODY
    may_change: bool = True
    may_read: bool = True

    def __bool__(self) -> bool:
        return bool(self.profile)


NOT_FOUND, AMBIGUOUS, BAD_TICKET = Who("NotFound"), Who("Ambiguous"), Who("InvalidAuthenticationTicket")


def comparing(workspace: WorkspaceId) -> Comparable:
    """How an id that was told is kept here; a phone without a country is one of the shop's own."""

    def comparable(kind: str, told: str) -> Identifier:
        region = ""
        if kind == "phone" and not told.startswith("+"):
            with database.scope(workspace):
                region = accounts.workspace(workspace).region
        return identity.normalise(workspace, kind, told, region)

    return comparable


class _Undo(Exception):
    """What was written since the savepoint must not stay."""


def find(call: Call, *, strict: bool) -> Who:
    """Who it is, among those we know. `strict`: everything told must lead to the same person."""
    mine = _of_ticket(call)
    if mine is not None and not mine:
        return BAD_TICKET
    if mine is None and not call.trusted:
        return BAD_TICKET  # to read takes a key or a ticket
    owners = _owners(call, call.request.named)
    if mine:
        return Who("Found", mine, mine) if owners <= {mine} else BAD_TICKET
    device = call.request.named.device
    if not owners and device and not _is_strong(call.request.named):
        owners = {found} if (found := identity.find(call.workspace, device)) else set()
    if (strict and len(owners) > 1) or (not owners and _is_shared(call)):
        return AMBIGUOUS
    strongest = next((one for one in _each_owner(call, call.request.named)), None) or next(iter(owners), None)
    return Who("Found", strongest, strongest) if strongest else NOT_FOUND


def meet(call: Call) -> Who:
    """Who it is, made if we do not know them yet; identifiers that were not known are theirs from now on."""
    mine = _of_ticket(call)
    if mine is not None and not mine:
        return BAD_TICKET
    named = call.request.named
    if mine:
        if not _owners(call, named) <= {mine}:
            return BAD_TICKET
        return _resolved(call, [*_anchor(call, mine), *_all(named)])
    if named.own:
        known = existing(call.workspace, named.own)
        return _resolved(call, [*_anchor(call, known), *_all(named)]) if known else NOT_FOUND
    if not call.trusted and _is_strong(named):
        return _met_in_a_browser(call, named)
    if _is_shared(call) and not _owners(call, named):
        return AMBIGUOUS
    who = _resolved(call, _all(named))
    return who if call.trusted else Who(who.status, who.profile, who.home, may_read=False)


def _met_in_a_browser(call: Call, named: Named) -> Who:
    """Who is named but has proven nothing: new people are made, those we know are left alone."""
    owners = _owners(call, named)
    device = identity.find(call.workspace, named.device) if named.device else None
    if owners and owners != {device}:
        known = next(iter(owners)) if len(owners) == 1 else None
        return Who("Found", known, known, may_change=False, may_read=False) if known else AMBIGUOUS
    stranger = device is not None and device not in owners and _is_known(call, device)
    met = _resolved(call, list(named.identifiers) if stranger else _all(named))
    return Who(met.status, met.profile, met.home, may_read=False)


def _resolved(call: Call, identifiers: list[Identifier]) -> Who:
    """The person of these identifiers; where they belong to two who must stay two, nothing is written."""
    if not identifiers:
        return NOT_FOUND
    try:
        with transaction.atomic():
            [found] = identity.resolve(call.workspace, [identifiers], at=call.at, source=SOURCE)
            if found.blocked:
                raise _Undo
    except _Undo:
        return AMBIGUOUS
    return _who(found)


def _who(found: Resolution) -> Who:
    return Who("Created" if found.created else "Found", found.profile, found.home)


def _of_ticket(call: Call) -> ProfileId | None:
    """Whose ticket the call carries: None without one, nobody (0) for one that is not valid."""
    told = call.request.ticket
    if not told:
        return None
    person = ticket.holder(call.workspace, told, call.at)
    return existing(call.workspace, person) or NOBODY if person else NOBODY


def existing(workspace: WorkspaceId, own: ProfileId) -> ProfileId | None:
    """Who has this number of ours now; None where nobody has."""
    now = identity.find(workspace, Identifier("id", str(own)))
    return now if now and profiles.many(workspace, [now]) else None


def _is_shared(call: Call) -> bool:
    """Whether something told recognises nobody because people who must stay apart have it in common."""
    return any(identity.is_shared(call.workspace, one) for one in call.request.named.identifiers)


def _each_owner(call: Call, named: Named) -> list[ProfileId]:
    own = existing(call.workspace, named.own) if named.own else None
    found = [own, *(identity.find(call.workspace, one) for one in named.identifiers)]
    return [one for one in found if one]


def _owners(call: Call, named: Named) -> set[ProfileId]:
    return set(_each_owner(call, named))


def owners(call: Call, named: Named) -> list[ProfileId]:
    """Whom these ids lead to, the strongest first, each once."""
    return list(dict.fromkeys(_each_owner(call, named)))


def _is_strong(named: Named) -> bool:
    return bool(named.own or named.identifiers)


def _is_known(call: Call, person: ProfileId) -> bool:
    known = identity.of_person(call.workspace, person)
    return any(base_kind(one.kind) not in (*DEVICES, "id") for one in known)


def _anchor(call: Call, person: ProfileId) -> list[Identifier]:
    """What recognises this person best, so that what is told beside it becomes theirs."""
    known = identity.of_person(call.workspace, person)
    return [Identifier(one.kind, one.value) for one in known if not one.shared][:1]


def _all(named: Named) -> list[Identifier]:
    return [*named.identifiers, *([named.device] if named.device else [])]
