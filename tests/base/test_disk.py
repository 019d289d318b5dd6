"""A filling disk: told first, then large work stops, then events are refused; with room all goes on."""

from __future__ import annotations

import io

import pytest

from cadenza.base import disk, files
from cadenza.base.disk import Level
from cadenza.base.ids import new_id
from cadenza.base.problem import Unavailable


@pytest.mark.parametrize(
    ("used", "level"),
    [(0.0, Level.FINE), (0.899, Level.FINE), (0.9, Level.ALARM), (0.95, Level.TIGHT), (0.97, Level.FULL),
     (1.0, Level.FULL)],
)  # fmt: skip
def test_levels(used, level):
    with disk.measured(used):
        assert disk.level() is level


def test_the_real_disk_is_measured(engines):
    assert 0 < disk.measure() < 1
    assert disk.share() == pytest.approx(disk.measure(), abs=0.05)


def test_large_work_stops_before_events_do():
    with disk.measured(0.96):
        disk.need_any()
        with pytest.raises(Unavailable) as refusal:
            disk.need_room()
    assert "imports and exports have stopped" in refusal.value.detail and "Make room" in refusal.value.hint
    with disk.measured(0.98), pytest.raises(Unavailable):
        disk.need_any()
    disk.need_any()


def test_no_file_is_taken_in_and_later_it_is(engines):
    with disk.measured(0.95), pytest.raises(Unavailable):
        files.save(new_id(), io.BytesIO(b"x"))
    assert files.save(new_id(), io.BytesIO(b"x"))
