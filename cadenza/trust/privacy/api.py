"""Privacy for programs: export and forget a person, read the purposes, record an instruction."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status

from cadenza.base import jobs
from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.trust.privacy import jobs as work
from cadenza.trust.privacy import service
from cadenza.trust.privacy.simplify import simplify

PREFIX = "/privacy"
router = Router(tags=["Privacy"])
Person = Annotated[int, Path(ge=1, lt=2**63)]


class ErasureIn(Schema):
    """Why a person is forgotten, in words that hold no personal data: `Request 4711`."""

    reason: str


class InstructionIn(Schema):
    """A decision about one purpose and one category."""

    purpose: str
    category: str
    reason: str
    action: Literal["extend", "withdraw"] = "extend"


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


def _author(request: HttpRequest) -> str:
    return f"key:{getattr(getattr(request, 'auth', None), 'id', 'unknown')}"


@router.get("/people/{profile}/export")
def export(request: HttpRequest, profile: Person) -> dict[str, Any]:
    """Everything held of one person (GDPR Art. 15 and 20)."""
    return service.export_person(_workspace(request), ProfileId(profile))


@router.post("/people/{profile}/erase", response={202: dict[str, Any]})
def erase(request: HttpRequest, profile: Person, body: ErasureIn) -> Status[dict[str, Any]]:
    """Forget one person (GDPR Art. 17). Answers at once; ask for the erasure by its id to see it complete."""
    workspace = _workspace(request)
    service.export_person(workspace, ProfileId(profile))  # an unknown person is a 404, not an empty promise
    receipt = service.request_erasure(workspace, ProfileId(profile), _author(request), body.reason)
    jobs.defer(
        work.carry_out_erasure,
        workspace=str(workspace),
        request=str(receipt.id),
        once=f"erasure {receipt.id}",
    )
    return Status(202, simplify(receipt))


@router.get("/erasures/{id}")
def erasure(request: HttpRequest, id: UUID) -> dict[str, Any]:
    """How far an erasure is, and what it removed."""
    return dict(simplify(service.erasure(_workspace(request), id)))


@router.get("/purposes")
def purposes(request: HttpRequest) -> list[dict[str, Any]]:
    """Every purpose, with the categories that it may use in this workspace."""
    workspace = _workspace(request)
    return [simplify(p) | {"allowed": sorted(service.allowed(workspace, p.id))} for p in service.purposes()]


@router.get("/instructions")
def instructions(request: HttpRequest) -> list[dict[str, Any]]:
    """Every instruction of this workspace, oldest first."""
    return [simplify(i) for i in service.instructions(_workspace(request))]


@router.post("/instructions", response={201: dict[str, Any]})
def instruct(request: HttpRequest, body: InstructionIn) -> Status[dict[str, Any]]:
    """Record an instruction: extend a purpose by a category, or take that back."""
    decide = service.extend if body.action == "extend" else service.withdraw_extension
    made = decide(_workspace(request), body.purpose, body.category, _author(request), body.reason)
    return Status(201, simplify(made))


@router.get("/register")
def register(request: HttpRequest) -> dict[str, Any]:
    """The processing register (GDPR Art. 30)."""
    return service.processing_register_json()
