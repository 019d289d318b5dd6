"""Hides the Liquid in a text, so that what reads markup is not confused by it and nothing mangles it.

Two ways: `veil` keeps every position (for finding places), `mask` puts short words in (for handing to other tools).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
VEIL = "\ue000"  # private use: stands in no text that people write
WORD = "zqcdz"
MARK = re.compile(rf"{WORD}(\d+)z")


def veil(text: str) -> str:
    """The same text with each Liquid token overwritten, newlines kept: every offset still fits."""
    return LIQUID.sub(lambda token: re.sub(r"[^\n]", VEIL, token[0]), text.replace(VEIL, " "))


@dataclass
class Masked:
    """Pieces taken out of a text, and how to put them back."""

    pieces: list[str] = field(default_factory=list)

    def take(self, piece: str) -> str:
        """A word that stands for the piece."""
        self.pieces.append(piece)
        return f"{WORD}{len(self.pieces) - 1}z"

    def mask(self, text: str) -> str:
        """The text with a word for each Liquid token."""
        return LIQUID.sub(lambda token: self.take(token[0]), text)

    def restore(self, text: str) -> str:
        """The text with every word replaced by its piece."""
        return MARK.sub(lambda word: self._piece(word), text)

    def _piece(self, word: re.Match[str]) -> str:
        number = int(word[1])
        return self.pieces[number] if number < len(self.pieces) else ""


def mask(text: str) -> tuple[str, Masked]:
    """The text with a word for each Liquid token, and the way back."""
    pieces = Masked()
    return pieces.mask(MARK.sub("", text)), pieces
