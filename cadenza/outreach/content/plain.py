"""From the finished HTML to the text part, for those who read mail without HTML. Liquid stays where it was."""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html

from cadenza.outreach.content.mask import mask

HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
GAPS = re.compile(r"\n{3,}")
CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=False, display_images=False)


def plain(html: str) -> str:
    """The text of a mail, links written out in brackets."""
    masked, pieces = mask(COMMENT.sub("", html))
    tree = lxml_html.document_fromstring(masked)
    for element in list(tree.iter()):
        if isinstance(element.tag, str):
            _simplify(element)
    text = get_text(lxml_html.tostring(tree, encoding="unicode"), CONFIG)
    lines = [line.strip() for line in text.replace("\xa0", " ").splitlines()]
    return pieces.restore(GAPS.sub("\n\n", "\n".join(lines)).strip()) + "\n"


def _simplify(element: lxml_html.HtmlElement) -> None:
    if element.tag in ("head", "style", "script") or HIDDEN.search(element.get("style") or ""):
        element.drop_tree()
    elif element.tag in ("table", "tbody", "tr", "td") and _is_layout(element):
        element.tag = "p" if element.tag == "td" else "div"
    elif element.tag == "img":
        _to_words(element)
    elif element.tag == "a":
        _write_out(element)


def _is_layout(element: lxml_html.HtmlElement) -> bool:
    table = element if element.tag == "table" else next(element.iterancestors("table", "div"), None)
    return table is None or table.tag == "div" or table.get("role") == "presentation"


def _to_words(image: lxml_html.HtmlElement) -> None:
    words = (image.get("alt") or "").strip()
    image.tail = (words if words else "") + (image.tail or "")
    image.drop_tree()


def _write_out(link: lxml_html.HtmlElement) -> None:
    address = (link.get("href") or "").strip()
    text = link.text_content().strip()
    if not address or address.startswith("#"):
        return
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    if not text and not link.xpath(".//img[@alt]"):
        link.drop_tree()
    elif shown != text:
        link.tail = f" ( {shown} )" + (link.tail or "")
