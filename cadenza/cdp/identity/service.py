"""Recognise people, make them one when they turn out to be, part them again, and say who is who."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cadenza.base import clock, crypto, database, text
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound
from cadenza.cdp.identity import amend, arrive, evidence, models, store
from cadenza.cdp.identity.normalise import is_card
from cadenza.cdp.identity.normalise import normalise as comparable
from cadenza.cdp.identity.parse import dump, parse
from cadenza.cdp.identity.types import (
    CATEGORIES,
    CONTACTS,
    DEVICES,
    KINDS,
    MANUAL,
    SAID,
    Blocked,
    Identifier,
    Incident,
    KnownIdentifier,
    Merge,
    Outcome,
    Rehearsal,
    Resolution,
    Rules,
    Sharing,
    base_kind,
)

LOCK = "people"
SAMPLE = 20
USUAL = Rules()
LONGEST_ACTOR = 100


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
    known, now = _rules(workspace), at or clock.now()
    fresh = store.fresh_ids(min(len(arrivals), store.SEQUENCE_BLOCK))
    found = arrive.plan(workspace, arrivals, known, fresh)
    arrive.take_in(workspace, found, known, now, source)
    return arrive.answer(found)


def preview(workspace: WorkspaceId, arrivals: Sequence[Sequence[Identifier]]) -> list[Resolution]:
    """What `resolve` would find, without writing anything: new people have negative ids."""
    fresh = iter(range(-1, -2 * len(arrivals) - 2, -1))
    return arrive.answer(arrive.plan(workspace, arrivals, _rules(workspace), fresh))


def normalise(workspace: WorkspaceId, kind: str, value: str, region: str = "") -> Identifier:
    """An identifier as it is kept. The token of a bank card becomes a keyed digest; a card's number is refused."""
    found = comparable(kind, value, region)
    if base_kind(found.kind) == "card_hash":
        return Identifier(found.kind, crypto.digest(workspace, f"card:{found.value}").hex())
    return found


# workspace-free: looks at the digits alone
def looks_like_card(value: str) -> bool:
    """Whether a text could be the number of a bank card, which must not be taken in anywhere."""
    return is_card(value.strip())


def rules(workspace: WorkspaceId) -> Rules:
    """The rules by which a workspace recognises people."""
    return _rules(workspace)


def _rules(workspace: WorkspaceId) -> Rules:
    found = models.RuleSet.objects.filter(workspace_id=workspace).order_by("-id").values_list("id", flat=True)
    newest = found.first()
    return _version(workspace, newest) if newest else USUAL


@lru_cache(maxsize=256)
def _version(workspace: WorkspaceId, id: UUID) -> Rules:
    """A set of rules never changes: a changed one is another."""
    return parse(models.RuleSet.objects.get(workspace_id=workspace, id=id).rules)


def set_rules(workspace: WorkspaceId, rules: Rules, actor: str = "") -> Rules:
    """Let these rules hold from now on, and merge whoever waited for them. Nobody who is one is parted by it."""
    database.lock(workspace, LOCK)
    before, now = _rules(workspace), clock.now()
    told = parse(dump(rules))
    models.RuleSet.objects.create(workspace_id=workspace, rules=dump(told), actor=_actor(actor), at=now)
    if freed := before.never_merge - told.never_merge:
        store.quieten(workspace, sorted(freed))
    amend.settle_all(workspace, told, now)
    return told


def rehearse(workspace: WorkspaceId, rules: Rules) -> Rehearsal:
    """What rules would do to what is known by now, without doing it."""
    told = parse(dump(rules))
    merged, blocked = amend.rehearse(workspace, told)
    limits = {kind: told.limit(kind) for kind in CATEGORIES if told.limit(kind) < told.most_identifiers}
    return Rehearsal(
        merges=len(merged),
        blocked=len(blocked),
        reasons=dict(Counter(blocked.values())),
        sample=tuple((ProfileId(one), ProfileId(other)) for one, other in merged[:SAMPLE]),
        blocked_sample=tuple(
            Blocked(ProfileId(one), ProfileId(other), why)
            for (one, other), why in list(blocked.items())[:SAMPLE]
        ),
        over=evidence.outsized(workspace, limits),
    )


