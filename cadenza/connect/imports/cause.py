"""Which import is writing at this moment, so that what it causes elsewhere can be led back to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cadenza.base.ids import ImportId

_writing: ContextVar[ImportId | None] = ContextVar("import", default=None)


@contextmanager
def cause(run: ImportId) -> Iterator[None]:
    """What happens inside is caused by this import."""
    before = _writing.set(run)
    try:
        yield
    finally:
        _writing.reset(before)


def caused_by() -> ImportId | None:
    """The import that is writing in this thread, if any."""
    return _writing.get()
