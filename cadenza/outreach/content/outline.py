"""From MJML to its skeleton: checks which tag stands where, and takes out what the MJML compiler need not see.

The compiler says of a mistake only that there is one. So the structure is read here first, with line numbers, and
text, Liquid and odd attribute values leave as words, to be put back into the finished HTML untouched.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from html.parser import HTMLParser

from cadenza.base.problem import BadInput
from cadenza.outreach.content.link_tag import SCHEMES
from cadenza.outreach.content.mask import VEIL, Masked, veil

CONTENT = "mj-text mj-button mj-image mj-divider mj-spacer mj-table mj-social mj-navbar mj-carousel mj-accordion mj-raw"
CHILDREN: dict[str, frozenset[str]] = {
    parent: frozenset(children.split())
    for parent, children in {
        "": "mjml",
        "mjml": "mj-head mj-body",
        "mj-head": "mj-title mj-preview mj-attributes mj-style mj-breakpoint mj-html-attributes mj-raw",
        "mj-body": "mj-section mj-wrapper mj-hero mj-raw",
        "mj-wrapper": "mj-section mj-hero mj-wrapper mj-raw",
        "mj-section": "mj-column mj-group mj-raw",
        "mj-group": "mj-column mj-raw",
        "mj-column": CONTENT,
        "mj-hero": CONTENT,
        "mj-social": "mj-social-element mj-raw",
        "mj-navbar": "mj-navbar-link mj-raw",
        "mj-carousel": "mj-carousel-image",
        "mj-accordion": "mj-accordion-element mj-raw",
        "mj-accordion-element": "mj-accordion-title mj-accordion-text mj-raw",
    }.items()
}
OPAQUE = frozenset(
    "mj-text mj-button mj-table mj-raw mj-title mj-preview mj-social-element mj-navbar-link mj-accordion-title "
    "mj-accordion-text mj-style".split()
)
FREE = frozenset(["mj-attributes", "mj-html-attributes"])  # anything may stand inside: defaults for any tag
KNOWN = frozenset().union(*CHILDREN.values()) | {"mj-all", "mj-class", "mj-selector", "mj-html-attribute"}
REFUSED = {
    "mj-include": "Paste the other template in: nothing is loaded from elsewhere.",
    "mj-font": "Name the font in font-family with a fallback: fonts from other sites tell them who reads the mail.",
}
FORBIDDEN = frozenset(
    "script iframe object embed applet form input textarea select base frame frameset link meta".split()
)
ADDRESSES = frozenset(["href", "src", "background-url", "background", "action", "formaction", "poster"])
ATTRIBUTE = re.compile(r"""([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")


def outline(mjml: str) -> tuple[str, Masked]:
    """The skeleton for the MJML compiler, and the pieces taken out. Raises BadInput naming the line."""
    reader = _Outline(mjml)
    reader.feed(reader.veiled)
    reader.close()
    reader.finish()
    return reader.skeleton()


class _Outline(HTMLParser):
    """Walks the veiled text; notes what to replace as (start, end, new text) on the original."""

    def __init__(self, mjml: str) -> None:
        super().__init__(convert_charrefs=False)
        self.mjml, self.veiled = mjml, veil(mjml)
        self.starts = [0] + [found.end() for found in re.finditer("\n", mjml)]
        self.open: list[tuple[str, int, int]] = []  # tag, line, offset where its content begins
        self.edits: list[tuple[int, int, str]] = []
        self.pieces = Masked()
        self.seen: set[str] = set()
        self._first = 0  # where in the text at hand a mistake begins

    # -- what the parser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs, closed=False)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs, closed=True)

    def handle_endtag(self, tag: str) -> None:
        if self._inside_html() and tag != self.open[-1][0]:
            if tag in KNOWN:
                self._fail(
                    f"</{tag}> closes nothing here.",
                    f"<{self.open[-1][0]}> from line {self.open[-1][1]} is open.",
                )
            return
        if not self.open or self.open[-1][0] != tag:
            opened = (
                f"<{self.open[-1][0]}> from line {self.open[-1][1]} must be closed first."
                if self.open
                else ""
            )
            self._fail(f"</{tag}> closes nothing here.", opened or "Remove it.")
        _, _, content = self.open.pop()
        if tag == "mj-style" and "@import" in self.mjml[content : self._offset()]:
            self._fail("@import loads a style sheet from elsewhere.", "Write the styles here.")
        if tag in OPAQUE:
            self.edits.append(
                (content, self._offset(), self.pieces.take(self.mjml[content : self._offset()]))
            )

    def handle_data(self, data: str) -> None:
        if not self._inside_html() and data.strip():
            self._bare(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    # -- what we make of it

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]], closed: bool) -> None:
        self._safe(tag, attrs)
        if self._inside_html():
            if tag in KNOWN and tag.startswith("mj"):
                self._fail(
                    f"<{tag}> cannot stand inside <{self.open[-1][0]}>.", f"Close <{self.open[-1][0]}> first."
                )
            return
        self._placed(tag)
        raw = self.get_starttag_text() or ""
        start = self._offset()
        self._mask_attributes(raw, start)
        self.seen.add(tag)
        if not closed:
            self.open.append((tag, self.getpos()[0], start + len(raw)))

    def _placed(self, tag: str) -> None:
        if tag in REFUSED:
            self._fail(f"<{tag}> is not supported.", REFUSED[tag])
        parent = self.open[-1][0] if self.open else ""
        if parent in FREE or any(tag_ in FREE for tag_, _, _ in self.open):
            return
        if tag not in KNOWN:
            near = get_close_matches(tag, sorted(KNOWN), 1)
            inside = "HTML belongs inside <mj-text>, <mj-table> or <mj-raw>."
            self._fail(f"<{tag}> is not an MJML tag.", f"Did you mean <{near[0]}>?" if near else inside)
        allowed = CHILDREN.get(parent, frozenset())
        if tag not in allowed:
            where = f"inside <{parent}>" if parent else "at the top"
            hint = (
                f"Here may stand: {', '.join(sorted(allowed))}."
                if allowed
                else f"<{parent}> holds no other tags."
            )
            self._fail(f"<{tag}> cannot stand {where}.", hint)

    def _mask_attributes(self, raw: str, start: int) -> None:
        rest = ATTRIBUTE.sub("", raw)
        if VEIL in rest:
            self._fail(
                "Liquid stands among the attributes.",
                'It may stand in a value only: title="{{ shop.name }}".',
            )
        for found in ATTRIBUTE.finditer(raw):
            value = found[2][1:-1]
            if VEIL in value or re.search("[&<>]", value):
                begin, end = start + found.start(2) + 1, start + found.end(2) - 1
                self.edits.append((begin, end, self.pieces.take(self.mjml[begin:end])))

    def _bare(self, data: str) -> None:
        parent = self.open[-1][0] if self.open else ""
        self._first = len(data) - len(data.lstrip())
        left = data.replace(VEIL, " ").strip()
        if left or "mj-raw" not in CHILDREN.get(parent, ()) or self._inside("mj-head"):
            shown = left[:30] or "Liquid"
            self._fail(f"“{shown}” stands outside of any text.", "Put it into <mj-text>.")
        start = self._offset()
        self.edits.append((start, start + len(data), self._raw(self.mjml[start : start + len(data)])))
        self._first = 0

    def _raw(self, piece: str) -> str:
        if "{{" in piece:
            self._fail("A value is printed outside of any text.", "Put it into <mj-text>.")
        return f"<mj-raw>{self.pieces.take(piece)}</mj-raw>"

    def _safe(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self._fail(
                f"<{tag}> does not belong into a mail.",
                "Mail programs remove it, and some then refuse the mail.",
            )
        for name, value in attrs:
            if name.startswith("on"):
                self._fail(f"The attribute {name} runs a script.", "Mails cannot run scripts: remove it.")
            if name in ADDRESSES and value:
                self._address(tag, name, value)
            if tag == "mj-social-element" and name == "name" and not dict(attrs).get("src"):
                self._fail("This social icon has no picture.", "Give it src=… with a picture of your own.")

    def _address(self, tag: str, name: str, value: str) -> None:
        plain = value.strip().lower()
        allowed = SCHEMES if name == "href" else ("https://", "http://")
        if plain.startswith((VEIL, "#", *allowed)) and not (name == "href" and plain == "#"):
            return
        kinds = "http:, https:, mailto: or tel:" if name == "href" else "http: or https:"
        self._fail(
            f"{name} of <{tag}> leads nowhere that a mail can go.", f"Write the whole address, with {kinds}"
        )

    def finish(self) -> None:
        """The end of the text: everything must be closed, and there must be a body."""
        if self.open:
            tag, line, _ = self.open[-1]
            raise BadInput(f"<{tag}> is never closed.", at=f"mjml line {line}", hint=f"Add </{tag}>.")
        for tag in ("mjml", "mj-body"):
            if tag not in self.seen:
                raise BadInput(
                    f"There is no <{tag}>.", at="mjml line 1", hint="Begin from a starter template."
                )

    def skeleton(self) -> tuple[str, Masked]:
        """The original with all edits made, from the last to the first."""
        text = self.mjml
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text, self.pieces

    def _offset(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def _inside(self, tag: str) -> bool:
        return any(tag == name for name, _, _ in self.open)

    def _inside_html(self) -> bool:
        return bool(self.open) and self.open[-1][0] in OPAQUE

    def _fail(self, detail: str, hint: str) -> None:
        line = self.mjml.count("\n", 0, self._offset() + self._first) + 1
        raise BadInput(detail, at=f"mjml line {line}", hint=hint)
