"""The users of the tests: Alice owns data, Bob and Kay also play, Mo moderates, Ada administers, Eve is banned."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from imports.models import APIToken, Permission, User

PASSWORD = "correct horse battery"
SESSION_COOKIE = settings.SESSION_COOKIE_NAME


def alice() -> User:
    return _person("Alice")


def bob() -> User:
    return _person("Bob")


def kay() -> User:
    return _person("Kay")


def mo() -> User:
    return _person("Mo_", is_staff=True)


def ada() -> User:
    return _person("Ada", is_staff=True, is_superuser=True)


def eve() -> User:
    return _person("Eve", is_banned=True)


def _person(name: str, **fields: Any) -> User:
    found = User.objects.filter(username=name).first()
    return found or User.objects.create_user(name, password=PASSWORD, **fields)


def token_of(user: User, *permissions: Permission) -> str:
    """Returns the secret of a new token with these permissions, created without an audit entry."""
    token, secret = APIToken.build(user, permissions=[permission.value for permission in permissions])
    token.save()
    return secret


def guest() -> Client:
    return Client(raise_request_exception=False)


def session_of(user: User) -> Client:
    """Returns a browser in which this user is signed in and has just been active."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(last_seen=timezone.now())
    return client


def bearer(user: User, *permissions: Permission) -> Client:
    """Returns a program with a token of this user."""
    return with_authorization(f"Bearer {token_of(user, *permissions)}")


def with_authorization(header: str) -> Client:
    return Client(raise_request_exception=False, headers={"Authorization": header})
