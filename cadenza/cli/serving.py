"""`cadenza serve`: engines, loops and the server, started and stopped in order."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from cadenza import engines
from cadenza.base.config import config
from cadenza.base.problem import Conflict

GRACE_SECONDS = 8


def serve(ready: Callable[[], None] | None = None, say: engines.Step | None = None) -> None:
    """Run until the process is told to stop; `ready` is called once it answers."""
    check_port()
    engines.start(say or (lambda step: click.echo(f"  {step} …", err=True)))
    _first_link()
    run(ready or announce)


def run(ready: Callable[[], None]) -> None:
    """The loops and the server, on engines that were started."""
    from cadenza.worker import Background

    spare_the_collector()
    background = Background(apart=True)
    try:
        _open_inbox()
        _start_sink()
        background.start()
        _listen(ready)
    finally:
        click.echo("\n  Stopping; the data stays.", err=True)
        background.stop()
        _stop_sink()
        engines.stop()


def listen(hot_only: bool = False) -> None:
    """The server alone, for a machine that has no loops."""
    check_port()
    _open_inbox()
    _listen(announce, hot_only)


def _open_inbox() -> None:
    """Whoever accepts makes sure first that what is accepted stays."""
    from cadenza.base.inbox import service as inbox

    inbox.start()
    if at_stake := inbox.degraded():
        click.secho(
            f"  Degraded: NATS does not write to disk before it confirms; {at_stake}.", fg="red", err=True
        )


def pipeline(parent: int) -> None:
    """The processes of the pipeline, beside the server that started them: it may be gone before we are here."""
    engines.start_relational()
    from cadenza.worker import run_twins

    spare_the_collector()
    run_twins(parent)


def spare_the_collector() -> None:
    """What is loaded now stays for good, and a batch of events is no garbage: look for cycles less often.

    Batches hold some hundred thousand small objects without cycles; searching them took half of the pipeline's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _listen(ready: Callable[[], None], hot_only: bool = False) -> None:
    import uvicorn

    from cadenza.base.patience import Patient
    from cadenza.server import Application

    class Server(uvicorn.Server):
        """Says when it answers, and ends quietly: what comes after it still has engines to stop."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            kinds = (signal.SIGINT, signal.SIGTERM)
            before = [signal.signal(kind, self.handle_exit) for kind in kinds]
            try:
                yield
            finally:
                for kind, handler in zip(kinds, before, strict=True):
                    signal.signal(kind, handler)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    told = uvicorn.Config(
        Application(hot_only),
        host=config().host,
        port=config().port,
        loop="uvloop",
        http=Patient,
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=bool(config().trusted_proxies),
        forwarded_allow_ips=config().trusted_proxies or None,
    )
    Server(told).run()


def _start_sink() -> None:
    if config().sink_port:
        from cadenza.channels.email import service as email

        email.start_sink(config().sink_port)


def _stop_sink() -> None:
    if config().sink_port:
        from cadenza.channels.email import service as email

        email.stop_sink()


def check_port() -> None:
    """Refuse to start where somebody else listens."""
    if not port_is_free(config().port):
        raise Conflict(f"Port {config().port} is taken.", hint="Choose another one with --port.")


def port_is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config().host, port))
        except OSError:
            return False
    return True


def _first_link() -> None:
    from cadenza.base import database
    from cadenza.trust.accounts import service as accounts
    from cadenza.trust.consent import service as consent

    with database.system_scope():
        if not accounts.workspaces():
            made = accounts.create_workspace("My shop")
            with database.scope(made.id):
                consent.ensure_topics(made.id)
        if not accounts.users():
            link = accounts.make_sign_in_link()
            click.echo(
                f"\n  First start. Make the owner here (once, within the hour):\n  {config().public_url}{link}\n"
            )


def announce() -> None:
    """Say where it can be found."""
    click.echo(f"  Cadenza answers on {config().public_url}", err=True)
    sys.stderr.flush()
