"""A job belongs to the transaction that put it in: rolled back, there was none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction

from cadenza.base import database, jobs
from cadenza.base.ids import new_id


@jobs.task(queue="tests")
def note(name: str) -> None:
    """Stands for any job."""


def waiting(name):
    return database.rows(
        "select scheduled_at, lock, queueing_lock from procrastinate_jobs where args ->> 'name' = %s", [name]
    )


def test_a_job_is_there_after_the_commit(engines):
    name = str(new_id())
    with transaction.atomic():
        assert jobs.defer(note, name=name)
    assert waiting(name) == [(None, None, None)]


def test_rolled_back_there_is_no_job(engines):
    name = str(new_id())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.defer(note, name=name)
        raise ZeroDivisionError
    assert waiting(name) == []


def test_once_is_once_and_spoils_no_transaction(engines):
    name, once = str(new_id()), str(new_id())
    with transaction.atomic():
        assert jobs.defer(note, once=once, name=name)
        assert not jobs.defer(note, once=once, name=name)
        assert database.rows("select 1") == [(1,)]
    assert len(waiting(name)) == 1


def test_a_job_may_wait_for_its_time(engines):
    name, at = str(new_id()), datetime(2031, 1, 1, tzinfo=UTC)
    jobs.defer(note, at=at, lock="one", name=name)
    assert waiting(name) == [(at, "one", None)]
