"""A compiled template and one person's data become a message; or a reason why this person cannot get it.

The data is only ever a value: it is escaped where it enters HTML, and never parsed as a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from liquid.exceptions import LiquidError, UndefinedError

from cadenza.outreach.content.dialect import parsed
from cadenza.outreach.content.link_tag import TRACKING
from cadenza.outreach.content.types import Compiled, Rendered, Skipped, Ways

LONGEST_SUBJECT = 250
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


def render(compiled: Compiled, context: Mapping[str, Any], ways: Ways) -> Rendered | Skipped:
    """`context` holds person, shop, campaign, now, and @locale, @time_zone, @currency for the filters."""
    seen: dict[int, str] = {}

    def link(number: int, url: str) -> str:
        seen[number] = url
        return ways.link(number, url)

    own = {
        "unsubscribe_url": ways.unsubscribe_url,
        "view_url": ways.view_url or None,
        "pixel_url": ways.pixel_url or None,
    }
    values = {**context, **own, TRACKING: link}
    try:
        subject, preheader = (
            _line(part, compiled, values) for part in (compiled.subject, compiled.preheader)
        )
        html = parsed(compiled.html, True, compiled.skip_missing).render(values)
        text = parsed(compiled.text, False, compiled.skip_missing).render(values)
    except UndefinedError as error:
        return Skipped("missing_data", _named(error))
    except (LiquidError, RecursionError, ArithmeticError, ValueError, TypeError) as error:
        return Skipped("template_error", _said(error))
    if not subject:
        return Skipped("missing_data", "The subject is empty.")
    if ways.unsubscribe_url not in html.replace("&amp;", "&"):
        return Skipped("template_error", "The unsubscribe link was not printed.")
    return Rendered(subject, preheader, html, GAPS.sub("\n\n", text), tuple(sorted(seen.items())))


def _line(source: str, compiled: Compiled, values: Mapping[str, Any]) -> str:
    if "{" not in source:
        return source.strip()
    made = parsed(source, False, compiled.skip_missing).render(values)
    return " ".join(UNSEEN.sub(" ", made).split())[:LONGEST_SUBJECT]


def _named(error: UndefinedError) -> str:
    return str(error.message).replace(" is undefined", " is not known").replace("'", "")


def _said(error: Exception) -> str:
    message = error.message if isinstance(error, LiquidError) else type(error).__name__
    return str(message or "The template failed.")
