"""The `cadenza` command: serve, demo, import, doctor, user, key."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from cadenza.base.problem import Problem


class Told(click.Group):
    """Says problems in words, without a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            click.secho(
                f"✗ {problem.detail}" + (f" (at {problem.at})" if problem.at else ""), fg="red", err=True
            )
            if problem.hint:
                click.echo(f"  {problem.hint}", err=True)
            sys.exit(1)


@click.group(cls=Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data", type=click.Path(), help="Folder of everything that must survive (default: ./cadenza-data)."
)
@click.version_option(package_name="cadenza")
def main(data: str | None) -> None:
    """Cadenza: a self-hosted customer data and marketing-automation platform for shops.

    \b
    Try it with a real shop:      cadenza demo
    Run it for yours:             cadenza serve
    """
    if data:
        os.environ["CADENZA_DATA"] = data
    os.environ.setdefault("CADENZA_LOG_JSON", "0" if sys.stderr.isatty() else "1")


@main.command()
@click.option("--host", help="Where to listen (default 127.0.0.1).")
@click.option("--port", type=int, help="Which port (default 8750).")
@click.option(
    "--role",
    type=click.Choice(["web", "collector", "pipeline", "worker"]),
    help="Start one part only, where several machines share a PostgreSQL.",
)
def serve(host: str | None, port: int | None, role: str | None) -> None:
    """Start everything: pages, API, pipeline and workers.

    \b
    Example:  cadenza --data /srv/cadenza serve --host 0.0.0.0 --port 8750
    Another machine, to carry out more at once:  cadenza serve --role pipeline
    """
    from cadenza.cli import roles, serving

    _set(host=host, port=port)
    if role:
        roles.serve(role)
    else:
        serving.serve()


@main.command(hidden=True)
@click.argument("parent", type=int)
def pipeline(parent: int) -> None:
    """Carry out accepted requests beside a server. `cadenza serve` starts and ends it by itself."""
    from cadenza.cli import serving

    serving.pipeline(parent)


@main.command()
@click.option("--port", type=int, help="Which port (default 8750, or the next free one).")
@click.option("--fresh", is_flag=True, help="Forget the demo shop and begin anew.")
@click.option("--once", is_flag=True, help="Prepare everything, print the link, and stop (for tests).")
def demo(port: int | None, fresh: bool, once: bool) -> None:
    """Start with a real shop in it: AdventureWorks, its people invented.

    It mails nobody outside: mails go to a mailbox that is a page of the product.

    \b
    Example:  cadenza demo
    """
    from cadenza.cli import demo as showing

    showing.demo(port, fresh, once)


@main.command("import")
@click.argument(
    "kind",
    type=click.Choice(
        ["customers", "orders", "order_lines", "products", "returns", "events", "consents", "merges"]
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False),
    help="A mapping file; guessed if left out.",
)
@click.option("--workspace", "-w", help="Its name or id, where there are several.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
def import_(kind: str, file: str, mapping: str | None, workspace: str | None, dry_run: bool) -> None:
    """Import a file: CSV or Parquet, plain, .gz or .zst.

    \b
    Examples:
      cadenza import customers people.csv.gz --map customers.toml --dry-run
      cadenza import order_lines sales.parquet --map sales.toml
    """
    from cadenza.cli import importing

    importing.import_file(kind, file, mapping, workspace, dry_run)


@main.command()
def doctor() -> None:
    """Check engines, disk, versions and the sender, and say what to do.

    \b
    Example:  cadenza doctor
    """
    from cadenza.cli import doctor as checking

    sys.exit(checking.doctor())


@main.group()
def user() -> None:
    """People who work here: add one, list them, make a sign-in link."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="Full name.")
def user_add(email: str, name: str) -> None:
    """Add a user to all workspaces and print a one-time sign-in link.

    \b
    Example:  cadenza user add ann@example.com --name "Ann Lee"
    """
    from cadenza.cli import people

    people.add(email, name)


@user.command("link")
@click.argument("email", required=False)
def user_link(email: str | None) -> None:
    """Print a one-time sign-in link for a user (or for the first owner).

    \b
    Example:  cadenza user link ann@example.com
    """
    from cadenza.cli import people

    people.link(email)


@user.command("list")
def user_list() -> None:
    """List the users."""
    from cadenza.cli import people

    people.show()


@main.command()
@click.argument("kind", type=click.Choice(["write", "secret"]))
@click.option("--name", default="Made on the command line")
@click.option("--workspace", "-w", help="Its name or id, where there are several.")
def key(kind: str, name: str, workspace: str | None) -> None:
    """Make an API key and print it, this once.

    \b
    A write key may only send events; a secret key may read and change.
    Example:  cadenza key write --name "Web shop"
    """
    from cadenza.cli import people

    people.make_key(kind, name, workspace)


def _set(**values: object) -> None:
    for name, value in values.items():
        if value is not None:
            os.environ[f"CADENZA_{name.upper()}"] = str(value)


if __name__ == "__main__":
    main()
