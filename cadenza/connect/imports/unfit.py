"""Why one value does not fit its field; becomes a flaw of the row, never an error page."""

from __future__ import annotations


class Unfit(Exception):
    """`reason` says what is wrong, `hint` the way out. `secret`: the value must be written down nowhere."""

    def __init__(self, reason: str, hint: str = "", secret: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.secret = reason, hint, secret
