"""Segments of products: the same conditions over the catalogue, and over what happened to its products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cadenza.base import clickhouse, clock, database, projection
from cadenza.base.fact import tell
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.fields import service as register
from cadenza.cdp.segments import asking, models
from cadenza.cdp.segments.combine import combine
from cadenza.cdp.segments.compile_products import FIELDS, compile_products, parse_products
from cadenza.cdp.segments.explain import explain
from cadenza.cdp.segments.facts import SegmentChanged
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.types import Kind, ProductSegment, Use
from cadenza.cdp.segments.uses import refuse_used
from cadenza.trust.accounts import service as accounts

LOCK = "product segments"
SAMPLE, LONGEST_NAME = 10, 200


def mirror(workspace: WorkspaceId, ids: Iterable[str]) -> None:
    """Copy these products to the event store."""
    now = clock.now()
    types = {name: one.type for name, one in register.of(workspace, "product").items()}
    rows = [_row(workspace, one, types, now) for one in catalog.many(workspace, ids).values()]
    projection.append("product", rows)


def _row(workspace: WorkspaceId, product: Product, types: Mapping[str, str], now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "workspace": str(workspace), "product": product.id, "version": 0, "deleted": 0,
        "created_at": now.astimezone(UTC), "text": {}, "number": {}, "time": {}, "flag": {}, "list": {},
    }  # fmt: skip
    told = {name: getattr(product, name) for name in FIELDS}
    told["price"] = None if product.price is None else float(product.price)
    own = {
        name: float(value) if types.get(name) == "decimal" else value
        for name, value in product.custom.items()
    }
    for name, value in {**product.properties, **own, **told}.items():
        _place(row, name, value)
    return row


def _place(row: dict[str, Any], name: str, value: Any) -> None:
    match value:
        case None | "":
            pass
        case bool():
            row["flag"][name] = int(value)
        case int() | float():
            row["number"][name] = float(value)
        case str():
            row["text"][name] = value
        case list():
            row["list"][name] = [str(one) for one in value]


def product_fields(workspace: WorkspaceId) -> dict[str, Kind]:
    """What can be asked of products here: the standard fields, and what the shop's own products carry."""
    found = dict(FIELDS)
    for column, kind in (
        ("list", Kind.LIST),
        ("flag", Kind.FLAG),
        ("number", Kind.NUMBER),
        ("text", Kind.TEXT),
    ):
        for name in _keys(workspace, column):
            found.setdefault(name, kind)
    return found


def _keys(workspace: WorkspaceId, column: str) -> list[str]:
    found = asking.answers(
        "select distinct arrayJoin(multiIf({c:String} = 'text', mapKeys(text), {c:String} = 'number', mapKeys(number),"
        " {c:String} = 'flag', mapKeys(flag), mapKeys(list))) as name from product where workspace = {w:UUID}"
        " order by name limit 500",
        {"w": str(workspace), "c": column},
    )
    return [name for (name,) in found]


def preview_products(workspace: WorkspaceId, tree: Any) -> tuple[int, list[str], str]:
    """How many products a tree holds now, some of them, and the sentence."""
    condition = parse_products(tree, product_fields(workspace))
    [found] = _find(workspace, [condition])
    return len(found), sorted(found)[:SAMPLE], explain(condition)


def save_product_segment(workspace: WorkspaceId, name: str, tree: Any) -> ProductSegment:
    """Save a new one, and find its products."""
    name = _named(name)
    condition = parse_products(tree, product_fields(workspace))
    now = clock.now()
    row = models.ProductSegment.objects.create(
        workspace_id=workspace,
        name=name,
        tree=tree,
        sentence=explain(condition),
        created_at=now,
        updated_at=now,
    )
    refresh_products(workspace, [SegmentId(row.id)])
    return product_segment(workspace, SegmentId(row.id))


def _named(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name.strip()) > LONGEST_NAME or "\0" in name:
        raise BadInput("A segment needs a name.", at="name", hint=f"Use 1 to {LONGEST_NAME} characters.")
    return name.strip()


def update_product_segment(
    workspace: WorkspaceId, segment: SegmentId, name: str | None = None, tree: Any = None
) -> ProductSegment:
    """Change its name, its condition, or both."""
    row = _one(workspace, segment)
    row.name = row.name if name is None else _named(name)
    if tree is not None:
        row.sentence, row.tree = explain(parse_products(tree, product_fields(workspace))), tree
    row.updated_at = clock.now()
    row.save()
    refresh_products(workspace, [segment])
    return product_segment(workspace, segment)


def archive_product_segment(workspace: WorkspaceId, segment: SegmentId) -> ProductSegment:
    """Put it away: it keeps its products and is refreshed no more. Raises Conflict while people's segments ask it."""
    refuse_used(_one(workspace, segment).name, product_uses(workspace, segment))
    models.ProductSegment.objects.filter(workspace_id=workspace, id=segment).update(archived_at=clock.now())
    return product_segment(workspace, segment)


