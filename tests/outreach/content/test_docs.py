"""The page for marketers says what is true: its examples run, its variables and filters exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cadenza.outreach.content.check import check
from cadenza.outreach.content.compile import compile
from cadenza.outreach.content.dialect import WRITTEN
from cadenza.outreach.content.discover import discover
from cadenza.outreach.content.types import Variable
from cadenza.outreach.content.vocabulary import vocabulary
from tests.outreach.content.drafts import draft

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")
KNOWN = dict(vocabulary()) | {"person.traits.tier": Variable("person.traits.tier", "Tier", "custom.fields")}


@pytest.mark.parametrize("example", re.findall(r"```liquid\n(.*?)```", PAGE, re.DOTALL))
def test_examples_of_liquid_can_be_saved_without_advice(example: str):
    assert check(draft(f"<mj-text>{example}</mj-text>"), KNOWN).advice == ()


def test_the_example_of_a_layout_can_be_saved():
    (layout,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    assert check(draft(mjml=layout), KNOWN).advice == ()
    assert compile(draft(mjml=layout)).links[0].label == "See what is new"


def test_every_variable_is_listed():
    assert {path for path in KNOWN if f"`{path}`" not in PAGE} == set()


@pytest.mark.parametrize("cell", re.findall(r"\| `([^`]*\{\{[^`]*)` \|", PAGE))
def test_every_example_of_a_filter_runs(cell: str):
    discover("example", cell.replace("\\|", "|"))


def test_every_filter_in_the_table_exists():
    names = re.findall(r"^\| `(\w+)` \| `", PAGE, re.MULTILINE)
    assert set(names) <= set(WRITTEN.filters) and len(names) >= 8
