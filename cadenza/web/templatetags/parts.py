"""The parts pages are made of, as tags: `{% load parts %}` once, then `{% badge "Paused" %}`. See /design for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.template.loader import get_template
from django.utils.html import format_html, format_html_join, json_script

from cadenza.web import charts, wording
from cadenza.web.templatetags import controls

register = template.Library()
register.tags.update(controls.register.tags)

SPRITE = Path(__file__).parents[1] / "static" / "cadenza" / "icons.svg"
THEMES = ("light", "dark")

# label · path · icon; "mailbox" is shown in the demo only
NAVIGATION = (
    ("Dashboard", "/", "layout-dashboard"),
    ("People", "/people/", "users"),
    ("Segments", "/segments/", "blend"),
    ("Campaigns", "/campaigns/", "send"),
    ("Templates", "/templates/", "mail"),
    ("Imports", "/imports/", "import"),
    ("Mailbox", "/mailbox/", "inbox"),
    ("Settings", "/settings/", "settings"),
)

BELOW = {"/rejected/": "/settings/"}  # pages that are reached from another one

# word of our own tables → tone
TONES = {
    "draft": "neutral",
    "scheduled": "info",
    "sending": "accent",
    "paused": "caution",
    "finished": "positive",
    "cancelled": "neutral",
    "queued": "neutral",
    "left_out": "caution",
    "sent": "info",
    "delivered": "positive",
    "opened": "positive",
    "clicked": "positive",
    "bounced": "critical",
    "failed": "critical",
    "complained": "critical",
    "in_doubt": "caution",
    "placed": "info",
    "paid": "accent",
    "returned": "caution",
    "given": "positive",
    "refused": "critical",
    "withdrawn": "critical",
    "suppressed": "critical",
    "waiting": "neutral",
    "running": "accent",
    "ready": "info",
    "done": "positive",
    "active": "positive",
    "revoked": "neutral",
}

for write in (wording.thousands, wording.compact, wording.money, wording.money_compact, wording.percent):
    register.filter(write.__name__, write)
for say in (wording.day, wording.moment, wording.ago, wording.initials, wording.humanised):
    register.filter(say.__name__, say)


def _part(part: str, /, **context: Any) -> str:
    return get_template(f"parts/{part}.html").render(context)


@cache
def _shapes() -> dict[str, str]:
    symbols = re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', SPRITE.read_text("utf-8"))
    return {name: _shape(drawn) for name, drawn in symbols}


def _shape(drawn: str) -> str:
    strokes = re.findall(r"<(\w+)((?: [\w-]+=\"[^\"]*\")*)/>", drawn)
    return format_html_join(
        "",
        "<{}{}/>",
        ((tag, flatatt(dict(re.findall(r'([\w-]+)="([^"]*)"', given)))) for tag, given in strokes),
    )


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> str:
    """One icon of icons.svg. Without a label it is decoration and hidden from screen readers."""
    shape = _shapes().get(name)
    if shape is None:
        raise template.TemplateSyntaxError(
            f"There is no icon {name!r}. Take one of icons.svg, or add it there."
        )
    naming = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    return format_html(
        '<svg class="icon" width="{}" height="{}" viewBox="0 0 24 24"{}>{}</svg>',
        size,
        size,
        flatatt(naming),
        shape,
    )


@register.simple_tag
def badge(text: Any, tone: str = "neutral", icon: str = "", dot: bool = False) -> str:
    """A short word in a tone: neutral, accent, positive, caution, critical, info."""
    return _part("badge", text=text, tone=tone, icon=icon, dot=dot)


@register.simple_tag
def state(word: Any, label: str = "") -> str:
    """A state of a campaign, message, order or import, in the tone that belongs to it."""
    word = str(getattr(word, "value", word))
    return _part("badge", text=label or wording.humanised(word), tone=TONES.get(word, "neutral"), dot=True)


@register.simple_tag
def avatar(name: str | None, key: object = "", size: str = "m") -> str:
    """A round badge with initials; the colour follows the key (an id), else the name. Size s, m, l."""
    return _part("avatar", letters=wording.initials(name), hue=wording.hue(key or name or ""), size=size)


@register.simple_tag
def person(name: str | None, email: str | None = "", href: str = "", key: object = "") -> str:
    """Avatar, name and address as one cell; says "Nameless" rather than nothing."""
    return _part(
        "person", name=name or email or "Nameless", email=email if name else "", href=href, key=key or email
    )


@register.simple_tag
def delta(share: float | None, good: str = "up", places: int = 1) -> str:
    """A change as a share (0.12 = +12%), coloured by whether `good` is up, down or neither."""
    if share is None:
        return _part("delta", tone="neutral", icon="", text=wording.NOTHING)
    way = "flat" if round(share, places + 2) == 0 else "up" if share > 0 else "down"
    tone = (
        "neutral"
        if way == "flat" or good not in ("up", "down")
        else "positive"
        if way == good
        else "critical"
    )
    arrow = {"up": "arrow-up", "down": "arrow-down", "flat": ""}[way]
    spoken = {"up": "up", "down": "down", "flat": "unchanged"}[way]
    return _part("delta", tone=tone, icon=arrow, text=wording.percent(abs(share), places), spoken=spoken)


@register.simple_tag
def sparkline(values: Iterable[charts.Value], label: str = "", tone: str = "accent") -> str:
    """A tiny line. Decoration unless it has a label."""
    return _part("sparkline", points=charts.sparkline(values), label=label, tone=tone)


@register.simple_tag
def stat(label: str, value: Any, **more: Any) -> str:
    """A number with its name. More: hint, delta, good, spark, href, icon, id."""
    return _part("stat", label=label, value=value, has_delta="delta" in more, **{"good": "up", **more})


@register.simple_tag
def progress(value: float | None, total: float | None = 100, label: str = "", **more: Any) -> str:
    """A bar that fills. `value=None` moves without end. More: detail, tone, small, id."""
    share = None if value is None else min(max(float(value) / float(total or 1), 0), 1)
    width = None if share is None else f"{share * 100:.2f}"
    return _part("progress", width=width, whole=share is not None and int(share * 100), label=label, **more)


@register.simple_tag
def funnel(steps: Iterable[charts.Step | Mapping[str, Any]], label: str = "") -> str:
    """Steps that narrow: sent, delivered, opened, clicked, ordered."""
    return _part("funnel", steps=charts.funnel(steps), label=label)


@register.simple_tag
def bars(rows: Iterable[charts.Bar | Mapping[str, Any]], label: str = "") -> str:
    """Lying bars with their names, longest full width."""
    return _part("bars", rows=charts.bars(rows), label=label)


@register.simple_tag
def columns(rows: Iterable[charts.Bar | Mapping[str, Any]], label: str, height: int = 160) -> str:
    """Standing bars, drawn by the server: few categories or a short time."""
    return _part("columns", rows=charts.bars(rows), label=label, height=height)


@register.simple_tag
def timechart(chart: charts.TimeChart, height: int = 240) -> str:
    """Values over time: `<time-chart>` draws it; without script the table is there."""
    return _part(
        "timechart",
        chart=chart,
        data=json_script(charts.document(chart)),
        summary=charts.summary(chart),
        rows=charts.table(chart),
        height=height,
    )


@register.simple_tag
def tabs(items: Sequence[Any], current: str = "", label: str = "Views") -> str:
    """Links to the pages of one thing. Items: {key, label, href, count}; `current` is a key."""
    return _part("tabs", items=items, current=current, label=label)


@register.simple_tag
def sections(groups: Sequence[Any], current: str = "", label: str = "Sections") -> str:
    """Links to many pages of one thing, in groups (title, items as for `tabs`): beside the page, on phones above."""
    return _part("sections", groups=groups, current=current, label=label)


@register.simple_tag
def pagination(previous: str = "", next: str = "", shown: str = "", **attributes: Any) -> str:
    """Steps through a list by cursor: addresses of the pages before and after, "" where there is none."""
    return _part(
        "pagination", previous=previous, next=next, shown=shown, attributes=controls.flat(attributes)
    )


@register.simple_tag(takes_context=True)
def th(context: Any, label: str, sort: str = "", kind: str = "") -> str:
    """A column head. With `sort` it is a link that sets ?sort= and turns the direction (-name). kind="number"."""
    request = context.get("request")
    now = request.GET.get("sort", "") if request else ""
    query = request.GET.copy() if request else None
    if query is not None and sort:
        query["sort"] = f"-{sort}" if now == sort else sort
        for cursor in ("after", "before"):
            query.pop(cursor, None)
    order = {sort: "ascending", f"-{sort}": "descending"}.get(now, "none") if sort else ""
    href = f"?{query.urlencode()}" if query is not None and sort else ""
    return _part("th", label=label, href=href, order=order, kind=kind)


@register.simple_tag
def stepper(steps: Sequence[str], current: int, label: str = "Steps") -> str:
    """Where we are in a few steps; `current` counts from 1."""
    marked = [(place, name, _when(place, current)) for place, name in enumerate(steps, 1)]
    return _part("stepper", steps=marked, label=label)


def _when(place: int, current: int) -> str:
    return "done" if place < current else "now" if place == current else "later"


@register.simple_tag
def pair(label: str, value: Any = None, **more: Any) -> str:
    """A row of `<dl class="pairs">`. More: href, copy (True adds a copy button), hint."""
    return _part("pair", label=label, value=wording.NOTHING if value in (None, "") else value, **more)


@register.simple_tag
def code(text: str, label: str = "Code", language: str = "") -> str:
    """Text to be copied as it is."""
    return _part("code", text=text, label=label, language=language)


@register.simple_tag
def copy(text: str, label: str = "Copy") -> str:
    """A small button that copies the text."""
    return _part("copy", text=text, label=label)


@register.simple_tag
def skeleton(lines: int = 3) -> str:
    """Grey lines while something loads."""
    return _part("skeleton", lines=range(lines))


@register.simple_tag
def problem(refusal: Any, title: str = "") -> str:
    """A Problem as a banner with its way out; nothing where there is none."""
    return _part("problem", problem=refusal, title=title)


@register.simple_block_tag(takes_context=True)
def page(context: Any, content: str, title: str, **more: Any) -> str:
    """The head of a page; the content is its buttons. More: subtitle, back, back_label, badge, icon."""
    return _part("page", title=title, actions=content, **more)


@register.simple_block_tag
def card(content: str, **more: Any) -> str:
    """A framed piece of a page. More: title, subtitle, flush (no padding), id. Buttons: see cardhead."""
    return _part("card", content=content, **more)


@register.simple_block_tag
def cardhead(content: str, title: str, subtitle: str = "") -> str:
    """The head of a card with buttons; the content is the buttons."""
    return _part("cardhead", title=title, subtitle=subtitle, actions=content)


@register.simple_block_tag
def banner(content: str, tone: str = "info", title: str = "", **more: Any) -> str:
    """Something to know before going on. Tones as for badge. More: icon, id."""
    return _part("banner", content=content, tone=tone, title=title, **more)


@register.simple_block_tag
def emptystate(content: str, title: str, icon: str = "", small: bool = False) -> str:
    """What to do where there is nothing yet: text and buttons."""
    return _part("emptystate", content=content, title=title, icon=icon, small=small)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, **more: Any) -> str:
    """A window in the page; `<button data-opens="id">` opens it. More: subtitle, wide."""
    return _part("dialog", content=content, id=id, title=title, **more)


@register.simple_block_tag
def menu(content: str, id: str, label: str = "More", **more: Any) -> str:
    """A button with a list of links and buttons under it. More: icon, text, tone, side (start, end), bare."""
    return _part("menu", content=content, id=id, label=label, **{"icon": "ellipsis", "side": "end", **more})


@register.simple_block_tag
def event(content: str, title: str, at: Any = None, icon: str = "circle-dot", tone: str = "neutral") -> str:
    """One row of `<ol class="timeline">`; the content is what else is known."""
    return _part("event", content=content, title=title, at=at, icon=icon, tone=tone)


@register.inclusion_tag("parts/navigation.html", takes_context=True)
def navigation(context: Any) -> dict[str, Any]:
    """The main links; the one whose address begins the current path is marked."""
    path = getattr(context.get("request"), "path", "/")
    path = next((under for first, under in BELOW.items() if path.startswith(first)), path)
    shown = [item for item in NAVIGATION if item[1] != "/mailbox/" or context.get("demo", True)]
    return {"items": [(label, href, name, _is_here(path, href)) for label, href, name in shown]}


def _is_here(path: str, href: str) -> bool:
    return path == href if href == "/" else path.startswith(href)


@register.simple_tag(takes_context=True)
def theme(context: Any) -> str:
    """light or dark as chosen (a cookie, so that no page flashes), else auto: what the system says."""
    cookies = getattr(context.get("request"), "COOKIES", {})
    chosen = cookies.get("cadenza_theme", "")
    return chosen if chosen in THEMES else "auto"
