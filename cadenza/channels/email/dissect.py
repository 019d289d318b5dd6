"""From a raw mail to what a person wants to see of it: headers, the HTML, the text, the way to leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

INTERNAL = "x-cadenza-"
HTTPS = re.compile(r"<(https?://[^>]+)>")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a mail, decoded."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    unsubscribe_url: str


def dissect(raw: bytes) -> Parts:
    """Never fails: what cannot be decoded is shown as well as it can be."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.SMTP)
    headers = tuple((name, _shown(message, name, at)) for at, name in enumerate(message.keys()))
    shown = tuple((name, value) for name, value in headers if not name.lower().startswith(INTERNAL))
    leave = HTTPS.search(next((value for name, value in shown if name.lower() == "list-unsubscribe"), ""))
    return Parts(shown, _content(message, "html"), _content(message, "plain"), leave[1] if leave else "")


def _shown(message: EmailMessage, name: str, at: int) -> str:
    try:
        return " ".join(str(message.values()[at]).split())
    except (ValueError, LookupError, AttributeError):
        return ""


def _content(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset() or "utf-8"
            if isinstance(payload, bytes):
                return _decoded(payload, charset).replace("\r\n", "\n")
    return ""


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")
