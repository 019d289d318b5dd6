"""The mailbox's share of a person: mails that the built-in sink caught instead of sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cadenza.base.ids import ProfileId, WorkspaceId
from cadenza.channels.email import models, store


class MailboxShare:
    """Mails to this person, whole."""

    name = "mailbox"
    tables = frozenset({"email_sinkmail"})

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        found = models.SinkMail.objects.filter(workspace_id=workspace, profile_id=profile).order_by("id")
        return {"mails": [self._mail(row) for row in found]}

    def _mail(self, row: models.SinkMail) -> dict[str, Any]:
        return {
            "received_at": row.received_at.isoformat(),
            "to": row.recipient,
            "from": row.sender,
            "subject": row.subject,
            "mail": store.unpacked(bytes(row.raw)).decode("utf-8", "replace"),
        }

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        gone, _ = models.SinkMail.objects.filter(workspace_id=workspace, profile_id=profile).delete()
        return {"email_sinkmail": gone}

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Sequence[tuple[str, str]]
    ) -> dict[str, int]:
        addresses = [value for kind, value in identifiers if kind == "email"]
        gone, _ = models.SinkMail.objects.filter(workspace_id=workspace, recipient__in=addresses).delete()
        return {"email_sinkmail": gone}
