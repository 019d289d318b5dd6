"""From a draft to its compiled form: MJML becomes HTML once, links are numbered, the text part is made.

What remains for each person is filling in Liquid.
"""

from __future__ import annotations

import re
from html import escape, unescape

import css_inline
import mjml as mrml

from cadenza.base.ids import TemplateId
from cadenza.base.problem import BadInput
from cadenza.outreach.content.mask import LIQUID, Masked, mask, veil
from cadenza.outreach.content.outline import outline
from cadenza.outreach.content.plain import plain
from cadenza.outreach.content.types import Compiled, Draft, Link

HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE | re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
INLINE = re.compile(r"""<mj-style\b[^>]*\binline\s*=\s*["']inline["'][^>]*>(.*?)</mj-style>""", re.DOTALL)
URL = re.compile(r"https?://[^\s<>\"')\]]+")
OWN = re.compile(r"\s*\{\{-?\s*(unsubscribe_url|view_url)\s*-?\}\}\s*")
LOOSE_AMPERSAND = re.compile(r"&(?!#\d+;|#x[0-9a-f]+;|[a-z][a-z0-9]*;)", re.IGNORECASE)
TAG_NAME = re.compile(r"(<[a-zA-Z:]+ )")
STYLE = re.compile(r"(<style\b.*?</style>)", re.DOTALL | re.IGNORECASE)
SPACES = re.compile(r"[ \t]{2,}")
AROUND_BREAK = re.compile(r"[ \t]*\n[ \t]*")
LINE = 400
HIDE = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all"
PADDING = ("&#847;&zwnj;&nbsp;" * 10 + "\n") * 4  # keeps the body's first words out of the preview line
PIXEL = (
    '{% if pixel_url %}<img src="{{ pixel_url }}" width="1" height="1" alt="" role="presentation" '
    'style="display:block;width:1px;height:1px;border:0">{% endif %}'
)


def compile(
    draft: Draft,
    template: TemplateId | None = None,
    version: int = 0,
    reads: frozenset[str] = frozenset(),
    lang: str = "en",
) -> Compiled:
    """Raises BadInput naming the line where the MJML cannot be compiled. `lang` is the mail's language."""
    html = _with_preheader(_html(draft.mjml, lang), draft.preheader)
    html, links = _numbered(html)
    text = plain(html)
    if draft.text_override.strip():
        text, links = _numbered_text(draft.text_override, links)
    html = _portable(re.sub(r"</body\s*>", lambda end: PIXEL + end[0], html, count=1))
    return Compiled(
        template, version, draft.subject, draft.preheader, html, text, tuple(links), reads, draft.skip_missing
    )


def _portable(html: str) -> str:
    """The same page in ASCII and short lines, so that mails need no encoding where people's data needs none.

    A line break may stand for the space after a tag's name anywhere; style sheets know no `&#…;`.
    """
    masked, pieces = mask(html)
    if "<pre" not in masked.lower():
        masked = SPACES.sub(" ", AROUND_BREAK.sub("\n", masked))
    out, line = [], 0
    for part in TAG_NAME.split(masked):
        if line > LINE and part.endswith(" ") and part.startswith("<"):
            part, line = part[:-1] + "\n", 0
        line = len(part) - part.rfind("\n") - 1 + (0 if "\n" in part else line)
        out.append(part)
    written = STYLE.split("".join(out))
    written[::2] = [part.encode("ascii", "xmlcharrefreplace").decode() for part in written[::2]]
    return pieces.restore("".join(written))


def _html(source: str, lang: str) -> str:
    skeleton, pieces = outline(source)
    if not re.search(r"<mjml\b[^>]*\blang\s*=", skeleton):
        skeleton = re.sub(r"<mjml\b", f'<mjml lang="{escape(lang)}"', skeleton, count=1)
    try:
        html = mrml.mjml2html(skeleton, fonts={}, social_icon_origin="", disable_comments=False)
    except ValueError as error:
        raise _mistake(str(error), skeleton, pieces) from None
    return _inlined(pieces.restore(html), INLINE.findall(source))


def _mistake(message: str, skeleton: str, pieces: Masked) -> BadInput:
    """The compiler counts bytes in the skeleton; lines up to there are those of the source once pieces are back."""
    found = re.search(r"position (\d+):", message)
    before = skeleton.encode()[: int(found[1])].decode(errors="ignore") if found else ""
    line = pieces.restore(before).count("\n") + 1
    return BadInput(
        f"The MJML cannot be compiled: {message}.", at=f"mjml line {line}", hint="See the tags around it."
    )


def _inlined(html: str, styles: list[str]) -> str:
    """`<mj-style inline="inline">` goes into the elements, for mail programs that drop style sheets."""
    if not styles:
        return html
    masked, pieces = mask(html)
    inliner = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css="\n".join(styles),
    )
    return pieces.restore(inliner.inline(masked))


def _with_preheader(html: str, preheader: str) -> str:
    if not preheader.strip():
        return html
    masked, pieces = mask(preheader)
    hidden = f'<div style="{HIDE}">{pieces.restore(escape(masked))}{PADDING}</div>'
    return re.sub(r"<body\b[^>]*>", lambda start: start[0] + hidden, html, count=1)


def _numbered(html: str) -> tuple[str, list[Link]]:
    """Each address that leads to the web gets its number, in the order of the mail."""
    links: list[Link] = []
    out, at, veiled = [], 0, veil(html)
    for found in HREF.finditer(veiled):
        start, end = found.start(1) + 1, found.end(1) - 1
        url = html[start:end]
        if not _is_counted(url):
            continue
        links.append(Link(len(links), unescape(url).strip(), _label(html, veiled, found.end())))
        out += [html[at:start], _wrapped(len(links) - 1, url)]
        at = end
    return "".join([*out, html[at:]]), links


def _is_counted(url: str) -> bool:
    return not OWN.fullmatch(url) and not url.strip().lower().startswith(("mailto:", "tel:", "#"))


def _wrapped(number: int, url: str) -> str:
    parts, at = [], 0
    for token in LIQUID.finditer(url):
        parts += [LOOSE_AMPERSAND.sub("&amp;", url[at : token.start()]), token[0]]
        at = token.end()
    return f"{{% link {number} %}}{''.join(parts)}{LOOSE_AMPERSAND.sub('&amp;', url[at:])}{{% endlink %}}"


def _label(html: str, veiled: str, at: int) -> str:
    """The words of a link, for the report."""
    start, end = veiled.find(">", at) + 1, veiled.lower().find("</a", at)
    inner = html[start:end] if end > start else ""
    words = " ".join(unescape(TAGS.sub(" ", inner)).split())
    picture = ALT.search(inner)
    return (words or (unescape(picture[1] or picture[2] or "") if picture else ""))[:80]


def _numbered_text(text: str, links: list[Link]) -> tuple[str, list[Link]]:
    known = {link.url: link.index for link in links}
    more = list(links)

    def wrap(found: re.Match[str]) -> str:
        url = pieces.restore(found[0])
        if url not in known:
            known[url] = len(more)
            more.append(Link(len(more), url))
        return f"{{% link {known[url]} %}}{found[0]}{{% endlink %}}"

    masked, pieces = mask(text)
    return pieces.restore(URL.sub(wrap, masked)), more
