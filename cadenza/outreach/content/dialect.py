"""The Liquid that marketers may write: which tags, which filters, and how much of everything.

A template is code that a customer wrote, run beside other customers' data: it may loop, grow and nest only so far,
it loads nothing, and it can reach nothing but the plain values handed to it.  Personal data is always a value here,
never source: a first name of `{{ secrets }}` is printed as it stands.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.undefined import FalsyStrictUndefined, Undefined

from cadenza.outreach.content.filters import bounded, filters
from cadenza.outreach.content.link_tag import LinkTag

TAGS = frozenset(
    ["assign", "break", "capture", "case", "comment", "content", "continue", "cycle", "echo", "for", "if", "ifchanged"]
    + ["illegal", "liquid", "output", "unless", "#"]
)
WITHHELD = frozenset(
    ["safe", "escapejs", "base64_decode", "base64_encode", "base64_url_safe_decode", "base64_url_safe_encode"]
)


class Missing(FalsyStrictUndefined):
    """An unknown value: false in a condition, answered by `default`, and an error when printed."""

    force_liquid_default = True

    def __liquid__(self) -> object:
        return None

    def __eq__(self, other: object) -> bool:
        return other is False or other is None or isinstance(other, Undefined)

    def __hash__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    allowed_properties = FalsyStrictUndefined.allowed_properties | {"__iter__", "__len__", "__hash__"}


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
