"""Half a character is no reason to refuse a batch.

Browsers and scripts cut texts in the middle of an emoji and send the half as an escape (`\\ud83d`), which
no UTF-8 text can hold.  It becomes the sign for an unreadable character; all else stays as it came.
"""

from __future__ import annotations

import re

ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def mend(body: bytes) -> bytes:
    """The JSON text with lone surrogates replaced."""
    return ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)
