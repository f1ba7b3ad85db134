"""The e-mail address of an account in the API: only its owner can read it, and only once it is verified."""

from __future__ import annotations

import pytest
from django.utils import timezone

from imports.models import User
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, ("", False)),
        ({"email": "a@example.org"}, ("", False)),
        ({"email": "a@example.org", "email_changed_at": timezone.now()}, ("a@example.org", True)),
        ({"email": "", "email_changed_at": timezone.now()}, ("", False)),
    ],
)
def test_an_email_address_is_returned_once_it_is_verified(
    stored: dict[str, object], expected: tuple[str, bool]
) -> None:
    alice = people.alice()
    User.objects.filter(pk=alice.pk).update(**stored)
    browser = people.session_of(alice)
    bodies = [browser.get(f"/api/v1/users/me/{path}").json()["body"] for path in ("email", "is-email-verified")]
    assert tuple(bodies) == expected
