"""What imports tell: that a file has been taken in."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.fact import Fact
from cadenza.base.ids import ImportId


@dataclass(frozen=True, kw_only=True)
class ImportFinished(Fact):
    """Every row of a file has been taken in, rejected or passed over."""

    run: ImportId
    kind: str
