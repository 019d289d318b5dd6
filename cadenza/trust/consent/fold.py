"""From the lines of the ledger to where a contact point stands: the latest word, on a tie the stricter.

One exception: a "given" that an import cannot prove (no date, or no wording) never follows a withdrawal.
The result does not depend on the order in which the lines arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from cadenza.trust.consent.types import State


class Statement(Protocol):
    """What the fold looks at; anything with these five can be folded."""

    @property
    def state(self) -> State: ...
    @property
    def at(self) -> datetime: ...
    @property
    def source(self) -> str: ...
    @property
    def wording(self) -> str: ...
    @property
    def proven(self) -> bool: ...


S = TypeVar("S", bound=Statement)


def fold(statements: Iterable[S], until: datetime | None = None) -> S | None:
    """The statement that stands, at the end or as of `until`; None where nothing was said."""
    standing: S | None = None
    for statement in sorted(statements, key=_order):
        if until is not None and statement.at > until:
            break
        if not _is_barred(statement, standing):
            standing = statement
    return standing


def _order(s: Statement) -> tuple[datetime, int, bool, str, str]:
    return s.at, s.state.strictness, s.proven, s.source, s.wording


def _is_barred(statement: Statement, standing: Statement | None) -> bool:
    return standing is not None and standing.state is State.WITHDRAWN and not statement.proven
