"""Small templates for the tests."""

from __future__ import annotations

from cadenza.outreach.content.types import Draft

LEAVE = '<mj-text>{{ shop.address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>'


def around(inside: str, head: str = "") -> str:
    """A whole MJML document with this in its column; `inside` begins on line 4."""
    before, after = (
        f"<mjml>{head}\n<mj-body>\n<mj-section><mj-column>",
        "</mj-column></mj-section>\n</mj-body></mjml>",
    )
    return f"{before}\n{inside}\n{LEAVE}\n{after}"


def draft(inside: str = "<mj-text>Hi</mj-text>", **more) -> Draft:
    told = {"name": "Test", "subject": "Hello", "preheader": "Before", "mjml": around(inside)}
    return Draft(**(told | more))
