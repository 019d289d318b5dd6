"""The ASGI application: the hot paths on plain ASGI, everything else on Django, beside each other in one server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from cadenza.base.inbox.door import PostgresDoor
from cadenza.cdp.ingest.collector import Collector
from cadenza.outreach.tracking.hot import Tracker

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRACKED = ("/o/", "/c/", "/u/")


class Application:
    """Sends each request to who answers it."""

    def __init__(self) -> None:
        self._door = PostgresDoor(settings.APP_URL)
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
