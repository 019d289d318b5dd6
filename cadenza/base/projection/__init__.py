"""From PostgreSQL to ClickHouse, exactly once: rows to copy are written with the truth they belong to."""

from __future__ import annotations

from typing import Any


def append(table: str, rows: list[dict[str, Any]]) -> None:
    """Copy `rows` to a ClickHouse table once this transaction has been committed."""
    from cadenza.base.projection import service

    service.append(table, rows)


def drain() -> int:
    """Copy everything committed so far now; gives the number of batches."""
    from cadenza.base.projection import service

    return service.drain()


def wait(seconds: float = 10) -> bool:
    """Wait until what is committed now has been copied; False where the time ran out."""
    from cadenza.base.projection import service

    return service.wait(seconds)
