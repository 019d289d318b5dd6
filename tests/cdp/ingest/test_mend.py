"""Mending by itself: only half characters change."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadenza.cdp.ingest.mend import mend


@pytest.mark.parametrize(
    ("told", "mended"),
    [
        (rb'"\ud83d"', rb'"\ufffd"'), (rb'"\uDE00x"', rb'"\ufffdx"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\ud83d\n"', rb'"\ufffd\n"'), (rb'"\\ud83d"', rb'"\\ud83d"'), (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (b"\\", b"\\"),
    ],
)  # fmt: skip
def test_halves(told, mended):
    assert mend(told) == mended


@given(st.text(st.characters(codec=None)))
def test_what_any_client_writes_can_be_read(text):
    told = mend(json.dumps(text).encode())
    found = json.loads(told)
    found.encode()
    assert len(found) == len(json.loads(json.dumps(text)))
    assert json.dumps(text).encode() == told or "\ufffd" in found
