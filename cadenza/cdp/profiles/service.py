"""Take in what is told of people, and say what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from cadenza.base import clock, text
from cadenza.base.fact import tell
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.profiles import models, store
from cadenza.cdp.profiles.coerce import Misfit, coerce, guess
from cadenza.cdp.profiles.facts import ProfilesChanged
from cadenza.cdp.profiles.fold import Known, fold, join
from cadenza.cdp.profiles.types import (
    COMPUTED,
    STANDARD,
    STANDARD_NAMES,
    Field,
    FieldType,
    Page,
    Profile,
    RefusedValue,
    Told,
    TraitChange,
)
from cadenza.trust.privacy import service as privacy

MOST_FIELDS = 500
TYPES: tuple[FieldType, ...] = ("text", "number", "boolean", "date", "datetime")


def apply(workspace: WorkspaceId, changes: Sequence[TraitChange]) -> list[RefusedValue]:
    """Take in changes, making people that are new. Gives back the values that fit no field; the rest goes in."""
    if not changes:
        return []
    now = clock.now()
    types = {one.name: one.type for one in fields(workspace)}
    known = store.load(workspace, {change.profile for change in changes})
    fresh: dict[int, tuple[datetime, Known]] = {}
    refused: list[RefusedValue] = []
    for place, change in enumerate(changes):
        people = known if change.profile in known else fresh
        made, person = people.get(change.profile) or (change.at, Known(changed=True))
        person.changed |= change.at < made  # somebody is first seen when the earliest telling happened
        people[change.profile] = (min(made, change.at), person)
        fold(person, _fitting(workspace, change, place, types, refused), change.at, change.source)
    everyone = [
        (number, made, person)
        for number, (made, person) in (known | fresh).items()
        if person.changed or person.retold
    ]
    store.save(workspace, everyone, dict(types), now)
    if changed := frozenset(ProfileId(number) for number, _, person in everyone if person.changed):
        tell(ProfilesChanged(workspace=workspace, at=now, profiles=changed))
    return refused


def _fitting(
    workspace: WorkspaceId,
    change: TraitChange,
    place: int,
    types: dict[str, FieldType],
    refused: list[RefusedValue],
) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    for name, value in change.values.items():
        try:
            kind = types.get(name) or _learn(workspace, name, value, types)
            if kind:
                fitting[name] = None if value in (None, "") else _plain(name, coerce(kind, value, name))
        except (Misfit, BadInput) as misfit:
            refused.append(RefusedValue(change.profile, name, getattr(misfit, "detail", str(misfit)), place))
    return fitting


def _plain(name: str, value: Any) -> Any:
    if name == "email":
        return text.email(value)
    if name == "phone":
        return text.phone(value)
    if isinstance(value, date) and name not in STANDARD_NAMES:
        return value.isoformat()
    return value


def _learn(workspace: WorkspaceId, name: str, value: Any, types: dict[str, FieldType]) -> str | None:
    kind = guess(value)
    if kind is None:
        return None
    if len(types) >= MOST_FIELDS:
        raise BadInput(f"There are {MOST_FIELDS} fields already, which is the most there can be.")
    define_field(workspace, name, kind)  # type: ignore[arg-type]
    types[name] = kind  # type: ignore[assignment]
    return kind


def fields(workspace: WorkspaceId) -> list[Field]:
    """All fields of a profile: the standard ones, then the shop's own by name."""
    own = models.CustomField.objects.filter(workspace_id=workspace).order_by("name")
    return [*STANDARD, *(Field(one.name, one.type, one.category, one.label, standard=False) for one in own)]  # type: ignore[arg-type]


def define_field(
    workspace: WorkspaceId, name: str, type: FieldType, category: str = "custom.fields", label: str = ""
) -> Field:
    """Declare a trait with its type and category; declaring it again changes category and label, never the type."""
    name = name.strip()
    if not name or len(name) > 120 or name in STANDARD_NAMES | COMPUTED:
        raise BadInput(
            "This cannot be the name of a trait.",
            at=name[:40],
            hint="Use up to 120 letters, and no standard name.",
        )
    if type not in TYPES:
        raise BadInput("There is no such type.", at=f"{name}.type", hint=f"Known are: {', '.join(TYPES)}.")
    if category not in privacy.vocabulary():
        raise BadInput("There is no such data category.", at=f"{name}.category")
    row, made = models.CustomField.objects.get_or_create(
        workspace_id=workspace, name=name,
        defaults={"type": type, "category": category, "label": label or _label(name), "created_at": clock.now()},
    )  # fmt: skip
    if not made and row.type != type:
        raise BadInput(
            f"The trait {name} is a {row.type} already.", at=f"{name}.type", hint="Use another name."
        )
    if not made and (label or category != "custom.fields"):
        row.category, row.label = category, label or row.label
        row.save()
    return Field(row.name, type, row.category, row.label, standard=False)


