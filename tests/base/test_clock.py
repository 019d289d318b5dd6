"""Time stands still when told, for every thread, and goes on afterwards."""

from datetime import UTC, datetime, timedelta
from threading import Thread

from cadenza.base import clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_it_tells_the_moment_in_utc():
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_it_stands_for_every_thread_until_it_is_moved():
    seen = []
    with clock.fixed(NOON) as fixed:
        fixed.move(days=1, hours=1)
        thread = Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen == [NOON + timedelta(hours=25)]
    assert clock.now() != seen[0]


def test_a_stop_inside_a_stop_ends_with_it():
    with clock.fixed(NOON):
        with clock.fixed(NOON + timedelta(days=1)):
            pass
        assert clock.now() == NOON
