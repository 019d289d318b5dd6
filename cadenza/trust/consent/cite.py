"""Which text a line of the ledger points to: `footer_form`, `footer_form:bg` or `footer_form:bg@2`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from cadenza.trust.consent.types import Wording

_REFERENCE = re.compile(r"([a-z][a-z0-9_.\-]{0,63})(?::([a-z]{2,3}(?:-[A-Za-z0-9]+)*))?(?:@(\d{1,6}))?")
DEFAULT_LANGUAGE = "en"


def cite(reference: str, at: datetime, known: Iterable[Wording]) -> Wording | None:
    """The version named, or the one in force at `at`; None where the reference names no known text."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return None
    key, language, version = found[1], found[2] or DEFAULT_LANGUAGE, found[3]
    versions = sorted((w for w in known if (w.key, w.language) == (key, language)), key=lambda w: w.version)
    if version is not None:
        return next((w for w in versions if w.version == int(version)), None)
    in_force = [w for w in versions if w.at <= at]
    # A statement older than the registry was made under an unregistered text: we do not claim to know it.
    return in_force[-1] if in_force else None


def key_of(reference: str) -> str | None:
    """The key that a reference may point to, for fetching its versions."""
    found = _REFERENCE.fullmatch(reference)
    return found[1] if found else None
