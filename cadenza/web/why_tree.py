"""From a condition tree and what was found of one person to a tree that is read, held or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cadenza.cdp.segments.types import Reason

JOINS = {"all": "All of these", "any": "At least one of these", "not": "This must not be so"}

Say = Callable[[Any, str], str]


@dataclass(frozen=True)
class Node:
    """A condition with the value found, or (`join`) a bracket of some. `holds`: what it says of this person."""

    holds: bool
    said: str
    value: str = ""
    join: str = ""
    parts: tuple[Node, ...] = ()


def why_tree(tree: Any, reasons: Mapping[str, Reason], say: Say, at: str = "tree") -> Node | None:
    """The tree as it holds for one person; None for what is no longer in it.

    `say` writes what was found, from the condition as JSON and the value.
    """
    if isinstance(tree, dict):
        for join in ("all", "any"):
            if join in tree:
                return _bracket(join, tree[join], reasons, say, f"{at}.{join}")
        if "not" in tree:
            inner = why_tree(tree["not"], reasons, say, f"{at}.not")
            return Node(not inner.holds, JOINS["not"], join="not", parts=(inner,)) if inner else None
    reason = reasons.get(at)
    return Node(reason.holds, reason.sentence, say(tree, reason.value)) if reason else None


def _bracket(join: str, parts: Any, reasons: Mapping[str, Reason], say: Say, at: str) -> Node | None:
    found = [why_tree(part, reasons, say, f"{at}.{place}") for place, part in enumerate(parts)]
    known = tuple(one for one in found if one)
    if len(known) == 1:
        return known[0]
    if not known:
        return Node(True, "Everyone") if join == "all" else None
    holds = all(one.holds for one in known) if join == "all" else any(one.holds for one in known)
    return Node(holds, JOINS[join], join=join, parts=known)
