"""What a template reads, found without running it: every variable, filter and tag with its place.

A variable is always a plain path; a computed one (`person[shop.name]`) or a whole object (`person`) is given back as
such, because what cannot be told before sending cannot be checked against a purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from cadenza.base.problem import BadInput
from cadenza.outreach.content.dialect import OWN_FILTERS, TAGS, WRITTEN
from cadenza.outreach.content.types import Place

SUFFIXES = ("size", "first", "last")  # properties every value has


@dataclass(frozen=True, slots=True)
class Use:
    """A variable read at a place. `plain` is False where a part of the path is computed."""

    path: str
    place: Place
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Discovery:
    """All uses in one text. `unanswered` are printed without `default` and never asked about in a condition."""

    uses: tuple[Use, ...]
    unanswered: tuple[Use, ...]


def discover(part: str, source: str) -> Discovery:
    """Read one part (`subject`, `mjml` …). Raises BadInput naming the line where it is not Liquid."""
    template = _parsed(part, source)
    found = template.analyze(include_partials=False)
    for name, spans in found.filters.items():
        if name not in WRITTEN.filters:
            _no_filter(name, _place(part, source, spans[0].index))
    uses = [
        _use(variable.segments, part, source, variable.span.index)
        for variables in found.globals.values()
        for variable in variables
    ]
    bare, answered = _printed(template, part, source)
    return Discovery(tuple(uses), tuple(use for use in bare if use.path not in answered))


def _parsed(part: str, source: str) -> BoundTemplate:
    try:
        template = WRITTEN.from_string(source)
    except LiquidError as error:
        raise _mistake(error, part) from None
    except RecursionError:
        raise BadInput("Blocks are nested too deep.", at=part, hint="Nest at most 20 blocks.") from None
    return template


def _mistake(error: LiquidError, part: str) -> BadInput:
    try:
        context = error.context()
    except ValueError:
        context = None
    line = context[0] if context else 1
    detail = str(error.message or "This is not Liquid.").strip()
    hint = "Write values as {{ person.first_name }} and conditions as {% if … %} … {% endif %}."
    if "unexpected tag" in detail or "unknown tag" in detail:
        hint = f"Tags that work here: {', '.join(sorted(TAGS - {'content', 'illegal', 'output', '#'}))}."
    return BadInput(
        detail[0].upper() + detail[1:] + ("" if detail.endswith(".") else "."),
        at=f"{part} line {line}",
        hint=hint,
    )


def _no_filter(name: str, place: Place) -> None:
    near = get_close_matches(name, OWN_FILTERS, 3)
    known = f"Filters that work here: {', '.join(OWN_FILTERS)}."
    raise BadInput(
        f"There is no filter “{name}”.",
        at=str(place),
        hint=f"Did you mean {' or '.join(near)}?" if near else known,
    )


def _use(segments: Sequence[object], part: str, source: str, index: int) -> Use:
    plain = all(isinstance(segment, (str, int)) for segment in segments)
    named = [str(segment) for segment in segments if isinstance(segment, str)]
    if len(named) > 2 and named[-1] in SUFFIXES:
        named = named[:-1]
    return Use(".".join(named), _place(part, source, index), plain)


def _place(part: str, source: str, index: int) -> Place:
    before = source[: max(index, 0)]
    return Place(part, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _printed(template: BoundTemplate, part: str, source: str) -> tuple[list[Use], set[str]]:
    """Uses printed as they are, and paths that a condition or a `default` looks at."""
    bare: list[Use] = []
    answered: set[str] = set()
    for node in _nodes(template):
        printing = node.__class__.__name__ in ("OutputNode", "EchoNode")
        for expression in node.expressions():
            _ranges(expression, part, source, loop=node.__class__.__name__ == "ForNode")
            paths = [_use(p.path, part, source, p.token.start_index) for p in _paths(expression)]
            if printing and not _has_default(expression):
                bare += paths
            else:
                answered |= {use.path for use in paths}
    return bare, answered


def _nodes(template: BoundTemplate) -> Iterator[Node]:
    context, waiting = RenderContext(template), list(template.nodes)
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting[:0] = list(node.children(context, include_partials=False))


def _paths(expression: Expression) -> Iterator[LiquidPath]:
    if isinstance(expression, LiquidPath):
        yield expression
    for child in expression.children():
        yield from _paths(child)


def _has_default(expression: Expression) -> bool:
    return isinstance(expression, FilteredExpression) and any(
        f.name == "default" for f in expression.filters or ()
    )


def _ranges(expression: Expression, part: str, source: str, loop: bool) -> None:
    """A range in a loop is bounded by the loop's limit; anywhere else it could be asked to fill the memory."""
    if isinstance(expression, RangeLiteral) and not loop:
        place = _place(part, source, expression.token.start_index)
        raise BadInput(
            "A range stands outside of a loop.", at=str(place), hint="Write {% for i in (1..5) %}."
        )
    for child in expression.children():
        _ranges(child, part, source, loop)
