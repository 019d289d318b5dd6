"""Workspaces, members, keys and one-time sign-in links."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import is_currency

from cadenza.base import clock, crypto, database, text
from cadenza.base.ids import UserId, WorkspaceId, new_id
from cadenza.base.problem import BadInput, Conflict, NotFound, Refused
from cadenza.trust.accounts import models
from cadenza.trust.accounts.types import Key, KeyKind, Workspace

LINK_LASTS = timedelta(hours=1)
KEY_SECONDS = 5.0  # a revoked key works no longer than this in any process
LONGEST = {"name": 120, "website": 200, "postal_address": 400}
EDITABLE = ("name", "time_zone", "currency", "region", "website", "postal_address")

_keys: dict[bytes, tuple[Key | None, datetime]] = {}
_keys_lock = Lock()


# workspace-free: makes the workspace
def create_workspace(
    name: str, *, time_zone: str = "UTC", currency: str = "EUR", demo: bool = False, **more: str
) -> Workspace:
    """A new, empty workspace."""
    made = models.Workspace(
        name=name.strip(),
        time_zone=time_zone,
        currency=currency,
        is_demo=demo,
        created_at=clock.now(),
        **more,
    )
    _check(made)
    made.save(force_insert=True)
    return _workspace(made)


def workspace(workspace: WorkspaceId) -> Workspace:
    """One workspace by its id."""
    found = models.Workspace.objects.filter(id=workspace).first()
    if not found:
        raise NotFound("There is no such workspace.")
    return _workspace(found)


def update(workspace: WorkspaceId, **values: str) -> Workspace:
    """Change the settings of a workspace: any of `EDITABLE`."""
    found = models.Workspace.objects.get(id=workspace)
    for name, value in values.items():
        if name not in EDITABLE:
            raise BadInput(
                f"A workspace has no setting {name!r}.", at=name, hint=f"Known are: {', '.join(EDITABLE)}."
            )
        setattr(found, name, value.strip())
    _check(found)
    found.save()
    return _workspace(found)


def _check(made: models.Workspace) -> None:
    if not made.name:
        raise BadInput("A workspace needs a name.", at="name", hint="Write the shop's name.")
    if made.time_zone not in available_timezones():
        raise BadInput("This is not a time zone.", at="time_zone", hint="Write it like Europe/Riga.")
    if not is_currency(made.currency):
        raise BadInput("This is not a currency.", at="currency", hint="Write its three letters, like EUR.")
    if made.region and not re.fullmatch("[A-Za-z]{2}", made.region):
        raise BadInput("This is not a country.", at="region", hint="Write its two letters, like LV.")
    if made.website and not re.fullmatch(r"https?://[^\s/]+\.\S+", made.website):
        raise BadInput(
            "This is not an address of a site.", at="website", hint="Write it like https://shop.example.com."
        )
    for name, most in LONGEST.items():
        if len(getattr(made, name)) > most or "\0" in getattr(made, name):
            raise BadInput(f"This is longer than {most} letters.", at=name, hint="Shorten it.")


def _workspace(row: models.Workspace) -> Workspace:
    fields = ("name", "time_zone", "currency", "region", "website", "postal_address", "created_at", "is_demo")
    return Workspace(id=WorkspaceId(row.id), **{name: getattr(row, name) for name in fields})


# workspace-free: asks for all
def workspaces() -> list[Workspace]:
    """All workspaces of this installation, oldest first."""
    return [_workspace(row) for row in models.Workspace.objects.order_by("created_at")]


# workspace-free: asks by user
def workspaces_of(user: UserId) -> list[Workspace]:
    """The workspaces in which a user may work."""
    mine = models.Membership.objects.filter(user_id=user).values("workspace_id")
    return [_workspace(row) for row in models.Workspace.objects.filter(id__in=mine).order_by("created_at")]


def local_time(workspace: WorkspaceId, at: datetime) -> datetime:
    """A moment on the wall clock of the workspace."""
    return at.astimezone(ZoneInfo(models.Workspace.objects.get(id=workspace).time_zone))


def add_member(workspace: WorkspaceId, user: UserId) -> None:
    """Let a user work in a workspace; once is enough."""
    models.Membership.objects.get_or_create(
        workspace_id=workspace, user_id=user, defaults={"created_at": clock.now()}
    )


def remove_member(workspace: WorkspaceId, user: UserId) -> None:
    """Let a user work here no more. The last one stays, for nobody could let another in."""
    database.lock(workspace, "members")
    here = models.Membership.objects.filter(workspace_id=workspace)
    if here.filter(user_id=user).exists() and here.count() == 1:
        raise Conflict("The last member cannot be removed.", at="user", hint="Add somebody else first.")
    here.filter(user_id=user).delete()


def members(workspace: WorkspaceId) -> list[models.User]:
    """Who may work in this workspace."""
    mine = models.Membership.objects.filter(workspace_id=workspace).values("user_id")
    return list(models.User.objects.filter(id__in=mine).order_by("created_at"))


# workspace-free: makes a user
def create_user(email: str, password: str | None = None, full_name: str = "") -> models.User:
    """A new user; without a password they enter by a one-time link and set one."""
    address = text.email(email)
    if models.User.objects.filter(email=address).exists():
        raise BadInput(
            "There is a user with this address already.", at="email", hint="Use `cadenza user link`."
        )
    return models.User.objects.create_user(address, password, full_name=full_name)


# workspace-free: asks for all
def users() -> list[models.User]:
    """Every user of this installation."""
    return list(models.User.objects.order_by("created_at"))


# workspace-free: a link is used before a workspace is known
def make_sign_in_link(user: UserId | None = None) -> str:
    """The path of a one-time link, good for an hour: signs a user in, or makes the first owner."""
    token = secrets.token_urlsafe(32)
    models.SignInLink.objects.create(
        fingerprint=crypto.fingerprint(token), user_id=user, expires_at=clock.now() + LINK_LASTS
    )
    return f"/welcome/{token}/"


# workspace-free: a link is used before a workspace is known
def check_sign_in_link(token: str) -> models.SignInLink:
    """The link behind a token; raises Refused where it is unknown, used or too old. Changes nothing."""
    found = (
        models.SignInLink.objects.select_related("user").filter(fingerprint=crypto.fingerprint(token)).first()
    )
    if not found or found.used_at or found.expires_at < clock.now():
        raise Refused(
            "This sign-in link is not valid any more.",
            hint="Links work once and for an hour. Make a new one with `cadenza user link`.",
        )
    return found


# workspace-free: a link is used before a workspace is known
def use_sign_in_link(token: str, email: str = "") -> models.User:
    """Use a link up: gives its user, or makes the owner with the address told."""
    link = check_sign_in_link(token)
    used = models.SignInLink.objects.filter(id=link.id, used_at__isnull=True).update(used_at=clock.now())
    if not used:
        raise Refused("This sign-in link has just been used.")
    if link.user:
        return link.user
    database.lock(UUID(int=0), "first owner")
    if users():
        raise Refused(
            "Somebody owns this installation already.", hint="Ask them to add you under Settings → Team."
        )
    owner = create_user(email)
    for row in models.Workspace.objects.all():
        add_member(WorkspaceId(row.id), UserId(owner.id))
    return owner


def issue_key(workspace: WorkspaceId, kind: KeyKind, name: str) -> tuple[Key, str]:
    """A new key and its text, which is shown this once."""
    if kind not in ("write", "secret"):
        raise BadInput("A key is a write key or a secret key.", at="kind")
    plain = f"{'cw' if kind == 'write' else 'cs'}_{secrets.token_urlsafe(24)}"
    return store_key(workspace, kind, name, plain), plain


def store_key(workspace: WorkspaceId, kind: KeyKind, name: str, plain: str) -> Key:
    """Keep the fingerprint of a key's text."""
    row = models.ApiKey.objects.create(
        id=new_id(), workspace_id=workspace, kind=kind, name=name.strip() or "Key", created_at=clock.now(),
        fingerprint=crypto.fingerprint(plain), hint=f"{plain[:3]}…{plain[-4:]}",
    )  # fmt: skip
    return _key(row)


