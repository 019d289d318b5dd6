"""What the catalogue tells the others."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact


@dataclass(frozen=True, kw_only=True)
class ProductsChanged(Fact):
    """Products were told of, in one transaction."""

    products: frozenset[str]
