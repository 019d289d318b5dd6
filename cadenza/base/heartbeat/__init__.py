"""Signs of progress of the loops behind the pages, where every process can see them."""

from __future__ import annotations


def beat(name: str) -> None:
    """This loop has just done its work; written at most every few seconds."""
    from cadenza.base.heartbeat import service

    service.beat(name)


def due(name: str) -> bool:
    """Whether a beat of this name would be written now: for loops to which even asking beside is dear."""
    from cadenza.base.heartbeat import service

    return service.due(name)
