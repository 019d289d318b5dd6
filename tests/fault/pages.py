"""The pages of a server under test, as somebody who works there sees them."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

from tests import server as servers


class Pages:
    """A signed-in browser without a window."""

    def __init__(self, server: servers.Server, email: str = "works@shop.example") -> None:
        self._server = server
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        ).open
        link = re.search(r"https?://\S+(/welcome/\S+)", server.say("user", "add", email))
        assert link, "no sign-in link was printed"
        page = self.read(link[1])
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "the sign-in page has no form"
        self.read(link[1], {"csrfmiddlewaretoken": token[1]})

    def read(self, path: str, form: dict[str, str] | None = None) -> str:
        """The text of a page; raises where it is refused."""
        data = urllib.parse.urlencode(form).encode() if form else None
        asked = urllib.request.Request(
            self._server.url + path,
            data=data,
            headers={"Origin": self._server.url, "Referer": self._server.url + path},
        )
        with self._open(asked, timeout=60) as answer:
            return str(answer.read().decode())

    def status(self, path: str) -> int:
        """The status of a page."""
        try:
            with self._open(self._server.url + path, timeout=60) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