def merge(
    workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, cause: str = MANUAL, actor: str = ""
) -> UUID:
    """Make two people one because somebody says so; ids from before a merge stand for who they are now."""
    [done] = merge_many(workspace, [(winner, loser)], cause, actor)
    if done.fate == "same":
        raise BadInput("A person cannot be merged with itself.", at="loser")
    if done.fate == "unknown":
        raise NotFound("There is no such person.", hint="The person may have been erased.")
    if done.fate == "too_many":
        most = _rules(workspace).most_identifiers
        raise Conflict(
            f"Together they would have more than {most} identifiers.", hint="Look at the incidents."
        )
    assert done.merge  # noqa: S101 - a merged pair has its line in the ledger
    return done.merge


def merge_many(
    workspace: WorkspaceId, pairs: Sequence[tuple[ProfileId, ProfileId]], cause: str, actor: str = ""
) -> list[Outcome]:
    """Make the people of each pair (winner, loser) one, in their order; says what became of each pair."""
    if cause not in SAID:
        raise BadInput("Nobody can say that.", at="cause", hint=f"Use one of {', '.join(sorted(SAID))}.")
    database.lock(workspace, LOCK)
    return amend.join(workspace, pairs, cause, _actor(actor), _rules(workspace), clock.now())


def unmerge(workspace: WorkspaceId, merge: UUID, actor: str = "") -> None:
    """Undo a merge. Both people are as they were; what was told since goes to whom it was told of."""
    database.lock(workspace, LOCK)
    amend.part(workspace, merge, _actor(actor) or "unmerge", _rules(workspace), clock.now())


def confirm(
    workspace: WorkspaceId, profile: ProfileId, identifier: Identifier, at: datetime | None = None
) -> ProfileId:
    """A person proved at `at` that a contact is theirs (a code, a link in a mail). Gives who the person is now."""
    if base_kind(identifier.kind) not in CONTACTS:
        raise BadInput(
            "Only a contact can be confirmed.", at="kind", hint=f"Use {', '.join(sorted(CONTACTS))}."
        )
    database.lock(workspace, LOCK)
    now, one = clock.now(), normalise(workspace, *identifier)
    amend.prove(workspace, current(workspace, profile), one, _rules(workspace), at or now, now)
    return current(workspace, profile)


def _actor(told: str) -> str:
    return text.clean(told, LONGEST_ACTOR)


def find(workspace: WorkspaceId, identifier: Identifier) -> ProfileId | None:
    """The person that an identifier belongs to; `id` finds by our own number, old ones too."""
    if base_kind(identifier.kind) not in CATEGORIES:
        raise BadInput(
            "This kind of identifier is not known.", at="kind", hint=f"Known are: {', '.join(KINDS)}."
        )
    if "\x00" in identifier.value:
        return None  # PostgreSQL holds no such text, so nobody has it
    if identifier.kind == "id":
        return _by_number(workspace, identifier.value)
    found = store.nodes(workspace, [identifier]).get(identifier)
    return ProfileId(found.person) if found and found.person else None


def find_many(workspace: WorkspaceId, identifiers: Iterable[Identifier]) -> dict[Identifier, ProfileId]:
    """The people whom many identifiers belong to, at once; those that nobody has are left out."""
    found = store.nodes(workspace, [one for one in identifiers if "\x00" not in one.value])
    return {one: ProfileId(node.person) for one, node in found.items() if node.person}


def is_shared(workspace: WorkspaceId, identifier: Identifier) -> bool:
    """Whether an identifier was told with people who must stay apart, and so recognises none of them."""
    if "\x00" in identifier.value:
        return False
    found = store.nodes(workspace, [identifier]).get(identifier)
    return bool(found and found.person is None and evidence.nodes_linked_with(workspace, [found.id]))


def _by_number(workspace: WorkspaceId, told: str) -> ProfileId | None:
    number = told.lstrip("#")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    now = current(workspace, ProfileId(int(number)))
    known = models.Identifier.objects.filter(workspace_id=workspace, profile_id=now).exists()
    return now if known else None


