"""Product lists over HTTP: read the lists of a person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router, Schema

from cadenza.base.ids import ProfileId
from cadenza.cdp.product_lists import service
from cadenza.cdp.profiles import service as profiles

PREFIX = "/product-lists"
PersonId = Annotated[int, Path(ge=1, lt=2**63)]
router = Router(tags=["Product lists"])


class ItemOut(Schema):
    """A product in a list; `price` is the price told with the list."""

    product: str
    quantity: Decimal
    price: Decimal | None
    added_at: datetime
    updated_at: datetime
    name: str
    category: str
    url: str
    image_url: str


class ListOut(Schema):
    """A list as it stands."""

    name: str
    updated_at: datetime | None
    items: list[ItemOut]


@router.get("/{int:person}", response=list[ListOut], summary="The lists of a person")
def lists(request: HttpRequest, person: PersonId) -> Any:
    """The cart, the wish list and every other list, by the person's id; one from before a merge leads on."""
    found = profiles.one(request.workspace, ProfileId(person))  # type: ignore[attr-defined]
    return service.lists_of(request.workspace, found.id)  # type: ignore[attr-defined]
