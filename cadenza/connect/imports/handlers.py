"""What imports do when others tell something: remember which merges a file has caused that still stand."""

from __future__ import annotations

from collections.abc import Sequence

from cadenza.cdp.identity.facts import ProfilesMerged, ProfilesUnmerged
from cadenza.connect.imports import store
from cadenza.connect.imports.cause import caused_by


def on_profiles_merged(facts: Sequence[ProfilesMerged]) -> None:
    """Two people became one; if a file is being taken in, because of it."""
    if run := caused_by():
        store.note_merges(facts[0].workspace, run, [told.merge for told in facts])


def on_profiles_unmerged(facts: Sequence[ProfilesUnmerged]) -> None:
    """What was taken back, here or on a card, is nothing any more that could be."""
    store.forget_merges(facts[0].workspace, [told.merge for told in facts])
