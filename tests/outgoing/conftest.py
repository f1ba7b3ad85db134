"""Settings with a mail server, and a player with a verified address."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone

from imports.models import User
from tests import people
from tests.outgoing.mailbox import ADDRESS


@pytest.fixture
def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TACHI_MAIL", True)
    monkeypatch.setattr(settings, "TACHI_PUBLIC_URL", "https://scores.example.org")
    monkeypatch.setattr(settings, "DEFAULT_FROM_EMAIL", "scores@example.org")


@pytest.fixture
def alice() -> User:
    """Alice, with a verified address."""
    user = people.alice()
    User.objects.filter(pk=user.pk).update(email=ADDRESS, email_changed_at=timezone.now())
    user.refresh_from_db()
    return user
