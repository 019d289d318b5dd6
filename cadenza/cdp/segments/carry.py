"""Definitions as JSON, out of one workspace and into another: what a segment names travels with it by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cadenza.base.problem import BadInput
from cadenza.cdp.segments.types import Segment

VERSION = 1
MOST = 500  # segments in one file
NAMES = ("segment", "products")  # keys of a tree under which an id of a segment stands

Json = dict[str, Any]
Save = Callable[[Json, Any], str]  # an entry and its tree with new ids; gives the new id


def carry(json: Any, save: Save, known: Iterable[str]) -> list[str]:
    """Save every entry of a file, those first that others name; gives the new ids in the order of the file.

    What an entry names must be in the file or `known`.
    """
    entries = _entries(json)
    waiting = {one["id"]: one for one in entries}
    made: dict[str, str] = {}
    while waiting:
        there = {*made, *(set(known) - waiting.keys())}
        ready = [key for key, one in waiting.items() if there.issuperset(_named(one.get("tree")))]
        if not ready:
            key, one = next(iter(waiting.items()))
            at = f"segments.{entries.index(one)}.tree"
            raise BadInput("This segment names one that is nowhere.", at=at, hint="Add it to the file.")
        for key in ready:
            one = waiting.pop(key)
            made[key] = save(one, renamed(one.get("tree"), made))
    return [made[one["id"]] for one in entries]


def pack(segments: Iterable[Segment]) -> Json:
    """The file."""
    return {
        "version": VERSION,
        "segments": [
            {
                "id": str(one.id), "name": one.name, "mode": one.mode.value, "tree": one.tree,
                "schedule": None if one.schedule is None else vars(one.schedule),
            }
            for one in segments
        ],
    }  # fmt: skip


def _entries(json: Any) -> list[Json]:
    if (
        not isinstance(json, dict)
        or json.get("version") != VERSION
        or not isinstance(json.get("segments"), list)
    ):
        raise BadInput("This is no file of segments.", at="version", hint="Use one that was exported here.")
    found = json["segments"]
    if len(found) > MOST:
        raise BadInput(f"At most {MOST} segments at once.", at="segments", hint="Split the file.")
    for place, one in enumerate(found):
        if (
            not isinstance(one, dict)
            or not isinstance(one.get("id"), str)
            or not isinstance(one.get("name"), str)
        ):
            raise BadInput("An entry needs an id and a name.", at=f"segments.{place}", hint="Add them.")
    if len({one["id"] for one in found}) < len(found):
        raise BadInput("Two entries have one id.", at="segments", hint="Give each its own.")
    return found


def _named(tree: Any) -> Iterable[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in NAMES and isinstance(value, str):
                yield value
            else:
                yield from _named(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from _named(one)


def renamed(tree: Any, ids: Mapping[str, str]) -> Any:
    """The tree with new ids in place of old ones."""
    if isinstance(tree, dict):
        return {
            key: ids.get(value, value) if key in NAMES and isinstance(value, str) else renamed(value, ids)
            for key, value in tree.items()
        }
    return [renamed(one, ids) for one in tree] if isinstance(tree, list) else tree
