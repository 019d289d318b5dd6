"""The nouns of an import: what a mapping says, what a row became, how far a run is."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from cadenza.base.ids import ImportId, WorkspaceId

Kind = Literal["customers", "orders", "order_lines", "products", "returns", "events", "consents", "merges"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Fate = Literal["invalid", "blocked", "unknown"]
Cell = str | int | float | bool | Decimal | date | datetime | None
State = Literal["uploaded", "checking", "ready", "running", "paused", "finished", "failed", "cancelled"]
LEGAL_BASES = (
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
)


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `quote` is empty where quotation marks are plain text."""

    format: Literal["csv", "parquet"] = "csv"
    compression: Literal["", "gz", "zst"] = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'


@dataclass(frozen=True)
class Row:
    """One record of a file. `number` counts records from 1; `line` is where it begins in the text (0: no text)."""

    number: int
    line: int
    cells: tuple[Cell, ...]
    fault: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Flaw:
    """Why a row, or one value of it, cannot be taken. `fate`: as what it counts. `secret`: the row is not kept."""

    column: str
    value: str
    reason: str
    hint: str = ""
    fate: Fate = "invalid"
    secret: bool = False

    def __str__(self) -> str:
        place = f"{self.column}: " if self.column else ""
        seen = f" Found: {self.value!r}." if self.value else ""
        return f"{place}{self.reason}{seen}" + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Column:
    """One column of the file and the field that it fills."""

    source: str
    to: str
    type: str = ""
    formats: tuple[str, ...] = ()
    values: Table[str, str] = field(default_factory=dict)
    lookup: tuple[tuple[str, str], ...] = ()
    case: Literal["", "title", "lower", "upper"] = ""
    default: str = ""
    category: str = ""
    label: str = ""
    shift: bool = False
    if_wrong: Literal["reject", "leave_out"] = "reject"


@dataclass(frozen=True)
class Lookup:
    """Another file whose rows are found by `key`."""

    name: str
    file: str
    key: str
    encoding: str = ""


@dataclass(frozen=True)
class Shift:
    """Move every date by whole days so that `anchor` falls on `to` (`today`, `yesterday` or a date)."""

    anchor: date
    to: str = "today"


@dataclass(frozen=True)
class Skip:
    """Rows to pass over: `column` `test` `value`."""

    column: str
    test: Literal["is", "is_not", "starts_with", "contains", "empty", "below"]
    value: str = ""


@dataclass(frozen=True)
class Mapping:
    """From the columns of a file to the fields of one kind of record, with the reason why we may hold them."""

    kind: Kind
    columns: tuple[Column, ...]
    source: str
    basis: str
    origin: str
    name: str = ""
    constants: Table[str, str] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    date_formats: tuple[str, ...] = ()
    time_zone: str = ""
    shift: Shift | None = None
    spread_hours: tuple[int, int] | None = None
    decimal: Literal["", ".", ","] = ""
    region: str = ""
    empty: tuple[str, ...] = ()
    skip: tuple[Skip, ...] = ()
    key: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'


@dataclass(frozen=True)
class Record:
    """A row understood: who it is about, and typed values by field name."""

    number: int
    who: tuple[tuple[str, str], ...]
    values: dict[str, Any]
    left_out: tuple[Flaw, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken, with every reason that was found."""

    number: int
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True)
class Skipped:
    """A row that the mapping passes over."""

    number: int


@dataclass(frozen=True)
class Counts:
    """What became of the rows. `incomplete` rows went in with a value left out, and are counted above too.

    `blocked`: a rule or a person says that it must not be; `unknown`: it names nobody whom we know.
    """

    created: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    invalid: int = 0
    skipped: int = 0
    incomplete: int = 0
    blocked: int = 0
    unknown: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[int, ...]:
        return tuple(getattr(self, one.name) for one in fields(self))

    @property
    def rejected(self) -> int:
        """Rows that were not taken, for whatever reason."""
        return self.invalid + self.blocked + self.unknown


COUNTED = tuple(one.name for one in fields(Counts))


@dataclass(frozen=True)
class Undone:
    """How many merges of an import were taken back, and how many could not be."""

    undone: int
    left: int


@dataclass(frozen=True)
class Run:
    """One import of one file, and how far it is."""

    id: ImportId
    kind: str
    file_name: str
    state: State
    mapping: dict[str, Any]
    rows_total: int
    rows_done: int
    counts: Counts
    checked: dict[str, Any]
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def fraction(self) -> float:
        """How much is done, from 0 to 1."""
        if self.state == "finished":
            return 1.0
        return min(self.rows_done / self.rows_total, 1.0) if self.rows_total else 0.0


@dataclass(frozen=True)
class SavedMapping:
    """A mapping kept under a name, to be used again."""

    id: Any
    name: str
    kind: str
    document: dict[str, Any]


@dataclass(frozen=True)
class Fillable:
    """A field that a column may fill. One that ends with a point or colon is open: a name of one's own follows."""

    name: str
    type: str
    required: bool = False


@dataclass(frozen=True)
class Guess:
    """A mapping made from the file alone, and what a person should look at."""

    document: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What all records of a run have in common. `file` names rows that carry no key of their own."""

    workspace: WorkspaceId
    run: ImportId
    mapping: Mapping
    file: str
    at: datetime


@dataclass(frozen=True)
class Preview:
    """The first rows of a file as it will be read."""

    dialect: Dialect
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sample:
    """One row as a mapping understands it, for people to look at."""

    row: int
    values: dict[str, str]
    flaws: tuple[str, ...] = ()
    rejected: bool = False


@dataclass(frozen=True)
class Fault:
    """One line of the error file."""

    row: int
    outcome: str
    reasons: str
    cells: tuple[str, ...]
