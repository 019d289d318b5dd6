"""Take in what is told of people, and say what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from cadenza.base import clock, database, text
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.fields import service as register
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import intake, models, store
from cadenza.cdp.profiles.chain import Kept, chain
from cadenza.cdp.profiles.fold import Known
from cadenza.cdp.profiles.settle import INVALID, moment
from cadenza.cdp.profiles.types import (
    CONTACTS,
    STANDARD,
    Changed,
    Field,
    FieldType,
    Page,
    Profile,
    RefusedValue,
    Told,
    TraitChange,
)
from cadenza.cdp.profiles.unite import Held, part, unite
from cadenza.trust.accounts import service as accounts

PLAIN = ("pending_email", "pending_phone", "email_confirmed_at", "phone_confirmed_at")
FOREVER = datetime.max.replace(tzinfo=UTC)
MOST_REMEMBERED = 200_000
AT_ONCE = 2000  # merges in one round: enough for few statements, few enough for the memory

_since: dict[tuple[WorkspaceId, ProfileId], datetime] = {}


def apply(workspace: WorkspaceId, changes: Sequence[TraitChange]) -> list[RefusedValue]:
    """Take in changes, making people that are new. Gives back the values that fit no field; the rest goes in."""
    return intake.take(workspace, changes) if changes else []


def seen_earlier(workspace: WorkspaceId, moments: Mapping[ProfileId, datetime]) -> dict[ProfileId, datetime]:
    """Those of the moments that come before all we know of under these ids, or where nothing is known yet.

    Whoever asks tells them in this transaction: what was asked once is not asked again while it is remembered.
    """
    asked = {one: at for one, at in moments.items() if at < _since.get((workspace, one), FOREVER)}
    if not asked:
        return {}
    news = store.seen_earlier(workspace, asked)
    database.on_commit(lambda: _remember(workspace, asked))
    return {ProfileId(number): asked[ProfileId(number)] for number in news}


def _remember(workspace: WorkspaceId, moments: Mapping[ProfileId, datetime]) -> None:
    if len(_since) > MOST_REMEMBERED:
        _since.clear()
    _since.update({(workspace, one): at for one, at in moments.items()})


def fields(workspace: WorkspaceId) -> list[Field]:
    """All fields of a profile: the standard ones, then the shop's own by name, without those retired."""
    return [*STANDARD, *register.of(workspace).values()]


def define_field(
    workspace: WorkspaceId, name: str, type: FieldType, category: str = "custom.fields", label: str = ""
) -> Field:
    """Declare a trait with its type and category; declaring it again changes category and label, never the type."""
    told = category if label or category != "custom.fields" else ""
    return register.declare(workspace, name, type, told, label)


def one(workspace: WorkspaceId, profile: ProfileId) -> Profile:
    """One person; an id from before a merge leads to who it is now."""
    found = many(workspace, [identity.current(workspace, profile)])
    if not found:
        raise NotFound("There is no such person.", hint="The person may have been erased.")
    return next(iter(found.values()))


def many(workspace: WorkspaceId, profiles: Iterable[ProfileId]) -> dict[ProfileId, Profile]:
    """These people, by id; those who do not exist (any more) are left out."""
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return {row.id: row for row in _profiles(workspace, found)}


def existing(workspace: WorkspaceId, profiles: Iterable[int]) -> list[int]:
    """Those of these ids that are people now."""
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return list(found.values_list("id", flat=True))


def _profiles(workspace: WorkspaceId, rows: Iterable[models.Profile]) -> list[Profile]:
    rows = list(rows)
    hidden = register.retired(workspace, "person") if rows else frozenset()
    return [_profile(row, hidden) for row in rows]


def _profile(row: models.Profile, hidden: frozenset[str]) -> Profile:
    same = ("created_at", "updated_at", *store.COLUMNS, *PLAIN)
    return Profile(
        id=ProfileId(row.id),
        traits={name: value for name, value in row.traits.items() if name not in hidden},
        email_invalid=bool(row.invalid_email) and row.invalid_email == row.email,
        phone_invalid=bool(row.invalid_phone) and row.invalid_phone == row.phone,
        time_zone_source=row.time_zone_source or ("told" if row.time_zone else ""),
        **{name: getattr(row, name) for name in same},
    )


def page(workspace: WorkspaceId, *, search: str = "", only: Iterable[int] | None = None, kind: str = "",
         after: str | None = None, limit: int = 50) -> Page[Profile]:  # fmt: skip
    """People, newest first. `kind`: known (with a name or address), anonymous, or all; `after`: a cursor."""
    found = _asked(workspace, search, only, kind)
    if after:
        found = found.filter(id__lt=_cursor(after))
    rows = list(found.order_by("-id")[: limit + 1])
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return Page(_profiles(workspace, rows[:limit]), following)


