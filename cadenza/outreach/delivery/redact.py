"""Takes addresses out of what mail servers say, so that the log of attempts holds nobody's."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")


def redact(words: str, longest: int = 500) -> str:
    """The same words without addresses, control characters or more than `longest` letters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(ADDRESS.sub("(address)", plain).split())[:longest]
