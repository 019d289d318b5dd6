"""A run goes on where it was stopped, exactly; one bad row does not take others with it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from cadenza.base import database, disk, files
from cadenza.base.problem import Unavailable
from cadenza.connect.imports import jobs, runner, service, store
from cadenza.connect.imports.types import Counts, Run
from tests.connect.imports.conftest import Import

ROWS = "id,mail\n" + "".join(
    f"{n},{'broken' if n % 500 == 0 else f'p{n}@example.com'}\n" for n in range(1, 3501)
)
COLUMNS = {"id": "external_id", "mail": "email"}


class Killed(BaseException):
    """Ends a run as a crash would: nothing of ours catches it."""


def killed_after(chunks: int) -> Any:
    left = [chunks]

    def progress(done: int, total: int | None) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed

    return progress


def interrupted(workspace: Any, run_file: Import, chunks: int) -> Run:
    with pytest.raises(Killed):
        run_file("customers", ROWS, COLUMNS, progress=killed_after(chunks))
    with database.scope(workspace):
        return service.runs(workspace)[0]


def test_a_killed_run_goes_on_and_every_row_counts_once(workspace: Any, run_file: Import) -> None:
    from cadenza.cdp.profiles import service as profiles

    run = interrupted(workspace, run_file, 2)
    assert (run.state, run.rows_done, run.counts) == ("running", 2000, Counts(created=1996, invalid=4))
    path = files.path(workspace, f"{run.id}-faults.csv")
    path.write_bytes(
        path.read_bytes() + b"2501,rejected,written by the chunk that was never committed,x,y\r\n"
    )
    done = runner.carry(workspace, run.id)
    assert (done.state, done.rows_done, done.counts) == ("finished", 3500, Counts(created=3493, invalid=7))
    with database.scope(workspace):
        assert profiles.count(workspace) == 3493
        assert [one.row for one in service.errors(workspace, run.id)] == [501 + 500 * n for n in range(7)]
        assert not files.path(workspace, store.row(workspace, run.id).file or "gone").exists()


def test_a_dead_workers_run_is_taken_up_again(workspace: Any, run_file: Import, clock: Any) -> None:
    run = interrupted(workspace, run_file, 1)
    with database.system_scope():
        assert (workspace, run.id) not in store.stalled(clock.now() - jobs.STALLED, "running")
    clock.move(minutes=2)
    with database.system_scope():
        assert (workspace, run.id) in store.stalled(clock.now() - jobs.STALLED, "running")
    jobs.resume_stalled()
    jobs.run_import(workspace=str(workspace), run=str(run.id))
    with database.scope(workspace):
        assert service.progress(workspace, run.id).state == "finished"


def test_a_paused_run_stops_after_its_chunk_and_goes_on(workspace: Any, run_file: Import) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == 1000:
            with database.scope(workspace):
                service.pause(workspace, service.runs(workspace)[0].id)

    run = run_file("customers", ROWS, COLUMNS, progress=progress)
    assert (run.state, run.rows_done) == ("paused", 1000)
    with database.scope(workspace):
        service.resume(workspace, run.id)
    assert runner.carry(workspace, run.id).counts == Counts(created=3493, invalid=7)


def test_a_cancelled_run_keeps_what_it_took_and_drops_the_file(workspace: Any, run_file: Import) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == 2000:
            with database.scope(workspace):
                service.cancel(workspace, service.runs(workspace)[0].id)

    run = run_file("customers", ROWS, COLUMNS, progress=progress)
    assert (run.state, run.counts.created) == ("cancelled", 1996)
    names = [path.name for path in files.path(workspace, "x").parent.iterdir()]
    assert names == [f"{run.id}-faults.csv"]


def test_a_second_worker_on_the_same_run_steps_aside(workspace: Any, run_file: Import) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == 1000:
            with database.scope(workspace):
                run = service.runs(workspace)[0]
            runner.carry(workspace, run.id)

    run = run_file("customers", ROWS, COLUMNS, progress=progress)
    assert (run.state, run.counts) == ("finished", Counts(created=3493, invalid=7))


def test_a_row_that_the_database_refuses_is_found_among_its_chunk(workspace: Any, run_file: Import) -> None:
    text = (
        "no,day,item,sum,line\n"
        + "".join(f"A{n},2024-05-01,x,1,{n}\n" for n in range(20))
        + "B,2024-05-01,x,1,99999999999\n"
    )
    columns = {"no": "number", "day": "placed_at", "item": "product", "sum": "total", "line": "line_number"}
    run = run_file("order_lines", text, columns)
    assert (run.state, run.counts) == ("finished", Counts(created=20, invalid=1))
    with database.scope(workspace):
        assert [(one.row, one.reasons) for one in service.errors(workspace, run.id)] == [
            (22, "The database refused this row.")
        ]


def test_a_cut_off_file_is_taken_in_as_far_as_it_goes(workspace: Any, run_file: Import) -> None:
    run = run_file("customers", "id,mail\n1,ann@example.com\n2,bo", COLUMNS)
    assert (run.state, run.counts) == ("finished", Counts(created=1, invalid=1))


def test_old_files_are_forgotten(workspace: Any, run_file: Import, clock: Any) -> None:
    import io

    run = run_file("customers", ROWS, COLUMNS)
    with database.scope(workspace):
        waiting = service.create(workspace, io.BytesIO(ROWS.encode()), "later.csv")
    clock.move(days=8)
    jobs.forget_old_files()
    with database.scope(workspace):
        assert service.progress(workspace, waiting.id).state == "cancelled"
        assert service.error_file(workspace, run.id) is not None
    clock.move(days=23)
    jobs.forget_old_files()
    with database.scope(workspace):
        assert service.error_file(workspace, run.id) is None
    assert not list(files.path(workspace, "x").parent.iterdir())
    assert timedelta(days=7) == jobs.UNUSED


def test_a_nearly_full_disk_holds_an_import_which_goes_on_once_there_is_room(
    workspace: Any, run_file: Import
) -> None:
    with disk.measured(0.96), pytest.raises(Unavailable, match="imports and exports have stopped"):
        run_file("customers", ROWS, COLUMNS)

    with ExitStack() as filling:

        def progress(done: int, total: int | None) -> None:
            filling.enter_context(disk.measured(0.96))

        held = run_file("customers", ROWS, COLUMNS, progress=progress)
    assert (held.state, held.rows_done, held.error) == ("paused", 1000, disk.STOPPED)
    jobs.resume_held()
    with database.scope(workspace):
        assert service.progress(workspace, held.id).state == "running"
    assert runner.carry(workspace, held.id).rows_done == 3500
