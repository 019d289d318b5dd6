"""The processing register (GDPR Art. 30) as a page that a privacy officer reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cadenza.trust.privacy.categories import TITLES, title_of
from cadenza.trust.privacy.types import ANY, Holding, ProcessingRegister, Purpose

HEAD = """# Processing register

Generated from the purposes, the tables and the kinds of events that this version of Cadenza declares. Do
not edit it: `make docs` writes it anew, and a test fails while it is stale.

It answers Art. 30(1) and 30(2) GDPR as far as software can: what is processed, for which purpose, of whom,
for how long, and where it lies. The names of the controller, its representative and its data protection
officer are for you to add.
"""
SECURITY = """## Security of processing (Art. 32)

Each workspace is fenced in the database by row-level security. Passwords are kept as Argon2id hashes, keys
and sign-in links as fingerprints, secrets under AES-256-GCM. Addresses in the consent ledger and in the
memory of erased people are keyed digests. Logs hold opaque numbers and counts only. A saved segment,
template or import that reads more than its purpose covers is refused.
"""


def render(register: ProcessingRegister) -> str:
    """The whole register as Markdown."""
    return "\n".join([
        HEAD,
        "## Purposes\n",
        *(_purpose(purpose) for purpose in register.purposes),
        "## Where each category lies\n",
        _table(("Category", "Field"), _places(register.holdings)),
        "## What events carry\n",
        _table(("Event", "Property", "Category"), map(_carried, register.events)),
        "## Export and erasure\n",
        "Each share gives out and forgets its part of a person.\n",
        _table(("Share", "Tables"), (_shared(*share) for share in sorted(register.shares.items()))),
        SECURITY,
    ])  # fmt: skip


def _purpose(purpose: Purpose) -> str:
    categories = ", ".join(map(_named, purpose.categories)) or "none: made-up data only"
    lines = [
        f"### {purpose.id} {purpose.title}\n",
        f"- Of whom: {purpose.subjects}",
        f"- Categories: {categories}",
        f"- Basis: {purpose.basis}",
        f"- Recipients: {'; '.join(purpose.recipients) or 'none'}",
        f"- Kept: {purpose.period}",
        f"- Done by: `{purpose.module}`",
    ]
    return "\n".join([*lines, *([f"- Note: {purpose.note}"] if purpose.note else []), ""])


def _places(holdings: Iterable[Holding]) -> list[tuple[str, str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for holding in holdings:
        found[holding.category].append(f"`{holding.place}.{holding.field}`")
    return [
        (_named(category), ", ".join(sorted(found[category])))
        for category in sorted(TITLES)
        if category in found
    ]


def _carried(holding: Holding) -> tuple[str, str, str]:
    return holding.place, f"`{holding.field}`", _named(holding.category)


def _shared(name: str, tables: tuple[str, ...]) -> tuple[str, str]:
    return name, ", ".join(f"`{table}`" for table in tables) or "outside PostgreSQL"


def _named(category: str) -> str:
    return "every category" if category == ANY else f"{title_of(category)} (`{category}`)"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
