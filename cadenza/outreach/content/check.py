"""Whether a draft may be saved: its variables are known, its links lead somewhere, and people can leave.

Gives back what it reads about a person, to be held against the purpose, and advice that does not stop it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cadenza.base.problem import BadInput
from cadenza.outreach.content.discover import Discovery, Use, discover
from cadenza.outreach.content.outline import outline
from cadenza.outreach.content.types import LONGEST_MJML, Advice, Draft, Variable

LONGEST = {"name": 120, "subject": 300, "preheader": 300, "text_override": 200_000, "topic": 60}
CLIPPED = 102_000  # bytes after which Gmail hides the rest of a mail, the unsubscribe link first


@dataclass(frozen=True, slots=True)
class Findings:
    """The personal variables a draft uses, each with its first place, and advice."""

    reads: tuple[tuple[Variable, Use], ...]
    advice: tuple[Advice, ...]


def check(draft: Draft, known: Mapping[str, Variable]) -> Findings:
    """Raises BadInput naming the part, the line and the way out."""
    _sizes(draft)
    parts = {part: discover(part, source) for part, source in _parts(draft)}
    outline(draft.mjml)
    uses = [use for found in parts.values() for use in found.uses]
    for use in uses:
        _known(use, known)
    _leavable(draft, parts)
    reads: dict[str, tuple[Variable, Use]] = {}
    for use in uses:
        variable = known[_resolved(use.path, known)]
        if variable.category:
            reads.setdefault(variable.path, (variable, use))
    return Findings(tuple(reads.values()), tuple(_advice(draft, parts)))


def _parts(draft: Draft) -> Iterator[tuple[str, str]]:
    yield "subject", draft.subject
    yield "preheader", draft.preheader
    yield "mjml", draft.mjml
    yield "text", draft.text_override


def _sizes(draft: Draft) -> None:
    for part in ("name", "subject", "mjml"):
        if not getattr(draft, part).strip():
            raise BadInput(f"The {part} is empty.", at=part, hint=f"Write a {part}.")
    for part, longest in (LONGEST | {"mjml": LONGEST_MJML}).items():
        if len(getattr(draft, part)) > longest:
            raise BadInput(f"The {part} is too long.", at=part, hint=f"Keep it below {longest:,} characters.")
    for part in ("name", "subject", "preheader"):
        if any(ord(letter) < 32 or letter in "\x7f\u2028\u2029" for letter in getattr(draft, part)):
            raise BadInput(
                f"The {part} holds a line break or a control character.", at=part, hint="Write one line."
            )


def _known(use: Use, known: Mapping[str, Variable]) -> None:
    if not use.plain:
        raise BadInput(
            f"{use.path}[…] is computed, so nobody can tell which data it reads.",
            at=str(use.place),
            hint="Name the field: person.city.",
        )
    if _resolved(use.path, known) in known:
        return
    inside = [path for path in known if path.startswith(f"{use.path}.")]
    if inside:
        hint = f"Name one field of it, such as {', '.join(inside[:3])}."
        raise BadInput(f"{use.path} is a whole object, not a value.", at=str(use.place), hint=hint)
    near = get_close_matches(use.path, known, 3, 0.6) or get_close_matches(
        "person." + use.path, known, 3, 0.6
    )
    near = near or [path for path in known if path.endswith("." + use.path.rsplit(".", 1)[-1])][:3]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known names: {', '.join(sorted(known))}."
    raise BadInput(
        f"“{use.path}” is not a variable.", at=str(use.place), hint=hint, variable=use.path, near=near
    )


def _resolved(path: str, known: Mapping[str, Variable]) -> str:
    """The longest known name that the path begins with: `person.traits.sizes.0.eu` is about `sizes`."""
    while path not in known and path.count(".") > 2:
        path = path.rsplit(".", 1)[0]
    return path


def _leavable(draft: Draft, parts: Mapping[str, Discovery]) -> None:
    needed = ["mjml"] + (["text"] if draft.text_override.strip() else [])
    for part in needed:
        if not any(use.path == "unsubscribe_url" for use in parts[part].uses):
            raise BadInput(
                f"The {part} has no unsubscribe link.",
                at=part,
                hint='Add <a href="{{ unsubscribe_url }}">Unsubscribe</a> to the footer: the law asks for it.',
            )


def _advice(draft: Draft, parts: Mapping[str, Discovery]) -> Iterator[Advice]:
    told = set()
    for found in parts.values():
        for use in found.unanswered:
            if use.path.startswith("person.") and use.path not in told:
                told.add(use.path)
                yield _fallback(use, draft.skip_missing)
    if not any(use.path == "shop.address" for use in parts["mjml"].uses):
        yield Advice("The postal address is missing.", "mjml", "Add {{ shop.address }} to the footer.")
    if not draft.preheader.strip():
        yield Advice(
            "The preheader is empty.", "preheader", "Mail programs then show the first words of the mail."
        )
    if len(draft.mjml.encode()) > CLIPPED:
        yield Advice("The mail is long.", "mjml", "Gmail hides what comes after 102 kB.")


def _fallback(use: Use, skip: bool) -> Advice:
    then = "is left out" if skip else "sees a gap there"
    detail = f"Whoever has no {use.path.removeprefix('person.')} {then}."
    return Advice(detail, str(use.place), f'Write {{{{ {use.path} | default: "…" }}}} to say something else.')
