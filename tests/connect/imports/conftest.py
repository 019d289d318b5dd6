"""Small files and mappings for tests of imports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cadenza.connect.imports.types import Run

BASIS = {"legal": "contract", "source": "A test."}
Import = Callable[..., Run]


@pytest.fixture
def run_file(workspace: Any, tmp_path: Path) -> Import:
    """Import a text as a file, with a mapping's kind, columns and further sections."""
    from cadenza.connect.imports import service

    def run(kind: str, text: str, columns: dict[str, Any], *, name: str = "file.csv", **more: Any) -> Run:
        options = {key: more.pop(key) for key in ("progress", "dry_run") if key in more}
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        document = {"kind": kind, "source": "test", "basis": BASIS, "columns": columns, **more}
        return service.run_now(workspace, path, document, **options)

    return run
