"""The links that verify an e-mail address: signed, valid for a day and for one use."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.utils import timezone

from imports.models import User

SALT = "imports.email"
VALID_FOR = timedelta(days=1)


def make_token(user: User, address: str) -> str:
    """Returns the token of the link. It is valid until the account's address changes."""
    return signing.dumps([user.pk, address, _stamp(user.email_changed_at)], salt=SALT)


def read_token(token: str) -> tuple[User, str] | None:
    """Returns the account and the address; None for an invalid, expired or used token, or an inactive account."""
    try:
        key, address, stamp = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key, is_active=True, is_banned=False).first()
    return (user, address) if user is not None and _stamp(user.email_changed_at) == stamp else None


def verify_address(user: User, address: str, *, language: str) -> bool:
    """Stores a verified address; returns False if the account's address was changed since the user was read."""
    unchanged = User.objects.filter(pk=user.pk, email_changed_at=user.email_changed_at)
    if user.email_changed_at is None:
        unchanged = User.objects.filter(pk=user.pk, email_changed_at__isnull=True)
    return unchanged.update(email=address, email_changed_at=timezone.now(), email_language=language) > 0


def remove_address(user: User) -> None:
    """Removes the address; links that were already sent become invalid."""
    User.objects.filter(pk=user.pk).update(email="", email_changed_at=timezone.now(), email_language="")


def _stamp(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
