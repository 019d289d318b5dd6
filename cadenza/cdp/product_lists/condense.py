"""Which tellings of a list can be forgotten, because no later one can bring them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from cadenza.base.ids import ProfileId
from cadenza.cdp.product_lists.fold import fold, in_order
from cadenza.cdp.product_lists.types import Piece, Telling

MOST_TELLINGS = 500  # of one list; a shop that tells whole lists, or whose people order, keeps a handful


def condense(tellings: Sequence[Telling]) -> tuple[list[UUID], Telling | None]:
    """The messages to forget, and a telling to write in place of its namesake.

    What was told before the last `set` under the same id is forgotten: alone or merged, nobody can see it.
    Only above `MOST_TELLINGS` is more condensed: the older half becomes one `set`, under the id of its last.
    """
    last = {one.home: one for one in in_order(tellings) if one.kind == "set"}
    gone = [one.message for one in tellings if _is_before(one, last)]
    left = in_order(one for one in tellings if not _is_before(one, last))
    if len(left) <= MOST_TELLINGS:
        return gone, None
    older = left[: len(left) // 2]
    whole = tuple(Piece(item.product, item.quantity, item.price, item.told) for item in fold(older))
    return [*gone, *(one.message for one in older[:-1])], replace(older[-1], kind="set", pieces=whole)


def _is_before(one: Telling, last: dict[ProfileId, Telling]) -> bool:
    later = last.get(one.home)
    return later is not None and (one.at, one.message) < (later.at, later.message)
