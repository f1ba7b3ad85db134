"""The e-mail address of an account over the API: told to its owner alone, and only once it is verified."""

from __future__ import annotations

import pytest
from django.utils import timezone

from imports.models import User
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ({}, ("", False)),
        ({"email": "a@example.org"}, ("", False)),
        ({"email": "a@example.org", "email_changed_at": timezone.now()}, ("a@example.org", True)),
        ({"email": "", "email_changed_at": timezone.now()}, ("", False)),
    ],
)
def test_an_address_counts_once_it_is_verified(stored: dict[str, object], told: tuple[str, bool]) -> None:
    alice = people.alice()
    User.objects.filter(pk=alice.pk).update(**stored)
    browser = people.session_of(alice)
    answers = [browser.get(f"/api/v1/users/me/{path}").json()["body"] for path in ("email", "is-email-verified")]
    assert tuple(answers) == told
