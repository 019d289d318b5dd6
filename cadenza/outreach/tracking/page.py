"""The pages that readers of a mail see: leaving a list, having left, and a link that leads nowhere.

Whole in themselves: no script, no cookie, nothing loaded from elsewhere. Every text is escaped.
"""

from __future__ import annotations

from html import escape

from cadenza.outreach.tracking.types import Leaving, Standing

CSS = "/static/cadenza/css"
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<link rel="stylesheet" href="{css}/tokens.css"><link rel="stylesheet" href="{css}/base.css">
<link rel="stylesheet" href="{css}/shell.css"><link rel="stylesheet" href="{css}/controls.css">
<link rel="stylesheet" href="{css}/parts.css"></head>
<body class="bare"><header class="bare-head"><span class="brand"><span class="brand-name">{shop}</span></span></header>
<main class="bare-content" id="content"><div class="bare-card">{content}</div></main></body></html>
"""
FORM = """<form method="post" class="row"><input type="hidden" name="{name}" value="yes">
<button class="button {kind}">{label}</button></form>"""


def page(leaving: Leaving | None) -> bytes:
    """The page for this standing; None: there is no such link."""
    if leaving is None:
        return _framed("", "This link does not work", [
            "It may have been cut in two or changed on its way. Open it once more from the mail.",
        ])  # fmt: skip
    title, words, button = _said(leaving)
    return _framed(leaving.shop, title, words, button)


def _said(leaving: Leaving) -> tuple[str, list[str], str]:
    topic, shop = leaving.topic, leaving.shop
    match leaving.standing:
        case Standing.SUBSCRIBED:
            words = [f"After one click {shop} sends you nothing more about “{topic}”. It counts at once.",
                     "Mails about your orders still come."]  # fmt: skip
            return (
                f"Unsubscribe from {shop}?",
                words,
                FORM.format(name="leave", kind="primary", label="Unsubscribe"),
            )
        case Standing.UNSUBSCRIBED:
            words = [f"{shop} sends you nothing more about “{topic}”."]
            return (
                "You are unsubscribed",
                words,
                FORM.format(name="undo", kind="quiet", label="That was a mistake: subscribe again"),
            )
        case Standing.GONE:
            return "Done", ["We hold nothing about you any more, and write to you no more."], ""
        case Standing.TEST:
            return "This was a test message", ["In a real message, this page unsubscribes its reader."], ""


def _framed(shop: str, title: str, words: list[str], button: str = "") -> bytes:
    told = "".join(f"<p>{escape(word)}</p>" for word in words)
    content = f"<div><h1>{escape(title)}</h1>{told}</div>{button}"
    return FRAME.format(css=CSS, title=escape(title), shop=escape(shop), content=content).encode()
