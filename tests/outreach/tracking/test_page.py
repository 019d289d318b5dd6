"""The pages for readers say what a click does, and cannot be made to say more."""

from __future__ import annotations

import pytest

from cadenza.outreach.tracking.page import page
from cadenza.outreach.tracking.types import Leaving, Standing


@pytest.mark.parametrize(
    ("standing", "says", "button"),
    [
        (Standing.SUBSCRIBED, b"Unsubscribe from Alp", b'name="leave"'),
        (Standing.UNSUBSCRIBED, b"You are unsubscribed", b'name="undo"'),
        (Standing.GONE, b"Done", None),
        (Standing.TEST, b"This was a test message", None),
    ],
)
def test_each_standing_has_its_page(standing: Standing, says: bytes, button: bytes | None):
    made = page(Leaving("Alp", "News", standing))
    assert says in made
    assert (b"<form" in made) == bool(button) and (button or b"") in made
    assert b"<script" not in made


def test_names_are_escaped():
    made = page(Leaving("<script>x</script>", "<b>", Standing.SUBSCRIBED))
    assert b"<script>" not in made and b"<b>" not in made


def test_a_dead_link_has_a_plain_page():
    assert b"This link does not work" in page(None)
