"""Make the inbox's stream on NATS, or make sure that the one that is there is ours and as it must be."""

from __future__ import annotations

from typing import Any

from cadenza.base.inbox.stream import ALL, NAME, Stream, checked
from cadenza.base.problem import Conflict

REPLICAS = 3
DEDUPE_SECONDS = 120
OLDEST_VERSION = (2, 11)  # the first whose frames can be read in batches by their numbers
LEAST_PAYLOAD = 1 << 20
SECOND, DAY = 10**9, 86_400 * 10**9
OWNER = "cadenza_installation"


async def found(stream: Stream, days: int, installation: str) -> None:
    """Make the stream, or mend it: on file, three times where there is a cluster, kept for so many days."""
    client = await stream.client()
    told = client._server_info  # the library shows no more of it than the version
    check_server(told)
    wanted = _wanted(days, installation, REPLICAS if told.get("cluster") else 1)
    there = await stream.info()
    if there is None:
        checked(await stream.ask(f"STREAM.CREATE.{NAME}", wanted))
        return
    config = there["config"]
    _check_owner(config, installation)
    wanted["num_replicas"] = max(wanted["num_replicas"], config["num_replicas"])
    if any(config.get(name) != value for name, value in wanted.items() if name != "metadata"):
        checked(await stream.ask(f"STREAM.UPDATE.{NAME}", {**config, **wanted}))


def _wanted(days: int, installation: str, replicas: int) -> dict[str, Any]:
    return {
        "name": NAME,
        "description": "Requests that Cadenza has accepted",
        "subjects": [ALL],
        "retention": "limits",
        "discard": "new",
        "storage": "file",
        "num_replicas": replicas,
        "max_age": max(1, days) * DAY,  # none would mean for ever
        "duplicate_window": DEDUPE_SECONDS * SECOND,
        "allow_direct": True,
        "metadata": {OWNER: installation},
    }


def check_server(told: dict[str, Any]) -> None:
    """Whether a server can do what we ask, by what it says when it is connected to."""
    version = tuple(int(part) for part in told["version"].split("-")[0].split(".")[:2])
    if version < OLDEST_VERSION:
        raise Conflict(f"NATS {told['version']} is too old.", hint="Use nats-server 2.11 or newer.")
    if told["max_payload"] < LEAST_PAYLOAD:
        raise Conflict(
            "NATS takes too small messages.", hint="Set max_payload to 1MB or more in nats-server.conf."
        )


def _check_owner(config: dict[str, Any], installation: str) -> None:
    owner = (config.get("metadata") or {}).get(OWNER)
    if owner != installation:
        raise Conflict(
            f"The stream {NAME} belongs to another Cadenza.",
            hint="Give each installation an account of its own on NATS, and all its machines the same master.key.",
        )
    if config.get("storage") != "file":
        raise Conflict(
            f"The stream {NAME} lies in memory.", hint="Remove it, so that it is made anew on file."
        )
