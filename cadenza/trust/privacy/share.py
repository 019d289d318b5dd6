"""The shares of the trust modules: consent's, privacy's own, and the employees', who are no profiles."""

from __future__ import annotations

from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.trust.consent import service as consent
from cadenza.trust.privacy import service, store
from cadenza.trust.privacy.port import Identifiers

CHANNEL_OF = {"email": ("email",), "phone": ("sms", "viber")}


class ConsentShare:
    """Where a person stands and every line about them; what they objected to stays as a keyed digest."""

    name = "consent"
    tables = frozenset({"consent_entry", "consent_subscription", "consent_merge"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return consent.export(workspace, profile)

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return consent.erase(workspace, profile)

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Identifiers
    ) -> dict[str, int]:
        """Lines that came with an address alone, without a profile."""
        addresses = [(channel, value) for kind, value in identifiers for channel in CHANNEL_OF.get(kind, ())]
        return consent.erase(workspace, profile, addresses)


class PrivacyShare:
    """That a person was forgotten, when and by whom: the proof of it, without an identifier in clear."""

    name = "privacy"
    tables = frozenset({"privacy_erasure", "privacy_tombstone", "privacy_instruction"})
    keeps = (
        "That you were erased, when, and how many rows; and a keyed digest of each identifier, so that an old"
        " file or a late event does not bring you back (GDPR Art. 5(2), 17(3))."
    )

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        told = service.erasures(workspace, profile)
        return {
            "erasures": [{"requested_at": r.requested_at, "state": r.state, "counts": r.counts} for r in told]
        }

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {}


class EmployeesShare:
    """Users are employees of the controller, not profiles: nothing of a profile lies here."""

    name = "accounts"

    @property
    def tables(self) -> frozenset[str]:
        return store.tables_of("accounts")

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        return {}

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        return {}


SHARES = (EmployeesShare(), ConsentShare(), PrivacyShare())
