"""What goes wrong, said so that the reader can mend it: RFC 9457 problems.

`at` names the place (a field, a row, a path in a tree); `hint` names the way out.
"""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """A refusal with its reason; doors turn it into a page, a form error or problem+json."""

    status = 400
    title = "Bad request"

    def __init__(self, detail: str, *, at: str | None = None, hint: str | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.detail, self.at, self.hint, self.more = detail, at, hint, more

    def __str__(self) -> str:
        place = f" (at {self.at})" if self.at else ""
        return f"{self.detail}{place}" + (f" {self.hint}" if self.hint else "")

    def document(self) -> dict[str, Any]:
        """The body of an `application/problem+json` answer."""
        told = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        extra = {"at": self.at, "hint": self.hint, **self.more}
        return told | {key: value for key, value in extra.items() if value is not None}


class Malformed(Problem):
    status, title = 400, "Malformed request"


class Unauthorised(Problem):
    status, title = 401, "Not signed in"


class Refused(Problem):
    status, title = 403, "Not allowed"


class NotFound(Problem):
    status, title = 404, "Not found"


class TooSlow(Problem):
    status, title = 408, "Request timeout"


class Conflict(Problem):
    status, title = 409, "Conflict"


class TooLarge(Problem):
    status, title = 413, "Too large"


class BadInput(Problem):
    status, title = 422, "Invalid input"


class TooMany(Problem):
    status, title = 429, "Too many requests"


class Unavailable(Problem):
    status, title = 503, "Not available right now"
