"""The ceiling of ingestion: an ASGI application that decodes a batch and commits it, and does nothing else.

Run as a process of its own: `python -m bench.bare PORT DATA`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

ANSWER = [(b"content-type", b"application/json"), (b"content-length", b"16")]


class Bare:
    """POST a batch; it is decoded, written with others in one commit, and answered."""

    def __init__(self, url: str) -> None:
        self._url, self._waiting, self._task, self._connection = url, [], None, None  # type: ignore[var-annotated]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", scope["method"] == "POST"
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        if body:
            msgspec.json.decode(body)
            told = asyncio.get_running_loop().create_future()
            self._waiting.append((body, told))
            self._task = (
                self._task if self._task and not self._task.done() else asyncio.create_task(self._commit())
            )
            await told
        await send({"type": "http.response.start", "status": 200, "headers": ANSWER})
        await send({"type": "http.response.body", "body": b'{"success":true}'})

    async def _commit(self) -> None:
        import psycopg

        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        while self._waiting:
            group, self._waiting = self._waiting, []
            await self._connection.execute(
                "insert into bare select unnest(%s::bytea[])", [[b for b, _ in group]], binary=True
            )
            for _, told in group:
                told.set_result(None)


def main() -> None:
    """Serve on PORT with a PostgreSQL of its own under DATA."""
    os.environ["CADENZA_DATA"] = sys.argv[2]
    import psycopg
    import uvicorn

    from cadenza.base.postgres import server

    address = server.start(Path(sys.argv[2]))
    with psycopg.connect(address.url(server.OWNER), autocommit=True) as owner:
        owner.execute("create table if not exists bare (payload bytea)")
    told = uvicorn.Config(Bare(address.url(server.OWNER)), port=int(sys.argv[1]), loop="uvloop", http="httptools",
                          lifespan="off", access_log=False, log_level="warning")  # fmt: skip
    uvicorn.Server(told).run()
    server.stop(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