def _asked(
    workspace: WorkspaceId, search: str, only: Iterable[int] | None, kind: str
) -> QuerySet[models.Profile]:
    found = models.Profile.objects.filter(workspace_id=workspace, merged_into=None)
    if search := text.clean(search).strip():
        found = found.filter(_matching(workspace, search))
    if only is not None:
        found = found.filter(id__in=list(only))
    if kind in ("known", "anonymous"):
        nobody = Q(email="", phone="", first_name="", last_name="")
        found = found.filter(nobody) if kind == "anonymous" else found.exclude(nobody)
    return found


def _cursor(after: str) -> int:
    if not (after.isdecimal() and int(after[:20]) < 2**63):
        raise BadInput(
            "This is not a cursor.", at="after", hint="Use the value of `next` from the page before."
        )
    return int(after)


def _matching(workspace: WorkspaceId, search: str) -> Q:
    matching = Q()
    for word in search.split()[:5]:
        part = (
            Q(first_name__istartswith=word)
            | Q(last_name__istartswith=word)
            | Q(email__istartswith=word.lower())
        )
        part |= Q(phone__startswith=word)
        matching &= part
    return matching | Q(id__in=_by_identifier(workspace, search))


def _by_identifier(workspace: WorkspaceId, search: str) -> list[int]:
    asked = [Identifier(kind, search) for kind in ("external_id", "anonymous_id", "phone")]
    found = [identity.find(workspace, one) for one in (*asked, Identifier("email", search.lower()))]
    if search.lstrip("#").isdecimal() and len(search) < 19:
        found.append(identity.current(workspace, ProfileId(int(search.lstrip("#")))))
    return [number for number in found if number]


def count(
    workspace: WorkspaceId, *, search: str = "", only: Iterable[int] | None = None, kind: str = ""
) -> int:
    """How many people there are, or how many `page` would show with the same words."""
    return _asked(workspace, search, only, kind).count()


def told(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Told]:
    """When, by whom and on which basis each field of a person was last told."""
    row = models.Profile.objects.filter(workspace_id=workspace, id=profile, merged_into=None).first()
    known = row.told if row else {}
    return {name: _told(*when) for name, when in known.items() if not name.startswith("@")}


def _told(at: int, source: str, basis: str = "", operation: str = "") -> Told:
    return Told(moment(at), source, basis, operation)


def history(workspace: WorkspaceId, profile: ProfileId) -> list[Changed]:
    """What was told of a person and what became of it, newest first, under every id that is theirs now.

    Of a field the newest changes are kept (`store.MOST_CHANGES`); a telling of the past that changed nothing is none.
    """
    ids = identity.all_ids(workspace, profile)
    rows = models.Profile.objects.filter(workspace_id=workspace, id__in=ids).order_by("id")
    kept = models.Change.objects.filter(workspace_id=workspace, home_id__in=ids).order_by("id")
    by_home: dict[int, list[Kept]] = {}
    for one in kept:
        by_home.setdefault(one.home_id, []).append(Kept(*(getattr(one, name) for name in Kept._fields)))
    found = [one for row in rows for one in _story(row, by_home.get(row.id, []))]
    shown = [one for one in found if not one.field.startswith("@")]
    return sorted(shown, key=lambda one: (one.at, one.recorded_at or one.at), reverse=True)


def _story(row: models.Profile, kept: Sequence[Kept]) -> list[Changed]:
    known = store.held(row).mine
    return chain(ProfileId(row.id), known.values, known.told, kept)


def confirm_contact(
    workspace: WorkspaceId,
    profile: ProfileId,
    contact: str,
    address: str,
    *,
    at: datetime | None = None,
    source: str = "confirmation",
    home: ProfileId | None = None,
) -> Profile:
    """The person has shown that an address (`email` or `phone`), pending or in use, is theirs: it counts now."""
    person = one(workspace, profile)
    mine = {getattr(person, contact), getattr(person, f"pending_{contact}")} if contact in CONTACTS else set()
    known = comparable(workspace, contact, address)
    if known not in mine:
        raise BadInput(
            "This is not an address of this person.", at="address", hint="Tell it first, then confirm it."
        )
    change = TraitChange(person.id, {contact: known}, at or clock.now(), source, home, confirmed=True)
    intake.take(workspace, [change])
    return one(workspace, person.id)


def mark_contact(
    workspace: WorkspaceId,
    profile: ProfileId,
    contact: str,
    address: str,
    *,
    invalid: bool = True,
    at: datetime | None = None,
    source: str = "delivery",
) -> None:
    """An address (`email` or `phone`) of a person is known to be dead, or alive after all; another is not touched."""
    known = comparable(workspace, contact, address)
    person = identity.current(workspace, profile)
    batch = intake.begin(workspace)
    intake.open_rows(batch, [person])
    change = TraitChange(person, {}, at or clock.now(), source)
    intake.put(batch, change, {INVALID[contact]: known if invalid else None})
    intake.close(batch)


