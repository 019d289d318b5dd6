"""The tag that the compiler puts around each address, so that a link can be counted and an address cannot bite.

`{% link 3 %}https://shop.example/?q={{ person.city }}{% endlink %}` renders the address for this person, refuses
any scheme but those of a mail, and asks the message's `link` what to write instead (a click redirect).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import Any, TextIO
from urllib.parse import quote

import idna
from liquid import RenderContext
from liquid.ast import BlockNode, Node
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_EOF, TOKEN_EXPRESSION, TOKEN_TAG, Token

SCHEMES = ("http://", "https://", "mailto:", "tel:")
NOWHERE = "#"
UNSEEN = r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]+"
INVISIBLE = re.compile(UNSEEN)
INVISIBLE_ENDS = re.compile(rf"^{UNSEEN}|{UNSEEN}$")
KEPT = "!#$%&'()*+,/:;=?@[]~-._"
PLAIN = re.compile(rf"[A-Za-z0-9{re.escape(KEPT)}]+")
TRACKING = "@link"  # no Liquid name can be written like this, so no template can shadow it


def address(text: str) -> str:
    """A link that a mail may carry: one of the allowed schemes, percent-encoded; `#` for anything else."""
    plain = INVISIBLE.sub("%20", INVISIBLE_ENDS.sub("", text))
    if not plain.lower().startswith(SCHEMES):
        return NOWHERE
    return plain if PLAIN.fullmatch(plain) else quote(_ascii_host(plain), safe=KEPT)


def _ascii_host(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not mark or host.isascii():
        return url
    try:
        return scheme + mark + idna.encode(host, uts46=True).decode() + slash + path
    except idna.IDNAError:
        return url


class LinkNode(Node):
    """`{% link number %}address{% endlink %}`."""

    __slots__ = ("block", "number")

    def __init__(self, token: Token, number: int, block: BlockNode) -> None:
        super().__init__(token)
        self.number, self.block = number, block

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        inner = context.get_buffer(buffer)
        self.block.render(context, inner)
        written = unescape(inner.getvalue()) if context.autoescape else inner.getvalue()
        url = address(written)
        tracking: Any = context.resolve(TRACKING, default=None)
        if tracking and url.startswith("http"):
            url = tracking(self.number, url)
        return buffer.write(escape(url) if context.autoescape else url)

    async def render_to_output_async(self, context: RenderContext, buffer: TextIO) -> int:
        return self.render_to_output(context, buffer)

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        yield self.block


class LinkTag(Tag):
    """Only in compiled templates: what people write cannot name it."""

    name = "link"
    end = "endlink"
    node_class = LinkNode

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        number = int(stream.expect(TOKEN_EXPRESSION).value)
        next(stream)
        block = get_parser(self.env).parse_block(stream, frozenset((self.end, TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value=self.end)
        return self.node_class(token, number, block)
