"""People whose duplicates are known (FEBRL 1–3, splink's sample) from ../shared/data, and how well pairs fit them."""

from __future__ import annotations

import csv
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import zstandard

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("CADENZA_SHARED_DATA", ROOT.parent / "shared" / "data"))
ARCHIVE = SHARED / "identity_dev.tar.zst"
MISSING = f"no labelled people: {ARCHIVE} is absent; set CADENZA_SHARED_DATA to the folder that holds it"
SETS = {
    "FEBRL 1": "febrl/dataset1.csv",
    "FEBRL 2": "febrl/dataset2.csv",
    "FEBRL 3": "febrl/dataset3.csv",
    "splink fake 1000": "splink/fake_1000.csv",
}
Pair = tuple[int, int]


@dataclass(frozen=True)
class Labelled:
    """`told`: what is known of each record; `entity`: who each record really is."""

    told: list[Mapping[str, str]]
    entity: list[str]

    @property
    def pairs(self) -> set[Pair]:
        """Every pair of records that is one person."""
        return same(self.entity)


@dataclass(frozen=True)
class Fit:
    """How well found pairs fit the true ones."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1)

    def __str__(self) -> str:
        return f"precision {self.precision:.4f}  recall {self.recall:.4f}  F1 {self.f1:.4f}"


def fit(found: set[Pair], true: set[Pair]) -> Fit:
    hits = len(found & true)
    return Fit(hits / (len(found) or 1), hits / len(true))


def same(values: Iterable[object]) -> set[Pair]:
    """Pairs of places that hold one value."""
    places: dict[object, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    return {pair for held in places.values() for pair in combinations(held, 2)}


def naive(people: Labelled) -> set[Pair]:
    """The baseline: first name, last name and date of birth are there and the same."""
    keys = ("first_name", "last_name", "birth_date")
    return same(
        tuple(told[key] for key in keys) if all(told.get(key) for key in keys) else place
        for place, told in enumerate(people.told)
    )


@cache
def people(name: str) -> Labelled:
    rows = list(csv.DictReader(io.StringIO(_file(SETS[name])), skipinitialspace=True))
    if "splink" in name:
        return Labelled([_splink(row) for row in rows], [row["cluster"] for row in rows])
    return Labelled([_febrl(row) for row in rows], [row["rec_id"].split("-")[1] for row in rows])


def _file(name: str) -> str:
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(ARCHIVE.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        held = archive.extractfile(next(one for one in archive.getmembers() if one.name.endswith(name)))
        assert held is not None
        return held.read().decode()


def customers(most: int) -> Labelled:
    """Customers of the demo shop, of whom no two are one: every record is an entity of its own."""
    packed = ROOT / "examples" / "adventureworks" / "AdventureWorks_Customers.csv.zst"
    plain = zstandard.ZstdDecompressor().stream_reader(packed.read_bytes()).read().decode("latin-1")
    rows = list(csv.DictReader(io.StringIO(plain)))[:most]
    return Labelled([_customer(row) for row in rows], [str(place) for place in range(len(rows))])


def _customer(row: Mapping[str, str]) -> dict[str, str]:
    month, day, year = row["BirthDate"].split("/" if "/" in row["BirthDate"] else "-")
    return {
        "first_name": row["FirstName"],
        "last_name": row["LastName"],
        "birth_date": f"{year}-{int(month):02}-{int(day):02}",
        "email": row["EmailAddress"],
    }


def _splink(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "first_name": row["first_name"],
        "last_name": row["surname"],
        "birth_date": row["dob"],
        "city": row["city"],
        "email": row["email"],
    }


def _febrl(row: Mapping[str, str]) -> dict[str, str]:
    """The social security number is left out: no shop has one."""
    born = row["date_of_birth"].strip()
    return {
        "first_name": row["given_name"],
        "last_name": row["surname"],
        "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}" if born else "",
        "city": row["suburb"],
        "postcode": row["postcode"],
        "street": f"{row['street_number']} {row['address_1']}".strip(),
    }