def current(workspace: WorkspaceId, profile: ProfileId) -> ProfileId:
    """The id that a person has now; an id from before a merge leads there too."""
    return ProfileId(store.survivors(workspace, [profile]).get(profile, profile))


def currents(workspace: WorkspaceId, profiles: Iterable[ProfileId]) -> dict[ProfileId, ProfileId]:
    """The same for many at once."""
    asked = list(profiles)
    now = store.survivors(workspace, asked)
    return {one: ProfileId(now.get(one, one)) for one in asked}


def all_ids(workspace: WorkspaceId, profile: ProfileId) -> list[ProfileId]:
    """The id of a person and every other one under which something may be kept that is the person's."""
    return [profile, *(ProfileId(old) for old in store.merged_into(workspace, profile))]


def of_person(workspace: WorkspaceId, profile: ProfileId) -> list[KnownIdentifier]:
    """What we recognise a person by, the strongest first, and what was told of them but is shared with others."""
    found = {
        one.id: one for one in models.Identifier.objects.filter(workspace_id=workspace, profile_id=profile)
    }
    near = evidence.nodes_linked_with(workspace, list(found)) if found else set()
    shared = models.Identifier.objects.filter(
        workspace_id=workspace, id__in=near - found.keys(), profile_id=None
    )
    ordered = sorted([*found.values(), *shared], key=_strength)
    return [
        KnownIdentifier(
            one.kind, one.value, one.first_seen_at, one.source, one.confirmed_at, shared=one.id not in found
        )
        for one in ordered
    ]


def _strength(one: models.Identifier) -> tuple[int, str, datetime]:
    return KINDS.index(base_kind(one.kind)), one.kind, one.first_seen_at


def of_people(workspace: WorkspaceId, profiles: Iterable[ProfileId], kind: str) -> dict[ProfileId, str]:
    """One identifier of a kind for each of these people that has one."""
    found = models.Identifier.objects.filter(workspace_id=workspace, kind=kind, profile_id__in=list(profiles))
    return {
        ProfileId(one.profile_id): one.value for one in found.order_by("-first_seen_at") if one.profile_id
    }


def holders(workspace: WorkspaceId, kind: str, among: Iterable[int] | None = None) -> list[int]:
    """Everyone (or those `among` some people) who has an identifier of a kind."""
    return store.holders(workspace, kind, among)


def merges(workspace: WorkspaceId, profile: ProfileId) -> list[Merge]:
    """Which people became this one, newest first, and why; undone ones too."""
    ids = all_ids(workspace, profile)
    found = models.Merge.objects.filter(workspace_id=workspace)
    rows = {one.id: one for side in ("winner", "loser") for one in found.filter(**{f"{side}__in": ids})}
    return [_merge(one) for one in sorted(rows.values(), key=lambda one: (one.at, one.place), reverse=True)]


def _merge(one: models.Merge) -> Merge:
    return Merge(
        one.id,
        ProfileId(one.winner),
        ProfileId(one.loser),
        one.cause,
        one.at,
        one.actor,
        one.identifier,
        one.undone_at,
        one.undone_by,
    )


def incidents(workspace: WorkspaceId) -> list[Incident]:
    """Who has too many identifiers to be one person, newest first."""
    found = models.Incident.objects.filter(workspace_id=workspace).order_by("-id")
    return [Incident(one.id, ProfileId(one.profile_id), one.what, one.detail, one.at) for one in found]


def devices_shared_with(workspace: WorkspaceId, profile: ProfileId) -> list[Sharing]:
    """Other people who were seen on the devices of this one, those with most in common first."""
    found = store.shared_with(workspace, profile, sorted(DEVICES))
    return [Sharing(ProfileId(who), devices) for who, devices in found]


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget what recognises a person. The map of old ids stays: it says nothing about anybody."""
    database.lock(workspace, LOCK)
    return amend.forget(workspace, all_ids(workspace, profile), _rules(workspace), clock.now())