def _label(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").strip().capitalize()[:120]


def one(workspace: WorkspaceId, profile: ProfileId) -> Profile:
    """One person; an id from before a merge leads to who it is now."""
    found = many(workspace, [identity.current(workspace, profile)])
    if not found:
        raise NotFound("There is no such person.", hint="The person may have been erased.")
    return next(iter(found.values()))


def many(workspace: WorkspaceId, profiles: Iterable[ProfileId]) -> dict[ProfileId, Profile]:
    """These people, by id; those who do not exist (any more) are left out."""
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return {ProfileId(row.id): _profile(row) for row in found}


def existing(workspace: WorkspaceId, profiles: Iterable[int]) -> list[int]:
    """Those of these ids that are people now."""
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return list(found.values_list("id", flat=True))


def _profile(row: models.Profile) -> Profile:
    names = (*store.COLUMNS, "traits", "created_at", "updated_at")
    return Profile(id=ProfileId(row.id), **{name: getattr(row, name) for name in names})


def page(workspace: WorkspaceId, *, search: str = "", only: Iterable[int] | None = None, kind: str = "",
         after: str | None = None, limit: int = 50) -> Page[Profile]:  # fmt: skip
    """People, newest first. `kind`: known (with a name or address), anonymous, or all; `after`: a cursor."""
    found = _asked(workspace, search, only, kind)
    if after:
        found = found.filter(id__lt=_cursor(after))
    rows = list(found.order_by("-id")[: limit + 1])
    return Page(
        [_profile(row) for row in rows[:limit]], str(rows[limit - 1].id) if len(rows) > limit else None
    )


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
    """When, and by whom, each field of a person was last told."""
    row = models.Profile.objects.filter(workspace_id=workspace, id=profile, merged_into=None).first()
    known = row.told if row else {}
    return {
        name: Told(datetime.fromtimestamp(at / 1000, UTC), source) for name, (at, source) in known.items()
    }


def addresses(workspace: WorkspaceId, profiles: Iterable[ProfileId], channel: str) -> dict[ProfileId, str]:
    """The address in a channel (`email`, `sms`) of each of these people that has one."""
    column = {"email": "email", "sms": "phone", "viber": "phone"}[channel]
    found = models.Profile.objects.filter(workspace_id=workspace, id__in=list(profiles), merged_into=None)
    return {
        ProfileId(number): address
        for number, address in found.exclude(**{column: ""}).values_list("id", column)
    }


def follow_merge(workspace: WorkspaceId, winner: ProfileId, loser: ProfileId) -> None:
    """What was known of the loser is known of the winner now."""
    people = store.load(workspace, [winner, loser])
    if loser not in people:
        return
    types = {one.name: one.type for one in fields(workspace)}
    made, theirs = people[loser]
    since, mine = people.get(winner, (made, Known()))
    store.save(workspace, [(winner, min(made, since), join(mine, theirs))], dict(types), clock.now())
    models.Profile.objects.filter(workspace_id=workspace, id=loser).update(merged_into=winner)
    store.unmirror(workspace, loser, made)


def erase(workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
    """Forget a person, under every id it ever had."""
    ids = identity.all_ids(workspace, profile)
    rows = models.Profile.objects.filter(workspace_id=workspace, id__in=ids)
    gone = rows.delete()[0]
    return {"profiles_profile": gone}


def export(workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
    """Everything known of a person, with when and by whom each field was told."""
    row = models.Profile.objects.filter(workspace_id=workspace, id=profile).first()
    if not row:
        return {}
    known = {
        name: getattr(row, name) for name in store.COLUMNS if getattr(row, name) not in ("", None)
    } | row.traits
    return {"id": row.id, "since": row.created_at.isoformat(), "fields": known, "told": row.told}
