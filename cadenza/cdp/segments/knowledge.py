"""What a tree may ask here, looked up once for many trees: fields, purposes, the time zone, other segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap64

from cadenza.base import clock
from cadenza.base.ids import SegmentId, WorkspaceId
from cadenza.base.problem import BadInput
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import KINDS, base_kind
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.schemas import service as schemas
from cadenza.cdp.segments import asking, models, store
from cadenza.cdp.segments.compare import FITTING
from cadenza.cdp.segments.discover import EventCategory, discover
from cadenza.cdp.segments.explain import explain
from cadenza.cdp.segments.inline import uses
from cadenza.cdp.segments.leaves import Condition, Given, Identified, Inside, Orders, leaves
from cadenza.cdp.segments.parse import parse
from cadenza.cdp.segments.phrase import Names
from cadenza.cdp.segments.plan import Frame
from cadenza.cdp.segments.types import PURPOSE, Askable, Kind, Mode
from cadenza.trust.accounts import service as accounts
from cadenza.trust.privacy import service as privacy

_KINDS = {
    "text": Kind.TEXT, "enum": Kind.TEXT, "id": Kind.TEXT, "number": Kind.NUMBER, "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER, "boolean": Kind.FLAG, "date": Kind.TIME, "datetime": Kind.TIME, "list": Kind.LIST,
}  # fmt: skip
RECOGNISING = tuple(kind for kind in KINDS if kind != "id")  # everyone has a number of ours
# Known of everyone, though nobody told it.
_SEEN = Askable("first_seen_at", "First seen", Kind.TIME, "behaviour.session", FITTING[Kind.TIME])


@dataclass(frozen=True)
class Known:
    """What a tree may ask."""

    kinds: Mapping[str, Kind]
    categories: Mapping[str, str]
    names: Names
    allowed: frozenset[str]
    zone: str
    products: frozenset[SegmentId]
    event_category: EventCategory


def fields(workspace: WorkspaceId) -> list[Askable]:
    """What can be asked of people here, with the comparisons that fit."""
    found = {}
    for one in profiles.fields(workspace):
        kind = _KINDS[one.type] if one.matchable else Kind.PRESENCE
        found[one.name] = Askable(one.name, one.label, kind, one.category, FITTING[kind])
    found.setdefault(_SEEN.name, _SEEN)
    return list(found.values())


def known(workspace: WorkspaceId) -> Known:
    """Everything at once."""
    found = fields(workspace)
    named = models.Segment.objects.filter(workspace_id=workspace).values_list("id", "name")
    products = dict(models.ProductSegment.objects.filter(workspace_id=workspace).values_list("id", "name"))
    return Known(
        kinds={one.name: one.kind for one in found},
        categories={one.name: one.category for one in found},
        names=Names(
            {one.name: one.label[:1].lower() + one.label[1:] for one in found}, dict(named) | products
        ),
        allowed=privacy.allowed(workspace, PURPOSE),
        zone=accounts.workspace(workspace).time_zone,
        products=frozenset(products),
        event_category=schemas.categories(workspace),
    )


def checked(workspace: WorkspaceId, tree: Any, here: Known) -> tuple[Condition, str]:
    """The condition and its sentence; raises BadInput where it is unsound or reads what its purpose does not cover."""
    condition = sound(workspace, tree, here)
    return condition, explain(condition, here.names)


def sentence(workspace: WorkspaceId, tree: Any) -> str:
    """A tree as a sentence, without looking for anybody; raises BadInput where it is unsound or may not be read."""
    return checked(workspace, tree, known(workspace))[1]


def sound(workspace: WorkspaceId, tree: Any, here: Known) -> Condition:
    """The condition alone."""
    condition = parsed(tree, here)
    for leaf in leaves([condition]):
        _refuse_unknown(leaf, here)
    reads = discover(condition, here.categories, here.event_category)
    if any(read.category not in here.allowed for read in reads):
        privacy.check(workspace, PURPOSE, reads)
    return condition


def parsed(tree: Any, here: Known) -> Condition:
    """The condition, whatever it reads."""
    return parse(tree, here.kinds)


def named(here: Known) -> tuple[dict[SegmentId, str], dict[SegmentId, str]]:
    """The names of segments of people, and of those of products."""
    names = here.names.segments
    return (
        {one: name for one, name in names.items() if one not in here.products},
        {one: name for one, name in names.items() if one in here.products},
    )


def used(workspace: WorkspaceId, here: Known) -> dict[SegmentId, list[SegmentId]]:
    """The segments that each segment names."""
    found = {}
    for row in models.Segment.objects.filter(workspace_id=workspace).exclude(mode=Mode.STATIC):
        try:
            found[SegmentId(row.id)] = uses(parsed(row.tree, here))
        except BadInput:
            continue  # it is marked with its problem, and asks nobody
    return found


def _refuse_unknown(leaf: Any, here: Known) -> None:
    match leaf:
        case Inside(segment, at) if segment not in here.names.segments or segment in here.products:
            raise BadInput("There is no such segment.", at=f"{at}.segment", hint="Choose one that is there.")
        case Orders(products=products, at=at) if products is not None and products not in here.products:
            raise BadInput(
                "There is no such product segment.", at=f"{at}.products", hint="Choose one that is there."
            )
        case Identified(kind, at) if base_kind(kind) not in RECOGNISING:
            way = f"Use one of {', '.join(RECOGNISING)}."
            raise BadInput("This kind of identifier is not known.", at=f"{at}.identifier", hint=way)


def frame(workspace: WorkspaceId, here: Known) -> Frame:
    """Everyone, now."""
    return Frame(workspace, clock.now(), here.zone, asking.has_merges(workspace))


def given(
    workspace: WorkspaceId, trees: Iterable[Condition], people: Sequence[int] | None = None
) -> dict[Given, BitMap64]:
    """The sets that ClickHouse does not know: members of other segments, and who has an identifier."""
    found: dict[Given, BitMap64] = {}
    asked = dict.fromkeys(leaf for leaf in leaves(trees) if isinstance(leaf, Identified | Inside))
    inside = store.members(workspace, {leaf.segment for leaf in asked if isinstance(leaf, Inside)})
    for leaf in asked:
        if isinstance(leaf, Inside):
            found[leaf] = inside[leaf.segment]
        else:
            found[leaf] = BitMap64(identity.holders(workspace, leaf.kind, people))
    return found
