"""From the first bytes of a text file to how it is written: encoding and delimiter, found by content."""

from __future__ import annotations

import csv
import re
from collections import Counter

from cadenza.connect.imports.types import Dialect

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
USUAL = ",;\t|"
LINES = 100
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff]{2,}")
_SEP = re.compile(r"^sep=(.)\r?\n", re.IGNORECASE)


def sniff(head: bytes, strange: bytes = b"") -> Dialect:
    """`head` is the beginning of the file; `strange` the first stretch that is no UTF-8, if there is one."""
    encoding = _encoding(head, strange)
    text = head.decode(encoding, "replace")
    return Dialect(encoding=encoding, delimiter=_delimiter(text))


def _encoding(head: bytes, strange: bytes) -> str:
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if not strange or _mostly_utf8(strange):
        return "utf-8"
    if _share_of_runs(strange) > 0.6:
        return "windows-1251"
    return "windows-1252" if re.search(rb"[\x80-\x9f]", strange) else "latin-1"


def _mostly_utf8(strange: bytes) -> bool:
    """A few broken bytes in a UTF-8 file are broken rows, not another encoding."""
    decoded = strange.decode("utf-8", "replace")
    broken = decoded.count("\ufffd")
    other = sum(1 for letter in decoded if letter > "\x7f") - broken
    return broken * 10 < other


def _share_of_runs(strange: bytes) -> float:
    """In Cyrillic text letters beyond ASCII stand side by side; in Latin text they stand alone."""
    high = len(_HIGH.findall(strange))
    return sum(map(len, _RUN.findall(strange))) / high if high else 0.0


def _delimiter(text: str) -> str:
    if told := _SEP.match(text):
        return told[1]
    lines = text.splitlines(keepends=True)[:LINES]
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()  # the sample ends in the middle of this line
    if not lines:
        return ","
    found = [(_score(lines, letter), letter) for letter in _candidates(lines[0])]
    best = max(found, key=lambda one: one[0], default=(0.0, ","))
    return best[1] if best[0] > 0 else ","


def _candidates(header: str) -> list[str]:
    """Usual delimiters first, then any other sign of the header."""
    signs = {letter for letter in header if not letter.isalnum() and letter not in "\"' _-.()\r\n\ufeff"}
    return [letter for letter in USUAL if letter in signs] + sorted(signs - set(USUAL))


def _score(lines: list[str], letter: str) -> float:
    """How evenly this letter cuts the lines; usual letters and more columns win ties."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=letter) if row)
    except csv.Error:
        return 0.0
    width, count = widths.most_common(1)[0]
    if width < 2:
        return 0.0
    return count / widths.total() + (0.5 if letter in USUAL else 0.0) + min(width, 100) / 1000
