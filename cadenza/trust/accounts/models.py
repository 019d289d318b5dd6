"""Tables of workspaces, users, memberships, keys and one-time links."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from cadenza.base import clock
from cadenza.base.database import uuid_key


class Workspace(models.Model):
    id = uuid_key()
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    region = models.CharField(max_length=2, blank=True, default="")
    website = models.URLField(blank=True, default="")
    postal_address = models.CharField(max_length=400, blank=True, default="")
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)


class Users(BaseUserManager["User"]):
    """Makes users by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **more)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Who works here. The e-mail address is the login; the password is an Argon2id hash."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    objects = Users()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    PERSONAL = {"email": "employee.login", "password": "employee.password", "full_name": "employee.id"}

    def get_full_name(self) -> str:
        return self.full_name or self.email


class Membership(models.Model):
    """Who may work in which workspace. Roles come later; today a member may do everything there."""

    workspace_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    created_at = models.DateTimeField()

    PERSONAL: dict[str, str] = {}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace_id", "user"], name="membership_once")]


class ApiKey(models.Model):
    """A key's fingerprint; the key itself is shown once and never kept."""

    id = uuid_key()
    workspace_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=120)
    fingerprint = models.BinaryField(unique=True)
    hint = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class SignInLink(models.Model):
    """A one-time way in, kept as a fingerprint. Without a user it makes the first owner."""

    fingerprint = models.BinaryField(unique=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    PERSONAL: dict[str, str] = {}
