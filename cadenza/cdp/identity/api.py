"""The HTTP door of identity: the rules, what they would do, and making people one or two."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Body, Field, Path, Router, Schema, Status

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.base.problem import NotFound
from cadenza.cdp.identity import service
from cadenza.cdp.identity.parse import dump, parse
from cadenza.cdp.identity.types import Identifier, Merge, Outcome

PREFIX = "/identity"
MOST_PAIRS = 1000
PersonId = Annotated[int, Field(ge=1, lt=2**63)]
PersonInPath = Annotated[int, Path(ge=1, lt=2**63)]
router = Router(tags=["Identity"])


class RulesOut(Schema):
    """How people are recognised; see docs/identity.md."""

    priority: list[str]
    limits: dict[str, int]
    blocked: dict[str, list[str]]
    never_merge: list[str]
    apart: list[str]
    access: list[str]
    most_identifiers: int


class PairOut(Schema):
    one: int
    other: int
    reason: str = ""


class RehearsalOut(Schema):
    """`reasons`: how many pairs stay apart for which reason; `over`: people who have more than the rules allow."""

    sentence: str
    merges: int
    blocked: int
    reasons: dict[str, int]
    sample: list[PairOut]
    blocked_sample: list[PairOut]
    over: int


class PairIn(Schema):
    """The winner keeps its id."""

    winner: PersonId
    loser: PersonId


class PairsIn(Schema):
    pairs: Annotated[list[PairIn], Field(min_length=1, max_length=MOST_PAIRS)]
    cause: Literal["operation", "file"] = "operation"


class OutcomeOut(Schema):
    """`fate`: merged, same (they are one already), unknown or too_many."""

    winner: int
    loser: int
    fate: str
    merge: UUID | None


class MergeOut(Schema):
    id: UUID
    winner: int
    loser: int
    cause: str
    identifier: str
    actor: str
    at: datetime
    undone_at: datetime | None
    undone_by: str


class IncidentOut(Schema):
    id: UUID
    profile: int
    what: str
    detail: str
    at: datetime


class SharingOut(Schema):
    profile: int
    devices: int


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _person(request: HttpRequest, told: int) -> ProfileId:
    """Who a number stands for now, one from before a merge too."""
    found = service.find(_workspace(request), Identifier("id", str(told)))
    if not found:
        raise NotFound("There is no such person.", hint="The person may have been erased.")
    return found


def _actor(request: HttpRequest) -> str:
    return f"key:{request.auth.id}"  # type: ignore[attr-defined]


@router.get("/rules", response=RulesOut, summary="How people are recognised")
def rules(request: HttpRequest) -> Any:
    """The rules that hold now."""
    return dump(service.rules(_workspace(request)))


@router.put("/rules", response=RulesOut, summary="Set the rules")
def set_rules(request: HttpRequest, asked: dict[str, Any] = Body(...)) -> Any:
    """Set the rules; what is left out is as usual. Whoever only waited for them becomes one at once."""
    return dump(service.set_rules(_workspace(request), parse(asked), _actor(request)))


@router.post("/rehearse", response=RehearsalOut, summary="What rules would do")
def rehearse(request: HttpRequest, asked: dict[str, Any] = Body(...)) -> Any:
    """How many pairs would become one by these rules, how many would not, and why. Changes nothing."""
    told = service.rehearse(_workspace(request), parse(asked))
    return {
        "sentence": told.sentence(), "merges": told.merges, "blocked": told.blocked, "reasons": told.reasons,
        "sample": [{"one": one, "other": other} for one, other in told.sample],
        "blocked_sample": told.blocked_sample, "over": told.over,
    }  # fmt: skip


@router.post("/merge", response=list[OutcomeOut], summary="Make people one")
def merge(request: HttpRequest, asked: PairsIn) -> Any:
    """Make the people of each pair one, in their order; says what became of each."""
    pairs = [(ProfileId(pair.winner), ProfileId(pair.loser)) for pair in asked.pairs]
    found: list[Outcome] = service.merge_many(_workspace(request), pairs, asked.cause, _actor(request))
    return found


@router.post("/merges/{merge}/undo", response={204: None}, summary="Undo a merge")
def undo(request: HttpRequest, merge: UUID) -> Any:
    """Both people are as they were, and are never made one again by themselves."""
    service.unmerge(_workspace(request), merge, _actor(request))
    return Status(204, None)


@router.get("/people/{int:person}/merges", response=list[MergeOut], summary="Why somebody is one person")
def merges(request: HttpRequest, person: PersonInPath) -> list[Merge]:
    """The merges of a person, newest first, undone ones too."""
    return service.merges(_workspace(request), _person(request, person))


@router.get("/people/{int:person}/sharing", response=list[SharingOut], summary="People on the same devices")
def sharing(request: HttpRequest, person: PersonInPath) -> Any:
    """Other people who were seen on the devices of this one."""
    return service.devices_shared_with(_workspace(request), _person(request, person))


@router.get("/incidents", response=list[IncidentOut], summary="Who cannot be one person")
def incidents(request: HttpRequest) -> Any:
    """People with too many identifiers to be one, newest first."""
    return service.incidents(_workspace(request))
