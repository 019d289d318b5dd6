"""Why two may be one, in codes; no value is in them."""

from __future__ import annotations

from cadenza.base.ids import ProfileId
from cadenza.cdp.duplicates.explain import explain
from cadenza.cdp.duplicates.simplify import simplify
from cadenza.cdp.duplicates.types import Reason


def test_reasons_tell_how_and_not_what() -> None:
    one = {"first_name": "Ann", "last_name": "Petersone", "birth_date": "1990-02-03", "city": "Riga"}
    two = {"first_name": "Eve", "last_name": "Pettersone", "birth_date": "1990-02-03", "email": "x@y.com"}
    found = explain(simplify(ProfileId(1), one), simplify(ProfileId(2), two))
    assert found == (
        Reason("first_name", "other"),
        Reason("last_name", "similar", 98),
        Reason("birth_date", "same"),
    )
