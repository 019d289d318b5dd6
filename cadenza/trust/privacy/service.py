"""What others may ask of privacy: may this be read for that purpose, give a person out, forget a person.

Forgetting is written down before anything is removed, so that a crash in the middle is finished later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django.db import transaction

from cadenza.base import clock, crypto, database, log, text
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, UserId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound, Problem
from cadenza.trust.privacy import categories, models, store
from cadenza.trust.privacy import purposes as registry
from cadenza.trust.privacy.cover import allow, cover, refusal
from cadenza.trust.privacy.facts import PersonErased, PurposeChanged
from cadenza.trust.privacy.port import (
    ErasesByIdentifier,
    FollowsMerges,
    Identifiers,
    Keeps,
    KnowsIdentifiers,
    PersonalDataShare,
)
from cadenza.trust.privacy.render import render
from cadenza.trust.privacy.simplify import left_in, simplify
from cadenza.trust.privacy.types import (
    ANY,
    Action,
    ErasureState,
    Holding,
    Instruction,
    ProcessingRegister,
    Purpose,
    Read,
    Receipt,
)

FORMAT = "cadenza.person/1"
OTHER = "behaviour.other"
LONGEST_REASON = 1000

_log = log.get(__name__)
_shares: dict[str, PersonalDataShare] = {}
_events: dict[str, dict[str, str]] = {}


# workspace-free: the agreement is the same for all
def purposes() -> tuple[Purpose, ...]:
    """Every purpose of the agreement, in its order."""
    return registry.purposes()


# workspace-free: the agreement is the same for all
def purpose(id: str) -> Purpose:
    """One purpose by its number, like `I.4`."""
    found = next((p for p in purposes() if p.id == id), None)
    if not found:
        raise BadInput(f"There is no purpose {id!r}.", at="purpose", hint="They run from I.1 to III.4.")
    return found


def allowed(workspace: WorkspaceId, purpose_id: str) -> frozenset[str]:
    """The categories a purpose may use here: those of the agreement and this workspace's extensions."""
    return allow(purpose(purpose_id), store.instructions(workspace, purpose_id))


def check(workspace: WorkspaceId, purpose_id: str, reads: Iterable[Read]) -> None:
    """Refuse what reads more than its purpose covers: BadInput names field, category, and the way out."""
    outside = cover(allowed(workspace, purpose_id), reads)
    if outside:
        raise refusal(purpose(purpose_id), outside)


def extend(
    workspace: WorkspaceId, purpose_id: str, category: str, by: UserId | str, reason: str
) -> Instruction:
    """Let a purpose use one more category, by a numbered instruction that stays on record."""
    _check_category(category)
    if {category, ANY} & allowed(workspace, purpose_id):
        raise Conflict(f"Purpose {purpose_id} covers {category} already.", at="category")
    return _instruct(workspace, purpose_id, category, Action.EXTEND, by, reason)


def withdraw_extension(
    workspace: WorkspaceId, purpose_id: str, category: str, by: UserId | str, reason: str
) -> Instruction:
    """Take an extension back, by an instruction of its own. What the agreement itself covers stays."""
    _check_category(category)
    if category not in allowed(workspace, purpose_id) - set(purpose(purpose_id).categories):
        raise Conflict(
            f"Purpose {purpose_id} was not extended by {category}.",
            at="category",
            hint="Only what an instruction has added can be taken back.",
        )
    return _instruct(workspace, purpose_id, category, Action.WITHDRAW, by, reason)


def _check_category(category: str) -> None:
    if category not in categories.categories():
        near = get_close_matches(category, categories.categories(), n=1)
        hint = f"Did you mean {near[0]}?" if near else "Use a word of the register's vocabulary."
        raise BadInput(f"{category!r} is not a data category.", at="category", hint=hint)


def _instruct(
    workspace: WorkspaceId, purpose_id: str, category: str, action: Action, by: UserId | str, reason: str
) -> Instruction:
    told = _reason(reason)
    database.lock(workspace, "privacy instructions")
    number = max((i.number for i in store.instructions(workspace)), default=0) + 1
    made = Instruction(number, purpose_id, category, action, _author(by), told, clock.now())
    store.instruct(workspace, made)
    covered = action is Action.EXTEND
    tell(
        PurposeChanged(
            workspace=workspace, at=made.at, purpose=purpose_id, category=category, covered=covered
        )
    )
    return made


def _reason(reason: str) -> str:
    if not reason.strip():
        raise BadInput("Say why.", at="reason", hint="One sentence that an auditor will understand.")
    return text.clean(reason.strip(), LONGEST_REASON)


def _author(by: UserId | str) -> str:
    return f"user:{by}" if isinstance(by, int) else by


def instructions(workspace: WorkspaceId) -> list[Instruction]:
    """Every instruction of a workspace, oldest first."""
    return store.instructions(workspace)


