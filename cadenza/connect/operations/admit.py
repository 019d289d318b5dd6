"""May this caller call this operation? Questions in the order of their weight."""

from __future__ import annotations

from dataclasses import dataclass

from cadenza.base.problem import Problem, Refused, Unauthorised
from cadenza.connect.operations.types import Access, Operation, Point, PointKey


@dataclass(frozen=True)
class Caller:
    """Who calls: with which key, if any, else from which site and device."""

    key: PointKey | None
    tried_key: bool = False
    origin: str = ""
    device: str = ""


def admit(caller: Caller, point: Point | None) -> Problem | None:
    """Why this caller may call nothing here; None where it may call what is open to it."""
    if caller.tried_key and caller.key is None:
        return Unauthorised("This secret key is not known.", hint="Make one in Settings → Operations.")
    if point is None:
        return Unauthorised(
            "There is no such endpointId, or the key is not one of its keys.", at="endpointId"
        )
    if caller.key is not None:
        return None if caller.key.point == point.id else Unauthorised(
            "There is no such endpointId, or the key is not one of its keys.", at="endpointId"
        )  # fmt: skip
    if not caller.origin:
        return Unauthorised("This call needs a secret key.", hint="Send Authorization: SecretKey ….")
    if caller.origin.lower() not in point.sites:
        return Refused(
            "This site may not call this integration point.", at="Origin", hint="Add it in Settings."
        )
    if not caller.device:
        return Refused("A call from a browser carries its deviceUUID.", at="deviceUUID")
    return None


def may_call(caller: Caller, operation: Operation, has_ticket: bool) -> Problem | None:
    """Why this caller may not call this one; None where it may."""
    if caller.key is not None or operation.access == "open":
        return None
    if operation.access == "ticket" and has_ticket:
        return None
    hint = HINTS[operation.access]
    return Refused("This operation is not open to browsers.", at="operation", hint=hint)


HINTS: dict[Access, str] = {
    "secret": "Call it from your server, with a secret key.",
    "ticket": "Send customer.authenticationTicket, which your server gets from an operation that returns it.",
    "open": "",
}
