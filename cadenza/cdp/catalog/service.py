"""Take in products and find them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, Q

from cadenza.base import clock, text
from cadenza.base.fact import tell
from cadenza.base.ids import WorkspaceId, new_id
from cadenza.cdp.catalog import models
from cadenza.cdp.catalog.facts import ProductsChanged
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.fields import service as register
from cadenza.cdp.fields.types import Refused

FIELDS = ("sku", "name", "category", "subcategory", "brand", "price", "currency", "url", "image_url", "description",
          "properties", "custom")  # fmt: skip
UPDATED = (*FIELDS, "updated_at")


@dataclass(frozen=True)
class Upserted:
    """How many products were new, and how many known; and the values of custom fields that do not fit, by product."""

    created: int
    updated: int
    refused: tuple[tuple[str, Refused], ...] = ()


def upsert(workspace: WorkspaceId, products: Sequence[Product]) -> Upserted:
    """Take in products, by id; of two with one id the last counts."""
    last = {product.id: product for product in products}
    refused = _fit(workspace, last)
    known = known_ids(workspace, last)
    now = clock.now()
    rows = [
        models.Product(key=new_id(), workspace_id=workspace, product_id=one.id, updated_at=now,
                       **{name: getattr(one, name) for name in FIELDS})
        for one in last.values()
    ]  # fmt: skip
    models.Product.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["workspace_id", "product_id"], update_fields=list(UPDATED)
    )
    if last:
        tell(ProductsChanged(workspace=workspace, at=now, products=frozenset(last)))
    return Upserted(len(last) - len(known), len(known), refused)


def _fit(workspace: WorkspaceId, products: dict[str, Product]) -> tuple[tuple[str, Refused], ...]:
    """Move what fits the declared fields into `custom`; gives what does not, which is left out."""
    told = [{**one.properties, **one.custom} for one in products.values()]
    refused = []
    for id, (fitting, some) in zip(list(products), register.take(workspace, "product", told), strict=True):
        taken = {*fitting, *(one.field for one in some)}
        rest = {name: value for name, value in products[id].properties.items() if name not in taken}
        kept = {name: value for name, value in fitting.items() if value is not None}
        products[id] = replace(products[id], properties=rest, custom=kept)
        refused += [(id, one) for one in some]
    return tuple(refused)


def known_ids(workspace: WorkspaceId, ids: Iterable[str]) -> set[str]:
    """Which of these products exist."""
    found = models.Product.objects.filter(workspace_id=workspace, product_id__in=list(ids))
    return set(found.values_list("product_id", flat=True))


def many(workspace: WorkspaceId, ids: Iterable[str]) -> dict[str, Product]:
    """These products, by id; those that do not exist are left out."""
    found = models.Product.objects.filter(workspace_id=workspace, product_id__in=list(ids))
    return {row.product_id: _product(row) for row in found}


def page(
    workspace: WorkspaceId, *, search: str = "", category: str = "", after: str = "", limit: int = 50
) -> list[Product]:
    """Products by id, after the id `after`."""
    search, category, after = text.clean(search), text.clean(category), text.clean(after)
    found = models.Product.objects.filter(workspace_id=workspace, product_id__gt=after)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(sku__istartswith=search) | Q(product_id=search))
    if category:
        found = found.filter(category=category)
    return [_product(row) for row in found.order_by("product_id")[:limit]]


def categories(workspace: WorkspaceId) -> list[tuple[str, int]]:
    """The categories and how many products each has."""
    found = models.Product.objects.filter(workspace_id=workspace).exclude(category="")
    return list(found.values_list("category").annotate(n=Count("key")).order_by("category"))


def brands(workspace: WorkspaceId, search: str = "", limit: int = 30) -> list[str]:
    """The brands whose name holds a text."""
    found = models.Product.objects.filter(workspace_id=workspace, brand__icontains=text.clean(search))
    return list(found.exclude(brand="").order_by("brand").values_list("brand", flat=True).distinct()[:limit])


def count(workspace: WorkspaceId) -> int:
    """How many products there are."""
    return models.Product.objects.filter(workspace_id=workspace).count()


def _product(row: models.Product) -> Product:
    return Product(id=row.product_id, **{name: getattr(row, name) for name in FIELDS})
