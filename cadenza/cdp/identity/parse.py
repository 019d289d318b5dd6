"""Rules from JSON and back. A mistake knows its place; what is not told stays as it is usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.identity.types import BLOCKED, CONTACTS, KINDS, LIMITS, LONGEST_VALUE, Rules

MOST, MOST_BLOCKED = 10_000, 10_000
NAMES = ("priority", "limits", "blocked", "never_merge", "apart", "access", "most_identifiers")


def parse(told: Any) -> Rules:
    """The rules told in an object like `{"limits": {"email": 3}, "apart": ["external_id", "loyalty_card"]}`."""
    if not isinstance(told, Mapping):
        raise BadInput("Rules are an object.", at="rules", hint=f"Its fields are {', '.join(NAMES)}.")
    if unknown := sorted(map(str, told.keys() - set(NAMES))):
        raise BadInput("There is no such rule.", at=unknown[0], hint=f"Known are {', '.join(NAMES)}.")
    usual = Rules()
    return Rules(
        priority=tuple(_kinds(told.get("priority", usual.priority), "priority")),
        limits=_limits(told.get("limits", LIMITS)),
        blocked=_blocked(told.get("blocked", BLOCKED)),
        never_merge=frozenset(_kinds(told.get("never_merge", usual.never_merge), "never_merge")),
        apart=frozenset(_kinds(told.get("apart", usual.apart), "apart")),
        access=frozenset(_kinds(told.get("access", usual.access), "access", tuple(sorted(CONTACTS)))),
        most_identifiers=_number(told.get("most_identifiers", usual.most_identifiers), "most_identifiers", 2),
    )


def _kinds(told: Any, at: str, known: tuple[str, ...] = KINDS) -> list[str]:
    if not isinstance(told, Iterable) or isinstance(told, str | Mapping):
        raise BadInput("This is a list of kinds.", at=at, hint=f"Known are {', '.join(known)}.")
    found = list(told)
    for place, kind in enumerate(found):
        if kind not in known:
            raise BadInput(
                "There is no such kind here.", at=f"{at}.{place}", hint=f"Known are {', '.join(known)}."
            )
    if len(set(found)) != len(found):
        raise BadInput("A kind stands here twice.", at=at, hint="Name each once.")
    return found


def _limits(told: Any) -> dict[str, int]:
    if not isinstance(told, Mapping):
        raise BadInput("Limits are an object.", at="limits", hint='Write them like {"email": 5}.')
    _kinds(list(told), "limits")
    return {kind: _number(most, f"limits.{kind}", 1) for kind, most in told.items()}


def _number(told: Any, at: str, least: int) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not least <= told <= MOST:
        raise BadInput("This number does not fit.", at=at, hint=f"Use a whole number from {least} to {MOST}.")
    return told


def _blocked(told: Any) -> dict[str, frozenset[str]]:
    if not isinstance(told, Mapping):
        raise BadInput(
            "Blocked values are an object.",
            at="blocked",
            hint='Write them like {"email": ["test@test.com"]}.',
        )
    _kinds([kind for kind in told if kind != "*"], "blocked")
    return {kind: frozenset(_values(values, f"blocked.{kind}")) for kind, values in told.items()}


def _values(told: Any, at: str) -> list[str]:
    if not isinstance(told, Iterable) or isinstance(told, str | Mapping):
        raise BadInput("This is a list of values.", at=at)
    found = list(told)
    for place, value in enumerate(found):
        if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_VALUE or "\x00" in value:
            raise BadInput("A blocked value is a text.", at=f"{at}.{place}", hint="Use 1 to 320 letters.")
    if len(found) > MOST_BLOCKED:
        raise BadInput("These are too many values.", at=at, hint=f"Name at most {MOST_BLOCKED}.")
    return [value.strip().lower() for value in found]


def dump(rules: Rules) -> dict[str, Any]:
    """The rules as `parse` takes them."""
    return {
        "priority": list(rules.priority),
        "limits": dict(rules.limits),
        "blocked": {kind: sorted(values) for kind, values in rules.blocked.items()},
        "never_merge": sorted(rules.never_merge),
        "apart": sorted(rules.apart),
        "access": sorted(rules.access),
        "most_identifiers": rules.most_identifiers,
    }
