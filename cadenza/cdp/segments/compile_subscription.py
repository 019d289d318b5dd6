"""From where people stand on topics to one pass over the mirror of the consent ledger, which holds no address."""

from __future__ import annotations

from collections.abc import Sequence as Many

from cadenza.cdp.segments.bind import Bind
from cadenza.cdp.segments.gather import AMONG, Gather, Held
from cadenza.cdp.segments.leaves import Standing, Subscription

SPOKEN = (
    Standing.GIVEN,
    Standing.WITHDRAWN,
    Standing.REFUSED,
)  # the first of them that any contact point said


def compile_subscription(askers: Many[Subscription], to: Bind) -> tuple[str, list[Held]]:
    """The pass and, in the order of those who ask, their tests on its rows."""
    gather = Gather(to)
    held = [_held(leaf, gather, to) for leaf in askers]
    among = AMONG if to.frame.people is not None else ""
    rows = f"from subscription final\nwhere workspace = {{workspace:UUID}}{among}"
    return gather.sql(rows), held


def _held(leaf: Subscription, gather: Gather, to: Bind) -> Held:
    where = [f"channel = {to.text(leaf.channel)}", f"topic = {to.text(leaf.topic)}"]
    counts = [gather.column("count", "", [*where, f"state = {to.text(state.value)}"]) for state in SPOKEN]
    stands = [f"{count} > 0" for count in counts]
    reads = ", ".join(f"{test}, {to.text(state.value)}" for test, state in zip(stands, SPOKEN, strict=True))
    standing = f"multiIf({reads}, {to.text(Standing.NEVER_ASKED.value)})"
    said = f"has({to.value([one.value for one in leaf.states], 'Array(String)')}, {standing})"
    absent = Standing.NEVER_ASKED in leaf.states
    return Held(f"not {said}" if absent else said, standing, absent)
