"""A cell that no spreadsheet takes for a formula, and back.

What begins with one of `= + - @` (or a tab, a return, a NUL) gets an apostrophe before it when it is
written into a file for people; reading takes the apostrophe away again.
"""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"'*[=+\-@\t\r\x00]")
_READ = re.compile(r"'+[=+\-@\t\r\x00]")


def guarded(cell: str) -> str:
    """The cell as it may stand in a file that people open."""
    return f"'{cell}" if _WRITTEN.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if _READ.match(cell) else cell