def keys(workspace: WorkspaceId) -> list[Key]:
    """All keys of a workspace, newest first."""
    return [_key(row) for row in models.ApiKey.objects.filter(workspace_id=workspace).order_by("-created_at")]


def revoke_key(workspace: WorkspaceId, key: UUID) -> None:
    """End a key; one that has ended already stays so."""
    found = models.ApiKey.objects.filter(workspace_id=workspace, id=key, revoked_at__isnull=True)
    found.update(revoked_at=clock.now())
    with _keys_lock:
        _keys.clear()


# workspace-free: finds the workspace
def find_key(plain: str) -> Key | None:
    """The living key with this text; answers are remembered for a few seconds."""
    print_ = crypto.fingerprint(plain)
    with _keys_lock:
        known = _keys.get(print_)
    if known and known[1] > clock.now():
        return known[0]
    with database.system_scope():
        row = models.ApiKey.objects.filter(fingerprint=print_, revoked_at__isnull=True).first()
    found = _key(row) if row else None
    with _keys_lock:
        if len(_keys) > 10_000:
            _keys.clear()
        _keys[print_] = (found, clock.now() + timedelta(seconds=KEY_SECONDS))
    return found


# workspace-free: answers from memory alone
def remembered_key(plain: str) -> Key | None:
    """The key if it was looked up in the last seconds; never asks the database (for the event loop)."""
    known = _keys.get(crypto.fingerprint(plain))
    return known[0] if known and known[1] > clock.now() else None


def _key(row: Any) -> Key:
    made = Key(row.id, WorkspaceId(row.workspace_id), row.kind, row.name, row.hint, row.created_at)
    return replace(made, revoked_at=row.revoked_at)
