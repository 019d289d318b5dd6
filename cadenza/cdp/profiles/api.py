"""The HTTP door of profiles: read people, by id or by what recognises them, and only the fields that are needed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Header, Path, Query, Router, Schema

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import CATEGORIES, KINDS, Identifier, base_kind
from cadenza.cdp.profiles import service
from cadenza.cdp.profiles.mask import IDENTIFIERS, TRAITS, Mask, mask
from cadenza.cdp.profiles.types import CONTACTS, STANDARD_NAMES, Profile
from cadenza.trust.privacy import service as privacy

PREFIX = "/people"
MOST = 200
PersonId = Annotated[int, Path(ge=1, lt=2**63)]
Fields = Annotated[str, Query(max_length=8000, description="Only these, like `email,first_name,traits.vip`.")]
Purpose = Annotated[
    str,
    Header(
        alias="X-Purpose",
        description="The purpose this is read for, like `I.4`: only what it covers is given.",
    ),
]
router = Router(tags=["People"])


class Known(Schema):
    """What recognises a person."""

    kind: str
    value: str


class Person(Schema):
    """A person. Fields never told are empty; those not asked for are left out.

    An address is the confirmed one, if there is any; a newer one is pending until it is confirmed.
    """

    id: int
    created_at: datetime | None = None
    updated_at: datetime | None = None
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    gender: str = ""
    birth_date: date | None = None
    country: str = ""
    region: str = ""
    city: str = ""
    language: str = ""
    time_zone: str = ""
    time_zone_source: str = ""
    registered_at: datetime | None = None
    pending_email: str = ""
    email_confirmed_at: datetime | None = None
    email_invalid: bool = False
    pending_phone: str = ""
    phone_confirmed_at: datetime | None = None
    phone_invalid: bool = False
    traits: dict[str, Any] = {}
    identifiers: list[Known] | None = None


class People(Schema):
    """Some people; `next` is the cursor of those that follow."""

    items: list[Person]
    next: str | None


class Asked(Schema):
    """An identifier in a body, where addresses belong."""

    kind: str
    value: str


class Question(Schema):
    """One identifier, or up to 200; `fields` as in a query."""

    kind: str = ""
    value: str = ""
    identifiers: list[Asked] | None = None
    fields: str = ""


class Answer(Schema):
    """An identifier that was asked for, and the person it belongs to, if anybody."""

    kind: str
    value: str
    person: Person | None


class Answers(Schema):
    """An answer for each identifier, in the order of asking."""

    items: list[Answer]


class ToldOut(Schema):
    """When a field was last told, by what, on which legal basis and by which operation, where these were named."""

    at: datetime
    source: str
    basis: str
    operation: str


class ChangeOut(Schema):
    """A field was told, and then told otherwise. `recorded_at` is empty for what it was told first."""

    field: str
    old: Any
    new: Any
    at: datetime
    recorded_at: datetime | None
    source: str
    basis: str
    operation: str
    home: int


class History(Schema):
    """Changes of a person's fields, newest first."""

    items: list[ChangeOut]


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _mask(workspace: WorkspaceId, fields: str, purpose: str) -> Mask:
    """What may be shown; a purpose that does not cover what was asked for by name refuses it."""
    allowed = privacy.allowed(workspace, purpose) if purpose else None
    found, reads = mask(fields, service.fields(workspace), CATEGORIES, allowed)
    if purpose:
        privacy.check(workspace, purpose, reads)
    return found


def _person(profile: Profile, shown: Mask, known: list[Known] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(profile, name) for name in shown.fields - {TRAITS, IDENTIFIERS}}
    if TRAITS in shown.fields:
        told[TRAITS] = {name: value for name, value in profile.traits.items() if name in shown.traits}
    if known is not None and IDENTIFIERS in shown.fields:
        told[IDENTIFIERS] = [one for one in known if one.kind in shown.identifiers]
    return told


def _whole(workspace: WorkspaceId, person: ProfileId, shown: Mask) -> dict[str, Any]:
    found = service.one(workspace, person)
    known = identity.of_person(workspace, found.id) if IDENTIFIERS in shown.fields else []
    return _person(found, shown, [Known(kind=k.kind, value=k.value) for k in known])


def _no_identifiers(fields: str) -> None:
    if any(part.strip().startswith(IDENTIFIERS) for part in fields.split(",")):
        raise BadInput(
            "Identifiers are given of one person at a time.", at="fields", hint="GET /people/{id}."
        )


