"""`cadenza user …` and `cadenza key`."""

from __future__ import annotations

import click

from cadenza.base.config import config
from cadenza.base.ids import UserId
from cadenza.base.problem import NotFound
from cadenza.cli.attached import attached, choose_workspace


def add(email: str, name: str) -> None:
    """Add a user and print a link."""
    with attached():
        from cadenza.base import database
        from cadenza.trust.accounts import service as accounts

        with database.system_scope():
            made = accounts.create_user(email, full_name=name)
            for workspace in accounts.workspaces():
                accounts.add_member(workspace.id, UserId(made.id))
            _print(accounts.make_sign_in_link(UserId(made.id)))


def link(email: str | None) -> None:
    """Print a sign-in link."""
    with attached():
        from cadenza.base import database
        from cadenza.trust.accounts import service as accounts

        with database.system_scope():
            users = {one.email: one for one in accounts.users()}
            if email and email.lower() not in users:
                raise NotFound(f"There is no user {email}.", hint="Add one with `cadenza user add`.")
            if not email and users:
                raise NotFound("Whose link?", hint=f"Name one of: {', '.join(users)}.")
            _print(accounts.make_sign_in_link(UserId(users[email.lower()].id) if email else None))


def show() -> None:
    """List the users."""
    with attached():
        from cadenza.trust.accounts import service as accounts

        for one in accounts.users():
            seen = one.last_login.strftime("%Y-%m-%d %H:%M") if one.last_login else "never"
            click.echo(f"{one.email:40} {one.full_name:30} last signed in {seen}")


def make_key(kind: str, name: str, workspace: str | None) -> None:
    """Make a key and print it."""
    with attached():
        from cadenza.base import database
        from cadenza.trust.accounts import service as accounts

        with database.system_scope():
            chosen = choose_workspace(workspace)
            with database.scope(chosen):
                _, plain = accounts.issue_key(chosen, kind, name)  # type: ignore[arg-type]
    click.echo(plain)


def _print(path: str) -> None:
    click.echo(f"Good once, for an hour:\n{config().public_url}{path}")
