"""The verdict asks the weightiest question first, and always has a reason."""

from __future__ import annotations

import pytest

from cadenza.outreach.contact_policy.decide import decide
from cadenza.outreach.contact_policy.types import SAID, Reason, Standing
from cadenza.trust.consent.types import State


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing(consent=State.GIVEN), None),
        (Standing(consent=None), Reason.NO_CONSENT),
        (Standing(consent=State.REFUSED), Reason.REFUSED),
        (Standing(consent=State.WITHDRAWN), Reason.WITHDRAWN),
        (Standing(consent=State.GIVEN, suppressed=True), Reason.SUPPRESSED),
        (Standing(has_address=False, consent=State.GIVEN), Reason.NO_ADDRESS),
        (Standing(erased=True, consent=State.GIVEN, has_address=False, suppressed=True), Reason.ERASED),
        (Standing(suppressed=True, consent=State.WITHDRAWN), Reason.SUPPRESSED),
        (Standing(needs_consent=False, consent=State.WITHDRAWN), None),
        (Standing(needs_consent=False, suppressed=True), Reason.SUPPRESSED),
        (Standing(needs_consent=False, erased=True), Reason.ERASED),
    ],
)
def test_the_first_no_is_the_reason(standing: Standing, reason: Reason | None):
    assert (decide(standing).allowed, decide(standing).reason) == (reason is None, reason)


def test_every_reason_can_be_said_to_a_person():
    assert set(SAID) == set(Reason)
