"""Questions to the event store: values bound, moments aware, too much refused, people erased, schemas applied once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cadenza.base import clickhouse
from cadenza.base.ids import new_id
from cadenza.base.problem import BadInput, Unavailable

NOON = datetime(2030, 1, 1, 12, 30, 15, 250000, tzinfo=UTC)


@pytest.mark.parametrize("told", ["'; drop table event; --", "\\", "\n\t'\"`", "{w:UUID}", "ī 🎉", ""])
def test_a_value_stays_a_value(engines, told):
    assert clickhouse.query("select {t:String}", {"t": told}) == [(told,)]


@pytest.mark.parametrize(
    "expression",
    [
        "{t:DateTime64(3, 'UTC')}",
        "[{t:DateTime64(3, 'UTC')}][1]",
        "toDateTime64({t:DateTime64(3, 'UTC')}, 6)",
    ],
)
def test_moments_come_back_aware(engines, expression):
    assert clickhouse.query(f"select {expression}", {"t": NOON}) == [(NOON,)]


def test_moments_inside_lists_and_maps_come_back_aware(engines):
    found = clickhouse.query(
        "select [{t:DateTime64(3, 'UTC')}], map('a', {t:DateTime64(3, 'UTC')}), ({t:DateTime64(3, 'UTC')}, 1)",
        {"t": NOON},
    )
    assert list(found[0][0]) == [NOON]
    assert found[0][1] == {"a": NOON}
    assert tuple(found[0][2]) == (NOON, 1)


@pytest.mark.parametrize(
    ("sql", "limits"),
    [
        ("select sum(sipHash64(number)) from numbers(100000000000)", {"max_execution_time": 0.3}),
        (
            "select count() from (select distinct sipHash64(number) from numbers(50000000))",
            {"max_memory_usage": 30000000},
        ),
        ("select count() from numbers(1000000)", {"max_rows_to_read": 1000}),
    ],
)
def test_a_question_that_is_too_large_is_bad_input(engines, sql, limits):
    with pytest.raises(BadInput):
        clickhouse.query(sql, settings=limits)
    assert clickhouse.query("select 1") == [(1,)]


def test_a_fault_gives_the_client_back(engines):
    for _ in range(clickhouse.CLIENTS + 2):
        with pytest.raises(Exception, match="nowhere"):
            clickhouse.query("select * from nowhere")
    assert clickhouse.query("select 1") == [(1,)]


def test_one_person_is_erased_for_good(workspace):
    lines = b"".join(
        b'{"workspace":"%s","profile":%d,"into":9,"version":1}\n' % (str(workspace).encode(), n)
        for n in (1, 1, 2)
    )
    clickhouse.insert_lines("profile_override", lines, str(new_id()))
    assert clickhouse.erase("profile_override", new_id(), 1) == 0
    assert clickhouse.erase("profile_override", workspace, 1) >= 1
    left = clickhouse.query(
        "select profile from profile_override where workspace = {w:UUID}", {"w": str(workspace)}
    )
    assert left == [(2,)]
    assert clickhouse.erase("profile_override", workspace, 1) == 0


def test_rows_with_the_same_token_go_in_once(workspace):
    line = b'{"workspace":"%s","profile":1,"into":9,"version":1}\n' % str(workspace).encode()
    token = str(new_id())
    for _ in range(2):
        clickhouse.insert_lines("profile_override", line, token)
    found = clickhouse.query(
        "select count() from profile_override where workspace = {w:UUID}", {"w": str(workspace)}
    )
    assert found == [(1,)]


def test_a_schema_file_is_applied_once(engines, tmp_path):
    folder = tmp_path / f"m{new_id().hex}" / "clickhouse"
    folder.mkdir(parents=True)
    table = f"t{new_id().hex}"
    made = f"create table {table} (a Int8) engine = MergeTree order by a settings DURABLE"
    text = f"{made};\ninsert into {table} values (1)\n"
    (folder / "0001_one.sql").write_text(text)
    assert clickhouse.migrate([folder]) == [f"{folder.parent.name}/0001_one"]
    (folder / "0002_two.sql").write_text(f"insert into {table} values (2)")
    assert clickhouse.migrate([folder]) == [f"{folder.parent.name}/0002_two"]
    assert clickhouse.migrate([folder]) == []
    assert clickhouse.query(f"select a from {table} order by a") == [(1,), (2,)]


def test_every_schema_file_can_be_applied_again_after_a_crash_in_its_middle(engines):
    from pathlib import Path

    import cadenza

    for file in Path(cadenza.__file__).parent.glob("*/*/clickhouse/*.sql"):
        for statement in clickhouse.statements(file.read_text()):
            clickhouse.command(statement)


def test_merged_parts_keep_the_keys_of_a_map_in_buckets_and_nothing_is_lost(engines):
    clickhouse.command("create table buckets (n UInt64, text Map(LowCardinality(String), String)) engine = MergeTree"
                       " order by n settings min_bytes_for_wide_part = 0")  # fmt: skip
    for statement in clickhouse.statements("alter table buckets modify setting BUCKETS"):
        clickhouse.command(statement)
    made = "map('number', toString(number), 'parity', toString(number % 2), 'empty', '', 'ключ', 'значение')"
    for start in (0, 1000):
        clickhouse.command(f"insert into buckets select number, {made} from numbers({start}, 1000)")
    question = (
        "select n, text, text['number'], text['parity'], text['ключ'], text['none'] from buckets order by n"
    )
    before = clickhouse.query(question)
    clickhouse.command("optimize table buckets final")
    kept = (
        "select substreams from system.parts_columns where table = 'buckets' and active and column = 'text'"
    )
    [(streams,)] = clickhouse.query(kept)
    assert "text.buckets_info" in streams
    assert clickhouse.query(question) == before and len(before) == 2000
    clickhouse.command("drop table buckets")


def test_when_every_client_is_busy_for_long_the_store_is_away(engines, monkeypatch):
    monkeypatch.setattr(clickhouse, "WAIT_SECONDS", 0.05)
    held = []
    for _ in range(clickhouse.CLIENTS):
        held.append(clickhouse._client())
        held[-1].__enter__()
    try:
        with pytest.raises(Unavailable):
            clickhouse.query("select 1")
    finally:
        for one in held:
            one.__exit__(None, None, None)
    assert clickhouse.query("select 1") == [(1,)]
