"""`sweep`: does all work of the sweeper once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.utils import timezone
from pytest_django.fixtures import Settings

from imports import jobs
from imports.models import APIClient, Departure, KnownPlace, Mail, WebhookDelivery
from tests import people
from tests.commands.command_runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def test_the_command_hands_over_due_mails_and_deletes_expired_rows(settings: Settings) -> None:
    settings.TACHI_MAIL = True
    alice, long_ago = people.alice(), timezone.now() - timedelta(days=365)
    people.session_of(alice)
    BrowserSession.objects.update(expire_date=long_ago)
    people.session_of(people.bob())
    KnownPlace.objects.create(user=alice, digest="0", last_used_at=long_ago)
    Mail.objects.create(user=alice, kind=Mail.Kind.EXPORT)
    client, _ = APIClient.objects.create_for(alice, name="Mine")
    WebhookDelivery.objects.create(user=alice, client=client)
    jobs.start_departure(people.kay(), by=None)
    Departure.objects.update(due_at=long_ago)

    assert run("sweep") == ["0 imports queued again."]

    assert BrowserSession.objects.get().get_decoded()["_auth_user_id"] == str(people.bob().pk)
    assert not KnownPlace.objects.exists()
    assert not Departure.objects.exists()
    assert Mail.objects.get().handed_over_at is not None
    assert WebhookDelivery.objects.get().handed_over_at is not None
