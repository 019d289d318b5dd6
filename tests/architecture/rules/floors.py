"""Rule for the order of the floors and of the modules on them: the contracts of pyproject.toml, checked by import-linter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any


def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def broken_contracts(root: Path) -> list[str]:
    """What import-linter says of the package below this root; nothing where every contract is kept."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
        "--no-logo",
    ]
    environment = {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    said = re.sub(r"\A.*?(?=^Broken contracts$)", "", done.stdout, flags=re.DOTALL | re.MULTILINE)
    return [
        f"{said.strip()}\n{done.stderr.strip()}\nCall only what stands below; let what is below tell a fact. "
        "A new floor or module gets its place in pyproject.toml, [tool.importlinter], before it is used."
    ]
