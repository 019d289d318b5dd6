"""The HTTP door of profiles: read people, by id or by what recognises them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from cadenza.base.ids import ProfileId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import KINDS, Identifier
from cadenza.cdp.profiles import service
from cadenza.cdp.profiles.types import Profile

PREFIX = "/people"
MOST = 200
PersonId = Annotated[int, Path(ge=1, lt=2**63)]
router = Router(tags=["People"])


class Known(Schema):
    """What recognises a person."""

    kind: str
    value: str


class Person(Schema):
    """A person. Fields never told are empty."""

    id: int
    created_at: datetime
    updated_at: datetime
    email: str
    phone: str
    first_name: str
    last_name: str
    gender: str
    birth_date: date | None
    country: str
    region: str
    city: str
    language: str
    time_zone: str
    registered_at: datetime | None
    traits: dict[str, Any]
    identifiers: list[Known] | None = None


class People(Schema):
    """Some people; `next` is the cursor of those that follow."""

    items: list[Person]
    next: str | None


def _person(profile: Profile, known: list[Known] | None = None) -> Person:
    return Person(
        **{name: getattr(profile, name) for name in Person.model_fields if name != "identifiers"},
        identifiers=known,
    )


@router.get("/", response=People, summary="Some people")
def people(
    request: HttpRequest, search: str = "", after: str | None = None, limit: int = Query(50, ge=1, le=MOST)
) -> People:  # type: ignore[type-arg]
    """People, newest first. `search`: the beginning of a name or address, or a whole identifier."""
    page = service.page(request.workspace, search=search, after=after, limit=limit)  # type: ignore[attr-defined]
    return People(items=[_person(one) for one in page.items], next=page.next)


@router.get("/by/{kind}/", response=Person, summary="One person by an identifier")
def by_identifier(request: HttpRequest, kind: str, value: str) -> Person:
    """The person that an identifier belongs to: external_id or anonymous_id."""
    if kind not in KINDS or kind in ("email", "phone"):
        raise BadInput("Look people up by external_id or anonymous_id.", at="kind",
                       hint="An address does not belong into a URL: POST it to /people/find.")  # fmt: skip
    return _found(request, Identifier(kind, value))


class Asked(Schema):
    """An identifier in a body, where addresses belong."""

    kind: str
    value: str


@router.post("/find", response=Person, summary="One person by any identifier")
def find(request: HttpRequest, asked: Asked) -> Person:
    """The person that an identifier belongs to; changes nothing."""
    return _found(
        request,
        Identifier(asked.kind, asked.value.strip().lower() if asked.kind == "email" else asked.value.strip()),
    )


def _found(request: HttpRequest, identifier: Identifier) -> Person:
    profile = identity.find(request.workspace, identifier)  # type: ignore[attr-defined]
    if not profile:
        raise NotFound("Nobody has this identifier.")
    return one(request, profile)


@router.get("/{int:person}", response=Person, summary="One person")
def one(request: HttpRequest, person: PersonId) -> Person:
    """A person by id; an id from before a merge leads to who it is now."""
    found = service.one(request.workspace, ProfileId(person))  # type: ignore[attr-defined]
    known = identity.of_person(request.workspace, found.id)  # type: ignore[attr-defined]
    return _person(found, [Known(kind=k.kind, value=k.value) for k in known])