# workspace-free: modules plug in at start
def register_share(share: PersonalDataShare) -> None:
    """Plug in a module's share of personal data; called from its `AppConfig.ready`."""
    known = _shares.setdefault(share.name, share)
    if type(known) is not type(share):
        raise ValueError(f"Two shares are called {share.name!r}: {type(known)} and {type(share)}.")


# workspace-free: what is plugged in is the same for all
def shares() -> tuple[PersonalDataShare, ...]:
    """Every share, by name."""
    return tuple(_shares[name] for name in sorted(_shares))


# workspace-free: modules plug in at start
def register_event_categories(known: Mapping[str, Mapping[str, str]]) -> None:
    """Name the category of event properties: `{"Product Viewed": {"*": "behaviour.catalog"}}`.

    `*` stands for the event itself and every property without a word of its own.
    """
    for event, properties in known.items():
        if wrong := set(properties.values()) - categories.categories():
            raise ValueError(f"{event}: {', '.join(sorted(wrong))} is no data category. See categories.py.")
        _events.setdefault(event, {}).update(properties)


# workspace-free: what is plugged in is the same for all
def event_category(event: str, property: str = "*") -> str:
    """The category of an event's property; of an unknown event, other actions."""
    known = _events.get(event, {})
    return known.get(property) or known.get("*") or OTHER


# workspace-free: the words are the same for all
def vocabulary() -> frozenset[str]:
    """Every data category there is."""
    return categories.categories()


# workspace-free: the vocabulary is the same for all
def category_title(category: str) -> str:
    """What a person would call a data category."""
    return categories.title_of(category)


# workspace-free: generated from the code
def processing_register() -> ProcessingRegister:
    """All that the Art. 30 record is made of, from purposes, models and event categories."""
    events = [Holding(event, p, c) for event in sorted(_events) for p, c in sorted(_events[event].items())]
    tables = {share.name: tuple(sorted(share.tables)) for share in shares()}
    return ProcessingRegister(purposes(), tuple(store.holdings()), tuple(events), tables)


# workspace-free: generated from the code
def processing_register_page() -> str:
    """The Art. 30 record as Markdown."""
    return render(processing_register())


# workspace-free: generated from the code
def processing_register_json() -> dict[str, Any]:
    """The Art. 30 record as JSON."""
    return dict(simplify(processing_register()))


