"""Invents who agreed to the newsletter of the AdventureWorks demo, since the sample database holds no consents.

Run it beside AdventureWorks_Customers.csv.zst; it writes consents.csv.zst, always the same.  Of a hundred
people some 64 agreed to the newsletter (4 of them withdrew later), 10 refused, and of 26 nothing is known.
Most of those who agreed also agreed that opens are measured.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import zstandard

HERE = Path(__file__).parent
FIRST, LAST = date(2021, 1, 1), date(2023, 6, 30)  # the days that the sales files cover
HEADER = ("CustomerKey", "EmailAddress", "Topic", "State", "Day")


def number(customer: str, what: str, below: int) -> int:
    """A number that follows from the customer and a word alone."""
    return int.from_bytes(sha256(f"{customer}:{what}".encode()).digest()[:8], "big") % below


def statements(customer: str, email: str) -> Iterator[tuple[str, ...]]:
    """What one invented person said."""
    said = number(customer, "newsletter", 100)
    day = FIRST + timedelta(days=number(customer, "day", (LAST - FIRST).days - 60))
    if said < 64:
        yield customer, email, "newsletter", "given", day.isoformat()
        measured = "given" if number(customer, "open_tracking", 100) < 88 else "refused"
        yield customer, email, "open_tracking", measured, day.isoformat()
    if said < 4:
        later = day + timedelta(days=1 + number(customer, "later", 60))
        yield customer, email, "newsletter", "withdrawn", later.isoformat()
    if 64 <= said < 74:
        yield customer, email, "newsletter", "refused", day.isoformat()


def main() -> None:
    with zstandard.open(
        HERE / "AdventureWorks_Customers.csv.zst", "rt", encoding="latin-1", newline=""
    ) as file:
        people = [(row["CustomerKey"], row["EmailAddress"]) for row in csv.DictReader(file)]
    lines = sorted((line for one in people for line in statements(*one)), key=lambda line: line[-1])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *lines])
    (HERE / "consents.csv.zst").write_bytes(zstandard.compress(text.getvalue().encode(), 19))


if __name__ == "__main__":
    main()
