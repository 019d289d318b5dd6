"""Invents newsletter sign-ups for the AdventureWorks demo: people whom the shop knows, written a little otherwise.

Run it beside AdventureWorks_Customers.csv.zst; it writes signups.csv.zst, always the same.  So the demo has
something to find under People → Likely duplicates: a private address, a slip in a name, names the wrong way round.
"""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from pathlib import Path

import zstandard

HERE = Path(__file__).parent
EVERY = 500  # one customer in so many signs up a second time
HEADER = ("FirstName", "LastName", "BirthDate", "Gender", "EmailAddress")


def number(customer: str, what: str, below: int) -> int:
    """A number that follows from the customer and a word alone."""
    return int.from_bytes(sha256(f"{customer}:{what}".encode()).digest()[:8], "big") % below


def slipped(name: str, customer: str) -> str:
    """A name with two neighbours swapped, or one letter lost."""
    place = 1 + number(customer, "place", max(1, len(name) - 2))
    if number(customer, "slip", 2):
        return name[:place] + name[place + 1 :]
    return name[: place - 1] + name[place : place + 1] + name[place - 1 : place] + name[place + 1 :]


def signup(row: dict[str, str]) -> tuple[str, ...]:
    """What one of them wrote into the form."""
    customer, first, last = row["CustomerKey"], row["FirstName"].title(), row["LastName"].title()
    kind = number(customer, "kind", 4)
    shown = (last, first) if kind == 0 else (first, slipped(last, customer)) if kind == 1 else (first, last)
    mailbox = f"{first}.{last}{row['BirthDate'][-2:]}".lower().replace(" ", "").replace("'", "")
    return *shown, row["BirthDate"], row["Gender"] if kind != 2 else "", f"{mailbox}@mail.example"


def main() -> None:
    with zstandard.open(
        HERE / "AdventureWorks_Customers.csv.zst", "rt", encoding="latin-1", newline=""
    ) as file:
        chosen = [row for row in csv.DictReader(file) if number(row["CustomerKey"], "signs up", EVERY) == 0]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *(signup(row) for row in chosen)])
    (HERE / "signups.csv.zst").write_bytes(zstandard.compress(text.getvalue().encode(), 19))


if __name__ == "__main__":
    main()
