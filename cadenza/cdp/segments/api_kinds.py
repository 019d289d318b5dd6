"""The other kinds of segments over HTTP: those of products, groups, traits that are worked out; and conditions as text.

They stand before `/{segment}` in the same router, so that their words are no ids.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import service

router = Router(tags=["segments"])


class TextIn(Schema):
    """A condition, as a tree or as text: one of the two."""

    tree: Any = None
    text: str | None = None


class TextOut(Schema):
    tree: Any
    text: str


class ProductsIn(Schema):
    """A condition about products; see docs/segments.md."""

    tree: Any


class ProductsMake(ProductsIn):
    name: str


class ProductsChange(Schema):
    name: str | None = None
    tree: Any = None


class ProductSegmentOut(Schema):
    id: UUID
    name: str
    sentence: str
    tree: Any
    count: int | None
    refreshed_at: datetime | None
    problem: str | None
    archived_at: datetime | None


class ProductsOut(Schema):
    """`sample` are ids of products."""

    count: int
    sample: list[str]
    sentence: str


class ProductMembersOut(Schema):
    products: list[str]


class GroupIn(Schema):
    """Two or more segments in their order: a person is in the first that fits."""

    name: str
    segments: list[UUID]


class GroupOrder(Schema):
    segments: list[UUID]


class GroupOut(Schema):
    id: UUID
    name: str
    segments: list[UUID]


class ShareOut(Schema):
    """`alone`: what it would hold without the others."""

    segment: UUID
    count: int
    alone: int


class SharesOut(Schema):
    segments: list[ShareOut]
    together: int


class TraitsIn(Schema):
    """Where the cells of the lifecycle end; see docs/segments.md. What is left out is as it is usually."""

    thresholds: dict[str, Any] = {}


class TraitsOut(Schema):
    """`cells`: how many people are in each cell of the lifecycle; empty until they were worked out."""

    thresholds: dict[str, int]
    cells: dict[str, int]


def _workspace(request: HttpRequest) -> WorkspaceId:
    return request.workspace  # type: ignore[attr-defined, no-any-return]


@router.post("/text", response=TextOut, summary="A condition as text, or a text as a condition")
def text(request: HttpRequest, asked: TextIn) -> Any:
    if (asked.tree is None) == (asked.text is None):
        raise BadInput("Send a tree or a text.", at="text", hint="One of the two is turned into the other.")
    workspace = _workspace(request)
    tree = asked.tree if asked.text is None else service.from_text(workspace, asked.text)
    return {"tree": tree, "text": service.to_text(workspace, tree)}


@router.get("/products", response=list[ProductSegmentOut], summary="List segments of products")
def list_products(request: HttpRequest, archived: bool = False) -> Any:
    return service.product_segments(_workspace(request), archived)


@router.post("/products/preview", response=ProductsOut, summary="Count the products that a condition holds")
def preview_products(request: HttpRequest, asked: ProductsIn) -> Any:
    count, sample, sentence = service.preview_products(_workspace(request), asked.tree)
    return {"count": count, "sample": sample, "sentence": sentence}


@router.post("/products", response={201: ProductSegmentOut}, summary="Make a segment of products")
def make_products(request: HttpRequest, asked: ProductsMake) -> Any:
    return Status(201, service.save_product_segment(_workspace(request), asked.name, asked.tree))


@router.get(
    "/products/{product_segment}", response=ProductSegmentOut, summary="Look at a segment of products"
)
def get_products(request: HttpRequest, product_segment: UUID) -> Any:
    return service.product_segment(_workspace(request), SegmentId(product_segment))


@router.patch(
    "/products/{product_segment}", response=ProductSegmentOut, summary="Change a segment of products"
)
def change_products(request: HttpRequest, product_segment: UUID, asked: ProductsChange) -> Any:
    return service.update_product_segment(
        _workspace(request), SegmentId(product_segment), asked.name, asked.tree
    )


@router.get("/products/{product_segment}/members", response=ProductMembersOut, summary="Its products, by id")
def product_members(request: HttpRequest, product_segment: UUID) -> Any:
    return {"products": service.product_members(_workspace(request), SegmentId(product_segment))}


@router.post("/products/{product_segment}/archive", response=ProductSegmentOut, summary="Put it away")
def archive_products(request: HttpRequest, product_segment: UUID) -> Any:
    return service.archive_product_segment(_workspace(request), SegmentId(product_segment))


@router.post("/products/{product_segment}/restore", response=ProductSegmentOut, summary="Bring it back")
def restore_products(request: HttpRequest, product_segment: UUID) -> Any:
    return service.restore_product_segment(_workspace(request), SegmentId(product_segment))


@router.get("/groups", response=list[GroupOut], summary="List groups of segments")
def list_groups(request: HttpRequest) -> Any:
    return service.groups(_workspace(request))


@router.post("/groups/preview", response=SharesOut, summary="Count what each would hold in this order")
def preview_group(request: HttpRequest, asked: GroupOrder) -> Any:
    shares, together = service.rehearse_group(_workspace(request), _ids(asked.segments))
    return {"segments": shares, "together": together}


@router.post("/groups", response={201: GroupOut}, summary="Make a group")
def make_group(request: HttpRequest, asked: GroupIn) -> Any:
    return Status(201, service.make_group(_workspace(request), asked.name, _ids(asked.segments)))


@router.put(
    "/groups/{group}", response=GroupOut, summary="Put these into a group, in this order, and no others"
)
def arrange_group(request: HttpRequest, group: UUID, asked: GroupOrder) -> Any:
    return service.arrange_group(_workspace(request), group, _ids(asked.segments))


@router.delete("/groups/{group}", response={204: None}, summary="Dissolve a group; its segments stay")
def dissolve_group(request: HttpRequest, group: UUID) -> Any:
    service.dissolve_group(_workspace(request), group)
    return Status(204, None)


def _ids(told: list[UUID]) -> list[SegmentId]:
    return [SegmentId(one) for one in told]


@router.get("/traits", response=TraitsOut, summary="Thresholds of the lifecycle, and who is in which cell")
def get_traits(request: HttpRequest) -> Any:
    workspace = _workspace(request)
    return {"thresholds": service.thresholds(workspace), "cells": service.cells(workspace)}


@router.put(
    "/traits", response=TraitsOut, summary="Set the thresholds, and work traits out every night from now on"
)
def set_traits(request: HttpRequest, asked: TraitsIn) -> Any:
    workspace = _workspace(request)
    return {
        "thresholds": service.set_thresholds(workspace, asked.thresholds),
        "cells": service.cells(workspace),
    }


@router.post("/traits/compute", response={202: None}, summary="Work traits out now, behind the answer")
def compute_traits(request: HttpRequest) -> Any:
    service.start_traits(_workspace(request))
    return Status(202, None)
