"""`cadenza demo`: a real shop through the product's own doors, then the server on top of it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

OWNER = "demo@cadenza.example"
MARK = "demo.ready"  # a file in the data folder: written once all of the shop is in
console = Console(stderr=True)


def demo(port: int | None, fresh: bool, once: bool) -> None:
    """Prepare the shop if it is not there, then serve and print one link."""
    began = time.monotonic()
    _configure(port)
    from cadenza.base.config import config

    if fresh:
        _forget(config().data)
    _banner(config().data)
    with _steps() as steps:
        link = _prepare(config().data, steps)
    if once:
        _stop()
        return _link(link, began)
    from cadenza.cli import serving, shoppers, visitors

    stopping = threading.Event()
    walking = [
        threading.Thread(target=script.run, args=(stopping,), daemon=True) for script in (shoppers, visitors)
    ]

    def ready() -> None:
        _link(link, began)
        for one in walking:
            one.start()

    try:
        serving.run(ready)
    finally:
        stopping.set()


def _configure(port: int | None) -> None:
    os.environ.setdefault("CADENZA_DATA", "cadenza-data/demo")
    os.environ.setdefault("CADENZA_LOG_LEVEL", "WARNING")
    os.environ["CADENZA_DEMO"] = "1"
    os.environ.setdefault(
        "CADENZA_TRUSTED_PROXIES", "127.0.0.1"
    )  # so that its visitors seem to come from anywhere
    for name, wanted in (
        ("CADENZA_PORT", port or int(os.environ.get("CADENZA_PORT", 8750))),
        ("CADENZA_SINK_PORT", 8751),
    ):
        if name not in os.environ or name == "CADENZA_PORT":
            os.environ[name] = str(wanted if port and name == "CADENZA_PORT" else _free(int(wanted)))


def _free(port: int) -> int:
    import socket

    while port < 65_000:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                port += 2
    raise SystemExit("No free port was found.")


def _forget(data: Path) -> None:
    from cadenza import engines
    from cadenza.base.postgres import server

    engines.take_lock(data)
    server.stop(data)
    for inside in data.iterdir():
        if inside.name != "cadenza.lock":
            shutil.rmtree(inside) if inside.is_dir() else inside.unlink()


def _banner(data: Path) -> None:
    console.print(
        "\n  [bold]Cadenza[/bold] · the AdventureWorks bicycle shop. Its people are invented; nobody outside is mailed."
    )
    console.print(f"  [dim]Data: {data}[/dim]\n")


def _steps() -> Progress:
    columns = (
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _prepare(data: Path, steps: Progress) -> str:
    from cadenza import engines

    task = steps.add_task("Starting the engines", total=4, told="")
    engines.start(lambda step: steps.update(task, advance=1, description=step))
    steps.update(task, completed=4, description="Engines run")
    from cadenza.cli import shop

    if not (data / MARK).exists():
        shop.fill(steps)
        (data / MARK).touch()
    return engines.in_thread(_owner_link)  # type: ignore[no-any-return]


def _owner_link() -> str:
    from cadenza.base import database
    from cadenza.base.ids import UserId
    from cadenza.trust.accounts import service as accounts

    with database.system_scope():
        owner = next(one for one in accounts.users() if one.email == OWNER)
        return accounts.make_sign_in_link(UserId(owner.id))


def _stop() -> None:
    from cadenza import engines

    engines.stop()


def _link(path: str, began: float) -> Any:
    from cadenza.base.config import config

    click.echo(f"\n  Ready in {time.monotonic() - began:.0f} s. Open this (once, within the hour):\n")
    click.echo(f"  {config().public_url}{path}\n")
    click.echo("  Ctrl-C stops it and keeps the data.", err=True)
    sys.stdout.flush()
