"""Which fields of a person a program asked for: only those are read to it, and only for a purpose that covers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cadenza.base.problem import BadInput
from cadenza.cdp.profiles.types import Field
from cadenza.trust.privacy.types import ANY, Read

TECHNICAL = ("id", "created_at", "updated_at")
FOLLOWING = {
    "pending_email": "contact.email", "email_confirmed_at": "contact.email", "email_invalid": "contact.email",
    "pending_phone": "contact.phone", "phone_confirmed_at": "contact.phone", "phone_invalid": "contact.phone",
    "time_zone_source": "location.area",
}  # fmt: skip
TRAITS = "traits"
IDENTIFIERS = "identifiers"
ALWAYS = "id"


@dataclass(frozen=True)
class Mask:
    """The fields to show: top-level ones, traits by name, and kinds of identifiers."""

    fields: frozenset[str]
    traits: frozenset[str]
    identifiers: frozenset[str]


def mask(
    asked: str,
    fields: Iterable[Field],
    identifiers: Mapping[str, str],
    allowed: frozenset[str] | None = None,
) -> tuple[Mask, list[Read]]:
    """The mask that `asked` (`email,traits.vip`; empty: everything) means, and what it reads.

    `identifiers` are kinds with their categories.  `allowed`, where a purpose was named, are the categories it
    covers: who asks for everything gets what is covered, who asks by name is to be refused by what is read.
    """
    known = _known(fields, identifiers)
    names = [part.strip() for part in asked.split(",") if part.strip()]
    if names:
        wanted = {read.field: read for name in names for read in _named(name, known)}
    elif allowed is None or ANY in allowed:
        wanted = {**known, TRAITS: Read(TRAITS, "")}  # even where there is none
    else:
        wanted = {name: read for name, read in known.items() if not read.category or read.category in allowed}
    traits, kinds = _below(TRAITS, wanted), _below(IDENTIFIERS, wanted)
    shown = {name for name in wanted if not name.startswith((f"{TRAITS}.", f"{IDENTIFIERS}."))}
    shown |= {part for part, below in ((TRAITS, traits), (IDENTIFIERS, kinds)) if below or part in names}
    return Mask(frozenset(shown | {ALWAYS}), traits, kinds), [one for one in wanted.values() if one.category]


def _below(part: str, wanted: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(f"{part}.") for name in wanted if name.startswith(f"{part}."))


def _known(fields: Iterable[Field], identifiers: Mapping[str, str]) -> dict[str, Read]:
    known = {name: Read(name, "") for name in TECHNICAL}
    known |= {name: Read(name, category) for name, category in FOLLOWING.items()}
    for one in fields:
        name = one.name if one.standard else f"traits.{one.name}"
        known[name] = Read(name, one.category)
    return known | {f"identifiers.{kind}": Read(f"identifiers.{kind}", c) for kind, c in identifiers.items()}


def _named(name: str, known: Mapping[str, Read]) -> list[Read]:
    """What a name stands for: itself, or all that lies below it."""
    if name in known:
        return [known[name]]
    if name in (TRAITS, IDENTIFIERS):
        return [read for path, read in known.items() if path.startswith(f"{name}.")]
    raise BadInput(
        f"There is no field {name[:60]!r}.",
        at="fields",
        hint="Fields are listed by GET /api/v1/fields/; the shop's own are traits.<name>.",
    )
