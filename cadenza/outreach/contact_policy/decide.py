"""May we write to this person? The questions stand in the order of their weight; the first no is the reason."""

from __future__ import annotations

from cadenza.outreach.contact_policy.types import Reason, Standing, Verdict
from cadenza.trust.consent.types import State

ALLOWED = Verdict(True)
UNCONSENTED = {State.WITHDRAWN: Reason.WITHDRAWN, State.REFUSED: Reason.REFUSED, None: Reason.NO_CONSENT}


def decide(standing: Standing) -> Verdict:
    """The verdict with its reason. Transactional messages (`needs_consent` False) ask no consent, but all the rest."""
    if standing.erased:
        return Verdict(False, Reason.ERASED)
    if not standing.has_address:
        return Verdict(False, Reason.NO_ADDRESS)
    if standing.suppressed:
        return Verdict(False, Reason.SUPPRESSED)
    if standing.needs_consent and standing.consent is not State.GIVEN:
        return Verdict(False, UNCONSENTED[standing.consent])
    return ALLOWED
