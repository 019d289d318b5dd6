"""Real and deliberately dirty event files go in by mapping alone, and each row that cannot is told in the error file.

The files are not ours to ship: they are read from CADENZA_SHARED_DATA, or from `shared/data` beside the repository.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cadenza.base import database, projection
from cadenza.cdp.events import service as events
from cadenza.cdp.profiles import service as profiles
from cadenza.connect.imports import service
from cadenza.connect.imports.types import Run

ROOT = Path(__file__).parents[3]
PLACES = (
    os.environ.get("CADENZA_SHARED_DATA"),
    ROOT.parent / "shared" / "data",
    ROOT.parents[1] / "shared" / "data",
)
BASIS = {"legal": "legitimate_interests", "source": "A public sample, for tests."}
FIRST = 2  # the first row stands on the second line, and is called by that number
SHOP = {
    "kind": "events",
    "source": "rees46",
    "basis": BASIS,
    "key": ["event_time", "event_type", "product_id", "user_id", "user_session"],
    "columns": {
        "event_time": "at",
        "event_type": {
            "to": "event",
            "values": {"view": "Product Viewed", "cart": "Product Added", "purchase": "Purchased"},
        },
        "product_id": "properties.product_id",
        "category_code": "properties.category",
        "brand": "properties.brand",
        "price": {"to": "properties.price", "type": "decimal"},
        "user_id": "external_id",
        "user_session": "properties.session",
    },
}
MAILS = {
    "kind": "events",
    "source": "mails",
    "basis": BASIS,
    "skip": [{"column": "campaign_id", "is": "cmp_test"}],
    "columns": {
        "user_id": {"to": "external_id", "case": "lower"},
        "campaign_id": "properties.campaign",
        "timezone": "properties.time_zone",
        "segment": "properties.segment",
    },
}


def shared(name: str) -> Path:
    """A file of the shared data; the test is skipped where it is not there."""
    for place in PLACES:
        if place and (found := Path(place) / name).exists():
            return found
    pytest.skip(f"{name} is not here: name the folder of the shared data sets in CADENZA_SHARED_DATA")


def lines(file: Path) -> list[dict[str, str]]:
    """The rows of a file, read without any of our code."""
    with zstandard.open(file, "rt", encoding="utf-8") as text:
        return list(csv.DictReader(io.StringIO(text.read())))


def told(workspace: Any, run: Run) -> dict[int, str]:
    """What the error file says of each bad row, by the row's number."""
    with database.scope(workspace):
        found = service.error_file(workspace, run.id)
    if not found:
        return {}
    with found.open(encoding="utf-8-sig") as file:
        return {int(row["import row"]): str(row) for row in csv.DictReader(file)}


def test_a_shop_s_events_go_in_and_the_broken_last_line_is_told(workspace):
    file = shared("rees46_events_sample.csv.zst")
    rows = lines(file)
    whole = rows[:-1]
    run = service.run_now(workspace, file, SHOP)
    assert run.state == "finished"
    assert (run.counts.created, run.counts.invalid) == (len(whole), 1)
    bad = told(workspace, run)
    last = FIRST + len(rows) - 1
    assert list(bad) == [last]
    assert "ends in the middle of this row" in bad[last]
    projection.drain()
    different = {
        tuple(row[name] for name in SHOP["key"]) for row in whole
    }  # the sample holds five rows twice
    with database.scope(workspace):
        names = dict(events.names(workspace))
        assert profiles.count(workspace) == len({row["user_id"] for row in whole})
    assert sum(names.values()) == len(different)
    assert names["Purchased"] == len({key for key in different if key[1] == "purchase"})


@pytest.mark.parametrize(
    ("column", "event"),
    [
        ("send_timestamp", "Email Sent"),
        ("open_timestamp", "Email Opened"),
        ("click_timestamp", "Email Clicked"),
    ],
)
def test_dirty_mail_events_go_in_one_kind_at_a_time_and_each_bad_row_is_told(workspace, column, event):
    file = shared("email_events_1000_dirty.csv.zst")
    rows = lines(file)
    mapping = MAILS | {
        "columns": {**MAILS["columns"], column: "at"},
        "constants": {"event": event},
        "skip": [*MAILS["skip"], {"column": column, "empty": True}],
        "key": ["user_id", "campaign_id", column],
    }
    asked = {n: row for n, row in enumerate(rows, FIRST) if row["campaign_id"] != "cmp_test" and row[column]}
    nobody = {n for n, row in asked.items() if not row["user_id"].strip()}
    run = service.run_now(workspace, file, mapping)
    assert run.state == "finished"
    assert run.counts.skipped == len(rows) - len(asked)
    assert (run.counts.invalid, run.counts.created) == (len(nobody), len(asked) - len(nobody))
    assert set(told(workspace, run)) == nobody
    with database.scope(workspace):
        people = {row["user_id"].strip().lower() for n, row in asked.items() if n not in nobody}
        assert profiles.count(workspace) == len(people)
    again = service.run_now(workspace, file, mapping)
    projection.drain()
    with database.scope(workspace):
        assert dict(events.names(workspace))[event] <= len(asked) - len(nobody)
    assert set(told(workspace, again)) == nobody
