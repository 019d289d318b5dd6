"""From an outgoing message to the mail it becomes on its route."""

from __future__ import annotations

from cadenza.channels.email.types import Mail, Route
from cadenza.outreach.delivery.types import Outgoing


def write(outgoing: Outgoing, route: Route) -> Mail:
    """Only what one can leave belongs to a list: a mail without an unsubscribe link has no list headers."""
    from_ = outgoing.from_ or route.from_
    leaves = bool(outgoing.unsubscribe_url)
    return Mail(
        id=str(outgoing.message_id),
        at=outgoing.at,
        from_=from_,
        to=outgoing.to,
        subject=outgoing.subject,
        html=outgoing.html,
        text=outgoing.text,
        unsubscribe_url=outgoing.unsubscribe_url or "",
        unsubscribe_email=route.unsubscribe_email if leaves else "",
        list_id=f"{outgoing.workspace.hex}.{from_.email.rpartition('@')[2]}" if leaves else "",
        list_name=from_.name,
        feedback_id=_feedback(outgoing),
        headers={**outgoing.headers, **(_own(outgoing) if route.to_sink else {})},
    )


def _feedback(outgoing: Outgoing) -> str:
    """Campaign, workspace, kind, sender: the order Gmail's complaint reports ask for."""
    campaign = outgoing.campaign.hex if outgoing.campaign else "single"
    return f"{campaign}:{outgoing.workspace.hex}:email:cadenza"


def _own(outgoing: Outgoing) -> dict[str, str]:
    """What the built-in mailbox files a mail by."""
    named = {
        "X-Cadenza-Workspace": outgoing.workspace,
        "X-Cadenza-Message": outgoing.message_id,
        "X-Cadenza-Profile": outgoing.profile,
    }
    return {name: str(value) for name, value in named.items() if value is not None}
