"""Steps through a list by cursor: the address remembers the cursors of the pages before, so that one can go back."""

from __future__ import annotations

from django.http import QueryDict

NAME = "after"
MOST = 100  # pages that an address remembers; beyond, "previous" leads to the oldest of them


def cursor(query: QueryDict) -> str | None:
    """The cursor of the page asked for; None for the first."""
    trail = _trail(query)
    return trail[-1] if trail else None


def steps(query: QueryDict, following: str | None) -> tuple[str, str]:
    """The addresses of the page before and of the page after; "" where there is none."""
    trail = _trail(query)
    previous = _address(query, trail[:-1]) if trail else ""
    return previous, _address(query, [*trail, following]) if following else ""


def shown(query: QueryDict, here: int, limit: int, total: int) -> str:
    """`51–100 of 18,148`."""
    first = len(_trail(query)) * limit
    return f"{first + 1:,}–{first + here:,} of {total:,}" if here else ""


def _trail(query: QueryDict) -> list[str]:
    return [part for part in query.get(NAME, "").split("~") if part]


def _address(query: QueryDict, trail: list[str]) -> str:
    asked = query.copy()
    asked.pop(NAME, None)
    for name in [name for name, value in asked.items() if not value]:
        del asked[name]
    if trail:
        asked[NAME] = "~".join(trail[-MOST:])
    return f"?{asked.urlencode(safe='~')}" if asked else "?"