def restore_product_segment(workspace: WorkspaceId, segment: SegmentId) -> ProductSegment:
    """Bring it back, and find its products."""
    _one(workspace, segment)
    models.ProductSegment.objects.filter(workspace_id=workspace, id=segment).update(archived_at=None)
    refresh_products(workspace, [segment])
    return product_segment(workspace, segment)


def product_uses(workspace: WorkspaceId, segment: SegmentId) -> list[Use]:
    """The segments of people, in use, that ask for it."""
    found = models.Segment.objects.filter(workspace_id=workspace, id__in=_asking(workspace, segment))
    return [Use("segment", row.name, f"/segments/{row.id}/") for row in found.order_by("name", "id")]


def product_segment(workspace: WorkspaceId, segment: SegmentId) -> ProductSegment:
    """One product segment; raises NotFound."""
    return _segment(_one(workspace, segment))


def product_segments(workspace: WorkspaceId, archived: bool = False) -> list[ProductSegment]:
    """Those in use, or those put away, by name."""
    found = models.ProductSegment.objects.filter(workspace_id=workspace, archived_at__isnull=not archived)
    return [_segment(row) for row in found.order_by("name", "id")]


def product_members(workspace: WorkspaceId, segment: SegmentId) -> list[str]:
    """The products that the last refresh found, by id."""
    _one(workspace, segment)
    return sorted(_held(workspace, segment))


def _held(workspace: WorkspaceId, segment: SegmentId) -> set[str]:
    found = asking.answers(
        "select product from product_member final where workspace = {w:UUID} and segment = {s:UUID}",
        {"w": str(workspace), "s": str(segment)},
    )
    return {product for (product,) in found}


def refresh_products(workspace: WorkspaceId, segments: Iterable[SegmentId] | None = None) -> None:
    """Find the products of these (of all in use) anew; people's segments that ask for a changed one follow."""
    database.lock(workspace, LOCK)
    rows = models.ProductSegment.objects.filter(workspace_id=workspace, archived_at=None)
    if segments is not None:
        rows = rows.filter(id__in=list(segments))
    kinds = product_fields(workspace)
    for row in rows:
        try:
            [found] = _find(workspace, [parse_products(row.tree, kinds)])
        except BadInput as refusal:
            row.problem = str(refusal)
            row.save(update_fields=["problem"])
            continue
        _write(workspace, row, found)


def _write(workspace: WorkspaceId, row: models.ProductSegment, found: set[str]) -> None:
    segment = SegmentId(row.id)
    before = _held(workspace, segment)
    moved = [(product, 0) for product in found - before] + [(product, 1) for product in before - found]
    projection.append("product_member", [
        {"workspace": str(workspace), "segment": str(segment), "product": product, "version": 0, "deleted": gone}
        for product, gone in sorted(moved)
    ])  # fmt: skip
    row.count, row.refreshed_at, row.problem = len(found), clock.now(), None
    row.save(update_fields=["count", "refreshed_at", "problem"])
    if moved:
        tell(
            *(
                SegmentChanged(workspace=workspace, at=clock.now(), segment=one)
                for one in _asking(workspace, segment)
            )
        )


def _asking(workspace: WorkspaceId, products: SegmentId) -> list[SegmentId]:
    """The segments of people that name a product segment."""
    rows = models.Segment.objects.filter(workspace_id=workspace, archived_at=None)
    return [SegmentId(row.id) for row in rows if names(row.tree, str(products))]


def names(tree: Any, id: str) -> bool:
    """Whether a tree names a product segment."""
    if isinstance(tree, dict):
        return tree.get("products") == id or any(names(part, id) for part in tree.values())
    return isinstance(tree, list) and any(names(part, id) for part in tree)


def _find(workspace: WorkspaceId, trees: Sequence[Any]) -> list[set[str]]:
    frame = Frame(workspace, clock.now(), accounts.workspace(workspace).time_zone)
    plan = compile_products(trees, frame)
    sets = combine(trees, plan, clickhouse.query(plan.sql, plan.parameters, asking.LIMITS), {})
    known: Mapping[int, str] = dict(_known(workspace))
    return [{known[number] for number in found if number in known} for found in sets]


def _known(workspace: WorkspaceId) -> list[tuple[int, str]]:
    sql = "select profile, product from product final where workspace = {w:UUID}"
    return asking.answers(sql, {"w": str(workspace)})  # type: ignore[return-value]


def _one(workspace: WorkspaceId, segment: SegmentId) -> models.ProductSegment:
    found = models.ProductSegment.objects.filter(workspace_id=workspace, id=segment).first()
    if not found:
        raise NotFound("There is no such product segment.", hint="It may belong to another workspace.")
    return found


def _segment(row: models.ProductSegment) -> ProductSegment:
    return ProductSegment(
        SegmentId(row.id),
        row.name,
        row.tree,
        row.sentence,
        row.count,
        row.refreshed_at,
        row.problem,
        row.archived_at,
    )
