"""From who was one before and who is one now to what changed: who is parted, who is merged, and by which ids.

An id of a person stays with the identifier whose home it is.  Who is parted from somebody gets the lowest of the
homes that go along; first everyone is parted, then those who belong together are merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Placed:
    """An identifier as it stands: its person (None: nobody), its home, and whether it is an external id."""

    person: int | None
    home: int | None
    external: bool = False


@dataclass(frozen=True)
class Parted:
    """All that is kept under `ids` is no longer `winner`'s; `loser`, the lowest of them, is its person."""

    winner: int
    loser: int
    ids: tuple[int, ...]


@dataclass
class Regrouped:
    """`person`: node → its person now; `joined`: loser → winner; `made`: people who were nobody before."""

    person: dict[int, int | None] = field(default_factory=dict)
    parted: list[Parted] = field(default_factory=list)
    joined: dict[int, int] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)


def regroup(nodes: Mapping[int, Placed], of: Mapping[int, int], first: Collection[int] = ()) -> Regrouped:
    """`of`: node → what stands for its group now; `first`: ids that people have rather than others."""
    done = Regrouped()
    keepers = _keepers(nodes)
    pieces: dict[tuple[int | None, int], list[int]] = defaultdict(list)
    for node, placed in nodes.items():
        pieces[placed.person, of[node]].append(node)
    lives: dict[int, set[int]] = defaultdict(set)
    births: dict[int, int] = {}
    for (person, group), some in pieces.items():
        homes = sorted(home for node in some if (home := nodes[node].home) is not None)
        if person is not None and of[keepers[person]] == group:
            lives[group].add(person)
        elif person is not None and homes:
            own = next((home for home in homes if home in first), homes[0])
            done.parted.append(Parted(person, own, tuple(homes)))
            lives[group].add(own)
        elif homes:
            births[group] = homes[0]
    _join(nodes, of, first, lives, births, done)
    return done


def _keepers(nodes: Mapping[int, Placed]) -> dict[int, int]:
    """The node that each person's id stays with: the one whose home it is, else the first."""
    keepers: dict[int, int] = {}
    for node, placed in nodes.items():
        if placed.person is not None and (placed.home == placed.person or placed.person not in keepers):
            keepers[placed.person] = node
    return keepers


def _join(nodes: Mapping[int, Placed], of: Mapping[int, int], first: Collection[int], lives: Mapping[int, set[int]],
          births: Mapping[int, int], done: Regrouped) -> None:  # fmt: skip
    numbered = {placed.person for placed in nodes.values() if placed.external}
    now: dict[int, int] = {}
    for group in set(of.values()):
        if ids := lives.get(group):
            now[group] = min(ids, key=lambda one: (one not in first, one not in numbered, one))
            done.joined |= {one: now[group] for one in ids if one != now[group]}
        elif group in births:
            now[group] = births[group]
            done.made.add(births[group])
    done.person = {node: now.get(of[node]) for node in nodes}
