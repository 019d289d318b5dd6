"""What stands again when a merge holds no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cadenza.base.ids import ProfileId
from cadenza.trust.consent.loosen import loosen
from cadenza.trust.consent.types import Entry, State

NOON = datetime(2030, 3, 1, 12, tzinfo=UTC)
ANN, BEN = ProfileId(1), ProfileId(2)


def line(state: State, hour: int, source: str = "form", proven: bool = True, point: bytes = b"a") -> Entry:
    at = NOON + timedelta(hours=hour)
    return Entry(channel="email", address_digest=point, topic="newsletter", state=state, at=at, recorded_at=at,
                 source=source, proven=proven)  # fmt: skip


GIVEN, TIGHT = line(State.GIVEN, 0), line(State.WITHDRAWN, 1, "merge:1")


@pytest.mark.parametrize("lines, holding, back", [
    ([GIVEN, TIGHT], set(), [GIVEN]),
    ([GIVEN, TIGHT], {"merge:1"}, []),  # the merge still holds
    ([GIVEN, TIGHT, line(State.REFUSED, 2)], set(), []),  # something was said since
    ([line(State.GIVEN, 0, "import:1", proven=False), TIGHT], set(), []),
    ([TIGHT], set(), []),
    ([GIVEN, line(State.WITHDRAWN, 2)], set(), []),  # the person's own word
])  # fmt: skip
def test_what_stands_again(lines, holding, back):
    assert loosen({("email", b"a", "newsletter"): lines}, {("email", b"a"): ANN}, holding) == back


@pytest.mark.parametrize("state, back", [(State.WITHDRAWN, []), (State.GIVEN, [GIVEN])])
def test_who_is_still_one_with_somebody_stricter_stays_strict(state, back):
    lines = {
        ("email", b"a", "newsletter"): [GIVEN, TIGHT],
        ("email", b"b", "newsletter"): [line(state, 0, point=b"b")],
    }
    assert loosen(lines, {("email", b"a"): ANN, ("email", b"b"): BEN}, set()) == back
