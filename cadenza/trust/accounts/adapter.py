"""allauth's rules for this product: nobody signs up by themselves."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class ClosedAdapter(DefaultAccountAdapter):
    """Users are made by an owner or by the one-time link of the first start."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False
