"""With little space left nothing is merged; with space again the tables are read anew and hold what they held."""

from __future__ import annotations

import threading

import pytest

from cadenza.base import clickhouse
from cadenza.base.ids import new_id
from cadenza.base.problem import Unavailable
from cadenza.base.projection import space

COUNT = "select count() from profile_override where workspace = {w:UUID}"


@pytest.fixture
def looking(monkeypatch):
    monkeypatch.setattr(space, "LOOK_SECONDS", 0.0)
    yield monkeypatch
    monkeypatch.setattr(space, "LITTLE_BYTES", 0)
    space.watch()


def copy(workspace, profile):
    line = b'{"workspace":"%s","profile":%d,"into":9,"version":1}\n' % (str(workspace).encode(), profile)
    clickhouse.insert_lines("profile_override", line, str(new_id()))


def merging():
    """Whether parts of a table become one when it is asked for."""
    clickhouse.command("optimize table profile_override final")
    return clickhouse.query(
        "select count() from system.parts where table = 'profile_override' and active"
    ) == [(1,)]


def test_with_little_space_nothing_is_merged_or_erased_and_then_all_is_as_before(workspace, looking):
    copy(workspace, 1)
    looking.setattr(space, "LITTLE_BYTES", 1 << 60)
    space.watch()
    copy(workspace, 2)
    with pytest.raises(Exception, match=r"ABORTED|Cancelled merging"):
        merging()
    with pytest.raises(Unavailable, match="disk is full"):
        clickhouse.erase("profile_override", workspace, 1)

    looking.setattr(space, "LITTLE_BYTES", 0)
    space.watch()
    assert clickhouse.query(COUNT, {"w": str(workspace)}) == [(2,)]
    assert merging()
    assert clickhouse.erase("profile_override", workspace, 1) == 1


def test_files_that_are_cut_short_make_the_store_suspect_until_they_are_read_anew(workspace, looking):
    copy(workspace, 1)
    assert isinstance(clickhouse._told(Exception("Code: 246. … (CORRUPTED_DATA)")), Unavailable)
    assert clickhouse.is_suspect()
    space.watch()
    assert not clickhouse.is_suspect()
    assert clickhouse.query(COUNT, {"w": str(workspace)}) == [(1,)]


def test_a_table_is_read_anew_while_others_ask(workspace):
    copy(workspace, 1)
    stopping, wrong = threading.Event(), []

    def ask():
        try:
            while not stopping.is_set():
                assert clickhouse.query(COUNT, {"w": str(workspace)}) == [(1,)]
        except Exception as error:
            wrong.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for one in askers:
        one.start()
    for _ in range(5):
        clickhouse.read_anew()
    stopping.set()
    for one in askers:
        one.join()
    assert wrong == []
