"""allauth's rules for this product, and by which name failed sign-ins are counted."""

from __future__ import annotations

from collections.abc import Mapping
from smtplib import SMTPException
from threading import Thread
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage

from cadenza.base import log


class ClosedAdapter(DefaultAccountAdapter):
    """Users are made by an owner or by the one-time link of the first start."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send beside the answer: neither its time nor a mail server that is away tells who is known."""
        message = self.render_mail(
            template_prefix, email, {"request": self.request, "email": email, **context}
        )
        Thread(target=_send, args=(message,), daemon=True).start()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, SMTPException) as error:
        log.get(__name__).warning("account_mail.unsent", error=type(error).__name__)


def login_name(request: Any, credentials: Mapping[str, Any] | None) -> str:
    """The address that a sign-in was tried with, in one spelling: upper case and spaces give no further tries."""
    told = credentials or getattr(request, "POST", {})
    found = told.get("email") or told.get("username") or told.get("login") or ""
    return str(found).strip().lower().replace("\0", "")[:255]
