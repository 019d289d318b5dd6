"""Gives the architecture tests this repository as a tree of sources, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.rules.source import Tree

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tree() -> Tree:
    return Tree(ROOT)
