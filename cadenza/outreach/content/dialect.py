"""The Liquid that marketers may write: which tags, which filters, and how much of everything.

A template is code that a customer wrote, run beside other customers' data: it may loop, grow and nest only so far,
it loads nothing, and it can reach nothing but the plain values handed to it.  Personal data is always a value here,
never source: a first name of `{{ secrets }}` is printed as it stands.
"""

from __future__ import annotations

from functools import lru_cache

from liquid import BoundTemplate, Environment
from liquid.builtin.expressions import logical
from liquid.builtin.expressions.primitive import Blank
from liquid.exceptions import UndefinedError
from liquid.undefined import Undefined, is_undefined

from cadenza.outreach.content.filters import bounded, filters
from cadenza.outreach.content.link_tag import LinkTag

NAMES = "assign break capture case comment content continue cycle echo for if ifchanged illegal liquid output unless #"
TAGS = frozenset(NAMES.split())
WITHHELD = frozenset(
    ["safe", "escapejs", "base64_decode", "base64_encode", "base64_url_safe_decode", "base64_url_safe_encode"]
)


class Missing(Undefined):
    """An unknown value: false in a condition, answered by `default`, and an error when printed."""

    __slots__ = ()
    force_liquid_default = True

    def __str__(self) -> str:
        raise UndefinedError(self.hint or f"{self.name} is undefined", token=self.token)


def _equal(left: object, right: object) -> bool:
    """As Shopify has it, and marketers write it: what is not known `== blank`. The library says it is not."""
    if isinstance(right, Blank) and (left is None or is_undefined(left)):
        return True
    return _library_equal(left, right)


_library_equal = logical._eq
logical._eq = _equal


class Dialect(Environment):
    """Liquid with the limits of a mail."""

    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 5_000
    local_namespace_limit = 200_000
    output_stream_limit = 1_000_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.filters.update(filters())
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: bounded(name, f) for name, f in self.filters.items() if name not in WITHHELD}


def _dialect(escaping: bool, strict: bool, links: bool) -> Dialect:
    made = Dialect(autoescape=escaping, undefined=Missing if strict else Undefined)
    if links:
        made.add_tag(LinkTag)
    return made


WRITTEN = _dialect(escaping=True, strict=True, links=False)  # what people write: no internal tags


@lru_cache(maxsize=8)
def dialect(escaping: bool, strict: bool) -> Dialect:
    """For rendering compiled parts: with the link tag that the compiler puts in."""
    return _dialect(escaping, strict, links=True)


@lru_cache(maxsize=512)
def parsed(source: str, escaping: bool, strict: bool) -> BoundTemplate:
    """A compiled part, parsed once."""
    return dialect(escaping, strict).from_string(source)


OWN_FILTERS = tuple(sorted(WRITTEN.filters))
