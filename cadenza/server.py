"""The ASGI application: the hot paths on plain ASGI, everything else on Django, beside each other in one server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application

from cadenza.base.inbox import service as inbox
from cadenza.cdp.ingest.collector import Collector, split
from cadenza.outreach.tracking.hot import Tracker

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRACKED = ("/o/", "/c/", "/u/")
ALIVE = "/health/live"


class Application:
    """Sends each request to who answers it. `hot_only`: pages and the API are answered elsewhere."""

    def __init__(self, hot_only: bool = False) -> None:
        self._hot_only = hot_only
        self._door = inbox.door(split)
        self._collector = Collector(self._door)
        self._tracker = Tracker()
        self._pages = get_asgi_application()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/v1/"):
            await self._collector(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(TRACKED):
            await self._tracker(scope, receive, send)
        elif self._hot_only and scope["path"] != ALIVE:
            await _nowhere(send)
        else:
            await self._pages(scope, receive, send)  # type: ignore[arg-type]

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._tracker.close()
                await self._door.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _nowhere(send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
