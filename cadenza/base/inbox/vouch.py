"""May NATS be believed when it says that something is stored?  Only where each server writes to disk first.

By its own default JetStream confirms what the disk gets up to two minutes later.  The servers tell how they are
set over the system account, and only there; who cannot be asked is not believed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from cadenza.base.inbox.stream import connect, library
from cadenza.base.problem import Problem

ANSWER_SECONDS = 2.0
MINUTE_NANOSECONDS = 60 * 10**9
USUAL_MINUTES = 2


@dataclass(frozen=True)
class Server:
    """What one server tells of itself."""

    name: str
    version: str
    always: bool
    interval_minutes: float
    cluster_size: int


@dataclass(frozen=True)
class Voucher:
    """What was found. `doubt` is None where a majority answered, and all who did write to disk first."""

    servers: tuple[Server, ...]
    doubt: str | None
    minutes: float = USUAL_MINUTES

    @property
    def at_stake(self) -> str:
        return f"at most {self.minutes:g} minutes can be lost on power failure"


async def vouch(system_url: str) -> Voucher:
    """Ask all servers, over a user of the system account, how they write."""
    if not system_url:
        return Voucher(
            (), "CADENZA_INBOX_SYSTEM_URL is not set, so that the servers cannot be asked how they write."
        )
    try:
        servers = await _servers(system_url)
    except Problem as away:
        return Voucher((), f"The servers cannot be asked how they write: {away.detail}")
    return judge(servers)


def judge(servers: tuple[Server, ...]) -> Voucher:
    """What the answers amount to."""
    lazy = [server for server in servers if not server.always]
    size = max((server.cluster_size for server in servers), default=0)
    if lazy:
        names = ", ".join(f"{server.name} (every {server.interval_minutes:g} minutes)" for server in lazy)
        minutes = max(server.interval_minutes for server in lazy)
        return Voucher(servers, f"These servers confirm what is not on disk yet: {names}.", minutes)
    if len(servers) * 2 <= size or not servers:
        told = f"{len(servers)} of {size or '?'} servers told how they write"
        return Voucher(servers, f"Only {told}: is CADENZA_INBOX_SYSTEM_URL a user of the system account?")
    return Voucher(servers, None)


async def _servers(url: str) -> tuple[Server, ...]:
    client = await connect(url)
    found: dict[str, Server] = {}
    try:
        inbox = client.new_inbox()
        answers = await client.subscribe(inbox)
        await client.publish("$SYS.REQ.SERVER.PING.JSZ", b"", reply=inbox)
        until = time.monotonic() + ANSWER_SECONDS
        while (left := until - time.monotonic()) > 0 and not _complete(found):
            server = _server(msgspec.json.decode((await answers.next_msg(timeout=left)).data))
            found[server.name] = server
    except (library().errors.Error, msgspec.DecodeError):
        pass  # those who answered have answered
    finally:
        await client.close()
    return tuple(found[name] for name in sorted(found))


def _complete(found: dict[str, Server]) -> bool:
    return bool(found) and len(found) >= max(server.cluster_size for server in found.values())


def _server(told: dict[str, Any]) -> Server:
    who, data = told["server"], told.get("data", {})
    config = data.get("config", {})
    return Server(
        who["name"],
        who["ver"],
        bool(config.get("sync_always")),
        config.get("sync_interval", USUAL_MINUTES * MINUTE_NANOSECONDS) / MINUTE_NANOSECONDS,
        int(data.get("meta_cluster", {}).get("cluster_size", 1)),
    )
