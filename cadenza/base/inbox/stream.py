"""The inbox's stream on NATS JetStream: write a frame, read frames by their numbers, overwrite one.

No consumer is kept on the server: who reads says from where, so that the one position is that in PostgreSQL.
Every call raises Unavailable where NATS cannot be reached, or does not answer as it should.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import msgspec

from cadenza.base import log
from cadenza.base.problem import BadInput, Problem, Unavailable

if TYPE_CHECKING:
    from nats.aio.client import Client

NAME = "CADENZA_INBOX"
SUBJECT = "cadenza.inbox"
ALL = f"{SUBJECT}.*"
PATIENCE_SECONDS = 5.0  # a frame waits so long for a new leader before its requests are refused
ATTEMPT_SECONDS = 1.5
AGAIN_SECONDS = 0.1
ANSWER_SECONDS = 3.0
CONNECT_SECONDS = 5.0
PING_SECONDS = 5  # a server that is silent for twice as long is left for another
NO_STREAM, NO_MESSAGE = 10059, 10043


@dataclass(frozen=True)
class Frame:
    """One message of the stream."""

    seq: int
    partition: int
    payload: bytes


@dataclass(frozen=True)
class State:
    """The stream as its leader sees it. `born` tells it from another that stood here before."""

    born: str
    first: int
    last: int


class Stream:
    """The stream, over one connection that is made when it is needed and finds its way back by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def write(self, partition: int, payload: bytes, id: str) -> None:
        """Store one frame; returns once a majority of servers has it on disk. Told twice under one id, it is one."""
        until = time.monotonic() + PATIENCE_SECONDS
        headers = {"Nats-Msg-Id": id, "Nats-Expected-Stream": NAME}
        while True:
            try:
                told = await self._request(f"{SUBJECT}.{partition}", payload, ATTEMPT_SECONDS, headers)
                if _is_receipt(told):
                    return
                fault = Unavailable(f"NATS does not store this ({_error(told)}).")
            except Unavailable as away:
                fault = away
            if time.monotonic() > until:
                raise fault
            await asyncio.sleep(AGAIN_SECONDS)

    async def read(self, subject: str, after: int, most: int, most_bytes: int) -> tuple[list[Frame], int]:
        """Frames with numbers above `after`, in order, and how many there are behind them."""
        asked = {"seq": after + 1, "next_by_subj": subject, "batch": most, "max_bytes": most_bytes}
        client = await self.client()
        inbox, found = client.new_inbox(), []
        try:
            answers = await client.subscribe(inbox)
            try:
                await client.publish(f"$JS.API.DIRECT.GET.{NAME}", msgspec.json.encode(asked), reply=inbox)
                answer = await answers.next_msg(timeout=ANSWER_SECONDS)
                while "Status" not in (answer.headers or {}):
                    found.append(_frame(answer))
                    answer = await answers.next_msg(timeout=ANSWER_SECONDS)
            finally:
                await answers.unsubscribe()
        except library().errors.Error as error:
            raise _unreachable(error) from error
        end = answer.headers or {}
        if end["Status"] not in ("204", "404"):
            raise Unavailable(f"NATS does not give what it holds (status {end['Status']}).")
        return found, int(end.get("Nats-Num-Pending", 0))

    async def state(self) -> State | None:
        """Where the stream begins and ends, or None where there is none."""
        told = await self.info()
        return State(told["created"], told["state"]["first_seq"], told["state"]["last_seq"]) if told else None

    async def info(self) -> dict[str, Any] | None:
        """All that the leader tells of the stream, or None where there is none."""
        told = await self.ask(f"STREAM.INFO.{NAME}", {})
        if _error(told) == NO_STREAM:
            return None
        return checked(told)

    async def overwrite(self, seq: int) -> None:
        """Remove one frame, its bytes on disk overwritten. One that is gone already stays so."""
        told = await self.ask(f"STREAM.MSG.DELETE.{NAME}", {"seq": seq})
        if _error(told) != NO_MESSAGE:
            checked(told)

    async def ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the JetStream API."""
        return await self._request(f"$JS.API.{what}", msgspec.json.encode(body), ANSWER_SECONDS)

    async def _request(
        self, subject: str, body: bytes, seconds: float, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        client = await self.client()
        try:
            answer = await client.request(subject, body, timeout=seconds, headers=headers)
            return dict(msgspec.json.decode(answer.data))
        except (library().errors.Error, msgspec.DecodeError, OSError) as error:
            raise _unreachable(error) from error

    async def client(self) -> Client:
        """The connection, made if there is none."""
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                self._client = await connect(self._url)
            return self._client

    async def close(self) -> None:
        """Let the connection go."""
        client, self._client = self._client, None
        if client:
            await client.close()


def library() -> Any:
    """The client library, needed by who uses NATS alone."""
    try:
        import nats
        import nats.errors
    except ImportError:
        raise Unavailable(
            "The inbox is set to NATS, whose client is not installed.",
            hint="Install it with: pip install 'cadenza[cluster]'",
        ) from None
    return nats


async def connect(url: str) -> Client:
    """A connection to one of some servers (`nats://user:password@host:4222,…`), kept up for as long as it is wanted."""
    nats = library()
    servers = [one.strip() for one in url.split(",") if one.strip()]
    first = urlsplit(servers[0])
    if any(urlsplit(one).scheme not in ("nats", "tls") for one in servers):
        raise BadInput("The address of NATS is written nats://… or tls://….", at="CADENZA_INBOX_URL")
    try:
        return await asyncio.wait_for(
            nats.connect(
                servers,
                user=unquote(first.username)
                if first.username
                else None,  # for servers that these tell of, too
                password=unquote(first.password) if first.password else None,
                max_reconnect_attempts=-1,
                reconnect_time_wait=AGAIN_SECONDS,
                connect_timeout=2,
                ping_interval=PING_SECONDS,
                error_cb=_told,
            ),
            CONNECT_SECONDS,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise _unreachable(error) from error


async def _told(error: Exception) -> None:
    log.get(__name__).warning("nats.fault", error=type(error).__name__)


def _unreachable(error: Exception) -> Problem:
    return Unavailable(
        f"NATS cannot be reached, or a majority of its servers is away ({type(error).__name__}).",
        hint="Look at the servers of CADENZA_INBOX_URL.",
    )


def _frame(answer: Any) -> Frame:
    headers = answer.headers
    return Frame(
        int(headers["Nats-Sequence"]), int(headers["Nats-Subject"].rsplit(".", 1)[-1]), bytes(answer.data)
    )


def _is_receipt(told: dict[str, Any]) -> bool:
    """Whether a frame is stored. A refusal names the stream as well, such as that its id is still in process."""
    return "error" not in told and told.get("stream") == NAME and told.get("seq", 0) > 0


def _error(told: dict[str, Any]) -> int:
    return int(told.get("error", {}).get("err_code", 0))


def checked(told: dict[str, Any]) -> dict[str, Any]:
    """An answer of the API, if it is not a refusal."""
    if "error" in told:
        raise Unavailable(f"NATS refuses: {told['error'].get('description', 'no reason given')}.")
    return told
