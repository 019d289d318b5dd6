"""What a module that holds personal data must provide: its share of a person.

A share may also offer one or more of the small protocols below; they are found by their method.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from cadenza.base.ids import ProfileId, WorkspaceId

Identifiers = Sequence[tuple[str, str]]  # (kind, value), as cdp.identity names them


class PersonalDataShare(Protocol):
    """One module's part of a person: told in full, forgotten in full."""

    @property
    def name(self) -> str:
        """What the share is called in exports, receipts and the register."""
        ...

    @property
    def tables(self) -> frozenset[str]:
        """The PostgreSQL tables whose personal fields this share covers."""
        ...

    def export(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, Any]:
        """Everything held of this person, in a form that JSON can hold; only empty parts for one unknown."""
        ...

    def erase(self, workspace: WorkspaceId, profile: ProfileId) -> dict[str, int]:
        """Forget this person; gives table → rows removed or emptied. May be called again at any time."""
        ...


@runtime_checkable
class KnowsIdentifiers(Protocol):
    """A share that can say what recognises a person. It is erased last: the others may have to ask it."""

    def identifiers(self, workspace: WorkspaceId, profile: ProfileId) -> list[tuple[str, str]]: ...


@runtime_checkable
class FollowsMerges(Protocol):
    """A share that knows which profile a person has now; an id from before a merge leads there too."""

    def current(self, workspace: WorkspaceId, profile: ProfileId) -> ProfileId: ...


@runtime_checkable
class ErasesByIdentifier(Protocol):
    """A share that also holds rows known by an address alone. Called before `erase`, as often as it is."""

    def erase_identifiers(
        self, workspace: WorkspaceId, profile: ProfileId, identifiers: Identifiers
    ) -> dict[str, int]: ...


@runtime_checkable
class Keeps(Protocol):
    """A share that keeps something by duty: `keeps` says what and why. Its export may stay non-empty."""

    keeps: str
