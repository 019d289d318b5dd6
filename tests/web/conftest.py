"""A browser without a window: Django's test client, signed in as a member of the workspace of the test."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import msgspec
import pytest
from django.test import Client

from cadenza.base import database, projection
from cadenza.base.ids import ProfileId, UserId, WorkspaceId, new_id
from cadenza.base.inbox import service as inbox
from cadenza.cdp.identity import service as identity
from cadenza.cdp.identity.types import Identifier
from cadenza.cdp.ingest import pipeline
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.models import User


def user(workspace: WorkspaceId | None = None, **more: Any) -> User:
    """A new user; a member of the workspace if one is told."""
    with database.system_scope():
        made = accounts.create_user(f"u{new_id()}@example.com", **more)
        if workspace:
            accounts.add_member(workspace, UserId(made.id))
    return made


def link(answer: Any, attribute: str) -> str:
    """The address of the first link of a page that carries an attribute like `rel="next"`; "" where there is none."""
    found = re.search(rf'<a[^>]*{re.escape(attribute)}[^>]*? href="([^"]+)"', answer.content.decode())
    return unescape(found[1]) if found else ""


@pytest.fixture
def member(workspace: WorkspaceId) -> User:
    """Who works in the workspace of this test."""
    return user(workspace, full_name="Laima Ozola")


def browser(signed_in: User | None = None, **more: Any) -> Client:
    """A browser of its own, signed in or not."""
    client = Client(SERVER_NAME="localhost", **more)
    if signed_in:
        client.force_login(signed_in, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def pages(member: User) -> Client:
    """The pages, as a member of the workspace sees them."""
    return browser(member)


@pytest.fixture
def arrive(workspace: WorkspaceId) -> Callable[..., None]:
    """Take in items of the tracking API, down to the event store."""

    def take_in(*items: dict[str, Any]) -> None:
        numbered = [{"messageId": str(new_id()), **item} for item in items]
        with database.scope(workspace):
            inbox.append(workspace, "batch", msgspec.json.encode({"batch": numbered}))
        while pipeline.step():
            pass
        projection.drain()

    return take_in


@pytest.fixture
def number(workspace: WorkspaceId) -> Callable[[str], ProfileId]:
    """The number of the person with an external id."""

    def find(external: str) -> ProfileId:
        with database.scope(workspace):
            found = identity.find(workspace, Identifier("external_id", external))
        assert found
        return found

    return find