@router.get("/", response=People, exclude_unset=True, summary="Some people")
def people(request: HttpRequest, search: str = "", after: str | None = None, limit: int = Query(50, ge=1, le=MOST),
           fields: Fields = "", purpose: Purpose = "") -> dict[str, Any]:  # type: ignore[type-arg]  # fmt: skip
    """People, newest first. `search`: the beginning of a name or address, or a whole identifier."""
    _no_identifiers(fields)
    shown = _mask(_here(request), fields, purpose)
    page = service.page(_here(request), search=search, after=after, limit=limit)
    return {"items": [_person(one, shown) for one in page.items], "next": page.next}


@router.get("/by/{kind}/", response=Person, exclude_unset=True, summary="One person by an identifier")
def by_identifier(
    request: HttpRequest, kind: str, value: str, fields: Fields = "", purpose: Purpose = ""
) -> dict[str, Any]:
    """The person that an identifier belongs to: any kind but addresses."""
    if base_kind(kind) not in KINDS or kind in CONTACTS:
        raise BadInput("Look people up by external_id or anonymous_id.", at="kind",
                       hint="An address does not belong into a URL: POST it to /people/find.")  # fmt: skip
    return _found(_here(request), Identifier(kind, value), _mask(_here(request), fields, purpose))


@router.post("/find", response=Person | Answers, exclude_unset=True, summary="People by any identifiers")
def find(request: HttpRequest, asked: Question, purpose: Purpose = "") -> dict[str, Any]:
    """The person that an identifier belongs to, or, for `identifiers`, an answer to each; changes nothing."""
    here, several = _here(request), asked.identifiers
    if several is None:
        return _found(here, _identifier(here, asked.kind, asked.value), _mask(here, asked.fields, purpose))
    if len(several) > MOST:
        raise BadInput(
            f"At most {MOST} identifiers can be asked for at once.",
            at="identifiers",
            hint="Ask again for the rest.",
        )
    _no_identifiers(asked.fields)
    shown = _mask(here, asked.fields, purpose)
    owners = {one: identity.find(here, one) for one in {_identifier(here, a.kind, a.value) for a in several}}
    known = service.many(here, {owner for owner in owners.values() if owner})
    found = [
        (one, known.get(owners[_identifier(here, one.kind, one.value)] or ProfileId(0))) for one in several
    ]
    return {
        "items": [
            {"kind": one.kind, "value": one.value, "person": _person(whose, shown) if whose else None}
            for one, whose in found
        ]
    }


def _identifier(workspace: WorkspaceId, kind: str, value: str) -> Identifier:
    """As identities keep it; what cannot be an address belongs to nobody."""
    try:
        return Identifier(
            kind, service.comparable(workspace, kind, value) if kind in CONTACTS else value.strip()
        )
    except BadInput:
        return Identifier(kind, value.strip())


def _found(workspace: WorkspaceId, identifier: Identifier, shown: Mask) -> dict[str, Any]:
    profile = identity.find(workspace, identifier)
    if not profile:
        raise NotFound("Nobody has this identifier.")
    return _whole(workspace, profile, shown)


@router.get("/{int:person}", response=Person, exclude_unset=True, summary="One person")
def one(request: HttpRequest, person: PersonId, fields: Fields = "", purpose: Purpose = "") -> dict[str, Any]:
    """A person by id; an id from before a merge leads to who it is now."""
    return _whole(_here(request), ProfileId(person), _mask(_here(request), fields, purpose))


@router.get("/{int:person}/told", response=dict[str, ToldOut], summary="How a person's fields were told")
def told(
    request: HttpRequest, person: PersonId, fields: Fields = "", purpose: Purpose = ""
) -> dict[str, Any]:
    """For each field when it was last told, by what, on which basis and by which operation."""
    shown = _mask(_here(request), fields, purpose)
    found = service.told(_here(request), service.one(_here(request), ProfileId(person)).id)
    return {name: one for name, one in found.items() if _is_shown(name, shown)}


@router.get("/{int:person}/history", response=History, summary="How a person's fields changed")
def history(request: HttpRequest, person: PersonId, fields: Fields = "", limit: int = Query(200, ge=1, le=1000),
            purpose: Purpose = "") -> dict[str, Any]:  # type: ignore[type-arg]  # fmt: skip
    """Every change, under every id that leads to this person now; of one field at most the newest hundred."""
    here = _here(request)
    shown = _mask(here, fields, purpose)
    found = service.history(here, service.one(here, ProfileId(person)).id)
    return {"items": [one for one in found if _is_shown(one.field, shown)][:limit]}


def _is_shown(field: str, shown: Mask) -> bool:
    return field in shown.fields if field in STANDARD_NAMES else field in shown.traits