def export_person(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Everything held of a person, as JSON in one fixed order; raises NotFound where nothing is."""
    with database.scope(workspace):
        profile = _current(workspace, profile)
        data = {share.name: _exported(share, workspace, profile) for share in shares()}
    if not any(left_in(part) for part in data.values()):
        raise NotFound("Nothing is held of this person.")
    served = [p for p in purposes() if p.subjects.startswith("customers")]
    return {
        "format": FORMAT,
        "workspace": str(workspace),
        "person": profile,
        "exported_at": clock.now().isoformat(),
        "data": data,
        "purposes": [simplify(p) for p in served],
        "recipients": sorted({recipient for p in served for recipient in p.recipients}),
    }


def _exported(share: PersonalDataShare, workspace: WorkspaceId, profile: ProfileId) -> Any:
    try:
        return simplify(share.export(workspace, profile))
    except NotFound:
        return {}


def request_erasure(workspace: WorkspaceId, profile: ProfileId, by: UserId | str, reason: str) -> Receipt:
    """Write down that a person is to be forgotten, and remember their identifiers as keyed digests.

    Nothing is removed yet: `carry_out_erasure` does it, at the latest when the watchdog comes by.  A request
    that is still open is given back as it is.
    """
    told = _reason(reason)
    with database.scope(workspace):
        profile = _current(workspace, profile)
        database.lock(workspace, f"erasure {profile}")
        if row := store.open_erasure(workspace, profile):
            return store.receipt(row, _kept())
        now = clock.now()
        row = models.Erasure.objects.create(
            workspace_id=workspace,
            profile_id=profile,
            by=_author(by),
            reason=told,
            state=ErasureState.RECEIVED.value,
            requested_at=now,
            tombstones=_bury(workspace, profile, now),
        )
        return store.receipt(row, _kept())


def erase_person(workspace: WorkspaceId, profile: ProfileId, by: UserId | str, reason: str) -> Receipt:
    """Forget a person in every store, now. Best called outside of a transaction: each step is its own.

    Inside of one it works too, but then a crash undoes the request together with what was removed.
    """
    request = request_erasure(workspace, profile, by, reason)
    return carry_out_erasure(workspace, request.id)


def carry_out_erasure(workspace: WorkspaceId, id: UUID) -> Receipt:
    """One try at an erasure: every share forgets and is looked at again. May be repeated at any time.

    A share that refuses, or still holds something, is named in the receipt's `failures`; the others go on.
    The shares that know the identifiers go last, and only once all others are done.
    """
    with database.scope(workspace):
        row = _erasure(workspace, id)
        if not store.take(workspace, id, clock.now()):
            return store.receipt(row, _kept())
        row.tombstones = max(row.tombstones, _bury(workspace, ProfileId(row.profile_id), row.requested_at))
    row.failures = {}
    knowing = [share for share in shares() if isinstance(share, KnowsIdentifiers)]
    for share in (share for share in shares() if share not in knowing):
        _erase_share(share, row)
    if not row.failures:
        for share in knowing:
            _erase_share(share, row)
    return _close(workspace, row)


def _erase_share(share: PersonalDataShare, row: models.Erasure) -> None:
    workspace, profile = WorkspaceId(row.workspace_id), ProfileId(row.profile_id)
    try:
        # The inner transaction takes back what a refusing share wrote, and nothing of the others.
        with database.scope(workspace), transaction.atomic():
            counts = _added(row.counts.get(share.name, {}), _forget(share, workspace, profile))
            left = [] if isinstance(share, Keeps) else left_in(_exported(share, workspace, profile))
            store.count(row, {**row.counts, share.name: counts})
    except Exception as error:
        _log.warning("erasure.refused", share=share.name, request=str(row.id), error=type(error).__name__)
        row.failures[share.name] = str(error) if isinstance(error, Problem) else type(error).__name__
        return
    row.counts[share.name] = counts
    if left:
        row.failures[share.name] = f"Still holds {', '.join(left)}."


def _forget(share: PersonalDataShare, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    by_identifier: Mapping[str, int] = {}
    if isinstance(share, ErasesByIdentifier):
        by_identifier = share.erase_identifiers(workspace, profile, _identifiers(workspace, profile))
    return _added(by_identifier, share.erase(workspace, profile))


def _added(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {table: some.get(table, 0) + more.get(table, 0) for table in sorted({*some, *more})}


def _close(workspace: WorkspaceId, row: models.Erasure) -> Receipt:
    with database.scope(workspace):
        now = clock.now()
        complete = not row.failures
        row.state = (ErasureState.COMPLETE if complete else ErasureState.PARTIAL).value
        row.completed_at = now if complete else None
        row.save(update_fields=["state", "completed_at", "counts", "failures", "tombstones"])
        if complete:
            tell(PersonErased(workspace=workspace, at=now, profile=ProfileId(row.profile_id), request=row.id))
    return store.receipt(row, _kept())


def _erasure(workspace: WorkspaceId, id: UUID) -> models.Erasure:
    row = models.Erasure.objects.filter(workspace_id=workspace, id=id).first()
    if not row:
        raise NotFound("There is no such erasure.")
    return row


def _kept() -> dict[str, str]:
    return {share.name: share.keeps for share in shares() if isinstance(share, Keeps)}


def _identifiers(workspace: WorkspaceId, profile: ProfileId) -> Identifiers:
    found: set[tuple[str, str]] = set()
    for share in shares():
        if isinstance(share, KnowsIdentifiers):
            with suppress(NotFound):
                found |= set(share.identifiers(workspace, profile))
    return sorted(found)


def _current(workspace: WorkspaceId, profile: ProfileId) -> ProfileId:
    """Whoever asks by an id from before a merge means the whole person, not what still carries that id."""
    for share in shares():
        if isinstance(share, FollowsMerges):
            profile = share.current(workspace, profile)
    return profile


def _bury(workspace: WorkspaceId, profile: ProfileId, at: datetime) -> int:
    known = [(kind, _digest(workspace, kind, value)) for kind, value in _identifiers(workspace, profile)]
    return store.bury(workspace, known, at) if known else 0


def _digest(workspace: WorkspaceId, kind: str, value: str) -> bytes:
    return crypto.digest(workspace, f"erased:{kind}:{value}")


def erasure(workspace: WorkspaceId, id: UUID) -> Receipt:
    """The receipt of one erasure."""
    return store.receipt(_erasure(workspace, id), _kept())


def erasures(workspace: WorkspaceId, profile: ProfileId | None = None) -> list[Receipt]:
    """The receipts of a workspace, or of one person, newest first."""
    return [store.receipt(row, _kept()) for row in store.erasures(workspace, profile)]


# workspace-free: the watchdog looks across all
def erasures_due(now: datetime) -> list[tuple[WorkspaceId, UUID]]:
    """Erasures that wait for a try: not begun, left by a dead process, or refused a while ago."""
    return store.due(now)


def is_erased(workspace: WorkspaceId, kind: str, value: str, at: datetime) -> bool:
    """Whether what was told of this identifier at a moment belongs to a person who was erased since."""
    since = erased_since(workspace, [(kind, value)])
    return (kind, value) in since and at <= since[(kind, value)]


def erased_since(workspace: WorkspaceId, identifiers: Identifiers) -> dict[tuple[str, str], datetime]:
    """Which of these identifiers belonged to an erased person, with the moment of erasure; for batches."""
    if not identifiers or not store.has_buried(workspace):
        return {}
    digests = {known: (known[0], _digest(workspace, *known)) for known in set(identifiers)}
    found = store.buried(workspace, digests.values())
    return {known: found[key] for known, key in digests.items() if key in found}
