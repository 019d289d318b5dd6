"""The nouns of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Product:
    """One thing that can be bought. `price` is in `currency`, or unknown.

    `custom` holds the shop's own fields of products; a property of such a name is taken for it.
    """

    id: str
    name: str
    sku: str = ""
    category: str = ""
    subcategory: str = ""
    brand: str = ""
    price: Decimal | None = None
    currency: str = ""
    url: str = ""
    image_url: str = ""
    description: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