def comparable(workspace: WorkspaceId, contact: str, address: str) -> str:
    """An address as it is kept: e-mail in lower case, phone in E.164, read as in the shop's country; or BadInput."""
    if contact == "email":
        return text.email(address)
    if contact != "phone":
        raise BadInput("There is no such contact.", at="contact", hint=f"Known are: {', '.join(CONTACTS)}.")
    national = not address.strip().startswith("+")
    return text.phone(address, accounts.workspace(workspace).region if national else "")


def addresses(workspace: WorkspaceId, profiles: Iterable[ProfileId], channel: str) -> dict[ProfileId, str]:
    """The address in a channel (`email`, `sms`) of each of these people that has one."""
    column = {"email": "email", "sms": "phone", "viber": "phone"}[channel]
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return {
        ProfileId(number): address
        for number, address in found.exclude(**{column: ""}).values_list("id", column)
    }


def time_zones(workspace: WorkspaceId, profiles: Iterable[ProfileId]) -> dict[ProfileId, tuple[str, str]]:
    """The time zone of each of these people and its source: told, phone, geo, or, where none is known, workspace."""
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    standard = (accounts.workspace(workspace).time_zone, "workspace")
    rows = found.values_list("id", "time_zone", "time_zone_source")
    return {ProfileId(id): (zone, source or "told") if zone else standard for id, zone, source in rows}


def follow_merges(workspace: WorkspaceId, merges: Sequence[tuple[ProfileId, ProfileId]]) -> None:
    """What was known of each loser is known of its winner (winner, loser) now; all of them at once."""
    into = _last(merges)
    store.repoint(workspace, into)
    losers: dict[int, list[int]] = {}
    for loser, winner in into.items():
        losers.setdefault(winner, []).append(loser)
    batch = intake.begin(workspace)
    remaining = iter(losers.items())
    while some := dict(islice(remaining, AT_ONCE)):
        _unite(batch, some)


def _unite(batch: intake.Batch, losers: Mapping[int, Sequence[int]]) -> None:
    """Make some people one, by winner; of losers that nothing was ever told of there is nothing to do."""
    intake.open_rows(batch, {*losers, *(one for some in losers.values() for one in some)})
    rows, touched, gone = batch.rows, [], []
    for winner, some in losers.items():
        found = [rows[one] for one in some if one in rows and rows[one].into is None]
        if found:
            unite(rows.setdefault(winner, Held(winner, Known())), found)
            touched += [rows[winner], *found]
            gone += found
    intake.write(batch, touched)
    store.unmirror(batch.workspace, gone, batch.now)


def _last(merges: Sequence[tuple[ProfileId, ProfileId]]) -> dict[int, int]:
    """Each loser and whom it leads to at last, where winners of earlier merges lost later ones."""
    into = {int(loser): int(winner) for winner, loser in merges}
    for loser in into:
        winner, seen = into[loser], {loser}
        while winner in into and winner not in seen:
            seen.add(winner)
            winner = into[winner]
        into[loser] = winner
    return into


def follow_unmerge(
    workspace: WorkspaceId, winner: ProfileId, loser: ProfileId, ids: Iterable[ProfileId], at: datetime
) -> None:
    """The loser is a person of its own again, with all that was told under `ids`; the winner keeps the rest."""
    leaving = {int(one) for one in ids} - {loser}
    batch = intake.begin(workspace)
    batch.rows = store.load(workspace, [winner, loser, *leaving], members=True)
    rows = batch.rows
    for one in (winner, loser):
        rows.setdefault(one, Held(one, Known(made=at)))
    followers = [rows[one] for one in sorted(leaving & rows.keys())]
    others = [
        row for id, row in sorted(rows.items()) if row.into == winner and id != loser and id not in leaving
    ]
    part(rows[winner], rows[loser], followers, others)
    intake.write(batch, list(rows.values()))


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget a person, under every id it ever had."""
    ids = identity.all_ids(workspace, profile)
    return {
        "profiles_profile": models.Profile.objects.filter(workspace_id=workspace, id__in=ids).delete()[0],
        "profiles_change": models.Change.objects.filter(workspace_id=workspace, home_id__in=ids).delete()[0],
        "profiles_uniquevalue": models.UniqueValue.objects.filter(
            workspace_id=workspace, home_id__in=ids
        ).delete()[0],
    }


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Everything known of a person, with when and by whom each field was told, and every change of it."""
    row = models.Profile.objects.filter(workspace_id=workspace, id=profile).first()
    if not row:
        return {}
    known = {name: getattr(row, name) for name in store.WRITTEN if getattr(row, name) not in ("", None)}
    return {
        "id": row.id,
        "since": row.created_at.isoformat(),
        "fields": known | row.traits,
        "told": row.told,
        "history": [asdict(one) for one in history(workspace, profile)],
    }
