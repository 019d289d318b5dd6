"""Recognise people, make them one when they turn out to be, and say who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cadenza.base import clock, database, projection
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import models, store
from cadenza.cdp.identity.facts import ProfilesMerged
from cadenza.cdp.identity.resolve import Plan
from cadenza.cdp.identity.resolve import resolve as decide
from cadenza.cdp.identity.types import KINDS, Identifier, KnownIdentifier, Merge, Resolution
from cadenza.trust.consent import service as consent

LOCK = "people"


def resolve(
    workspace: WorkspaceId,
    arrivals: Sequence[Sequence[Identifier]],
    *,
    at: datetime | None = None,
    source: str = "api",
) -> list[Resolution]:
    """The person of each arrival; new people are made and same people merged. One writer a workspace at a time."""
    if not arrivals:
        return []
    database.lock(workspace, LOCK)
    known = store.owners(workspace, {one for identifiers in arrivals for one in identifiers})
    external = store.external_ids(workspace, set(known.values()))
    plan = decide(arrivals, known, external, store.fresh_ids(min(len(arrivals), store.SEQUENCE_BLOCK)))
    _write(workspace, plan, at or clock.now(), source)
    losers, blocked = {loser for _, loser, _ in plan.merges}, {main for main, _ in plan.blocked}
    winners = {winner for winner, _, _ in plan.merges}
    seen: set[int] = set()
    told = []
    for profile in plan.of:
        first = profile in plan.created and profile not in seen
        seen.add(profile)
        told.append(Resolution(ProfileId(profile), first, profile in winners | losers, profile in blocked))
    return told


def preview(workspace: WorkspaceId, arrivals: Sequence[Sequence[Identifier]]) -> list[Resolution]:
    """What `resolve` would find, without writing anything: new people have negative ids."""
    known = store.owners(workspace, {one for identifiers in arrivals for one in identifiers})
    external = store.external_ids(workspace, set(known.values()))
    plan = decide(arrivals, known, external, iter(range(-1, -len(arrivals) - 2, -1)))
    winners, blocked = {winner for winner, _, _ in plan.merges}, {main for main, _ in plan.blocked}
    return [Resolution(ProfileId(p), p in plan.created, p in winners, p in blocked) for p in plan.of]


def _write(workspace: WorkspaceId, plan: Plan, at: datetime, source: str) -> None:
    if plan.learnt:
        store.learn(workspace, plan.learnt, at, source)
    for main, other in plan.blocked:
        models.BlockedMerge.objects.get_or_create(
            workspace_id=workspace,
            profile_id=main,
            other=other,
            defaults={"reason": "different_external_ids", "at": at},
        )
    for winner, loser, cause in plan.merges:
        _merge(workspace, winner, loser, cause, at)


def merge(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId) -> None:
    """Make two people one by hand; ids from before a merge stand for who they are now."""
    database.lock(workspace, LOCK)
    winner, loser = current(workspace, winner), current(workspace, loser)
    if winner == loser:
        raise BadInput("A person cannot be merged with itself.", at="loser")
    _merge(workspace, winner, loser, "manual", clock.now())


def _merge(workspace: WorkspaceId, winner: int, loser: int, cause: str, at: datetime) -> None:
    moved = store.move(workspace, winner, loser)
    changed = store.override(workspace, winner, loser)
    made = models.Merge.objects.create(
        workspace_id=workspace,
        winner=winner,
        loser=loser,
        cause=cause,
        at=at,
        identifiers=[list(one) for one in moved],
    )
    projection.append(
        "profile_override",
        [
            {"workspace": str(workspace), "profile": p, "into": winner, "version": 0, "deleted": 0}
            for p in changed
        ],
    )
    consent.follow_merge(workspace, ProfileId(winner), ProfileId(loser))
    tell(
        ProfilesMerged(
            workspace=workspace,
            at=at,
            winner=ProfileId(winner),
            loser=ProfileId(loser),
            cause=cause,
            merge=made.id,
        )
    )


def find(workspace: WorkspaceId, identifier: Identifier) -> ProfileId | None:
    """The person that an identifier belongs to."""
    if identifier.kind not in KINDS:
        raise BadInput(
            "This kind of identifier is not known.", at="kind", hint=f"Known are: {', '.join(KINDS)}."
        )
    if "\x00" in identifier.value:
        return None  # PostgreSQL holds no such text, so nobody has it
    found = store.owners(workspace, [identifier]).get(identifier)
    return ProfileId(found) if found else None


def current(workspace: WorkspaceId, profile: ProfileId) -> ProfileId:
    """The id that a person has now; an id from before a merge leads there too."""
    return ProfileId(store.survivors(workspace, [profile]).get(profile, profile))


def current_ids(workspace: WorkspaceId, profiles: Iterable[int]) -> set[int]:
    """The ids that these people have now."""
    asked = list(profiles)
    into = store.survivors(workspace, asked)
    return {into.get(one, one) for one in asked}


def all_ids(workspace: WorkspaceId, profile: ProfileId) -> list[ProfileId]:
    """The id of a person and those it had before merges."""
    return [profile, *(ProfileId(old) for old in store.merged_into(workspace, profile))]


def of_person(workspace: WorkspaceId, profile: ProfileId) -> list[KnownIdentifier]:
    """What we recognise a person by, the strongest first."""
    found = models.Identifier.objects.filter(workspace_id=workspace, profile_id=profile)
    ordered = sorted(found, key=lambda one: (KINDS.index(one.kind), one.first_seen_at))
    return [KnownIdentifier(one.kind, one.value, one.first_seen_at, one.source) for one in ordered]


def of_people(workspace: WorkspaceId, profiles: Iterable[ProfileId], kind: str) -> dict[ProfileId, str]:
    """One identifier of a kind for each of these people that has one."""
    found = models.Identifier.objects.filter(workspace_id=workspace, kind=kind, profile_id__in=list(profiles))
    return {ProfileId(one.profile_id): one.value for one in found.order_by("-first_seen_at")}


def holders(workspace: WorkspaceId, kind: str, among: Iterable[int] | None = None) -> list[int]:
    """Everyone (or those `among` some people) who has an identifier of a kind."""
    return store.holders(workspace, kind, among)


def merges(workspace: WorkspaceId, profile: ProfileId) -> list[Merge]:
    """Which people became this one, newest first, and why."""
    found = models.Merge.objects.filter(
        workspace_id=workspace, winner__in=all_ids(workspace, profile)
    ).order_by("-at")
    return [Merge(one.id, ProfileId(one.winner), ProfileId(one.loser), one.cause, one.at) for one in found]


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget what recognises a person. The map of old ids stays: it says nothing about anybody."""
    ids = all_ids(workspace, profile)
    gone = models.Identifier.objects.filter(workspace_id=workspace, profile_id__in=ids).delete()[0]
    emptied = models.Merge.objects.filter(workspace_id=workspace, winner__in=ids).exclude(identifiers=[])
    return {"identity_identifier": gone, "identity_merge": emptied.update(identifiers=[])}
