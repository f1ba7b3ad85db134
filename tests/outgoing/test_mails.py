"""Sending mails: without a mail server, with a failing one, and the operator's test mail."""

from __future__ import annotations

from smtplib import SMTPConnectError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from imports import jobs
from imports.jobs.outgoing import mails, outbox
from imports.models import KnownPlace, Mail, User
from tests import people
from tests.commands.command_runner import run
from tests.outgoing.mailbox import ADDRESS, FIREFOX, deliver, next_attempt_is_now, sign_in
from tests.pages.html_parsing import text_of
from tests.takeout.exported import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


class TestWithoutAServer:
    @pytest.mark.parametrize(
        "path",
        ["/account/email/", "/account/email/confirm/x/", "/account/password/reset/", "/account/password/reset/x/y/"],
    )
    def test_the_mail_pages_are_a_404(self, path: str) -> None:
        for browser in (people.guest(), people.session_of(people.alice())):
            assert browser.get(path).status_code == 404
            assert browser.post(path).status_code == 404

    def test_no_address_is_requested_and_no_mail_or_place_is_stored(self, alice: User) -> None:
        assert "E-mail" not in text_of(people.session_of(alice).get("/account/"))
        assert "Forgot" not in text_of(people.guest().get("/login/"))
        jobs.mail_password_reset(ADDRESS)
        sign_in("Alice", FIREFOX)
        assert not Mail.objects.exists()
        assert not KnownPlace.objects.exists()

    def test_the_error_of_the_test_mail_names_the_settings(self) -> None:
        with pytest.raises(CommandError, match="EMAIL_URL and TACHI_EMAIL_FROM"):
            call_command("send_test_mail", "a@example.org")


class TestFailures:
    @pytest.fixture(autouse=True)
    def one_mail(self, request: pytest.FixtureRequest, alice: User) -> None:
        request.getfixturevalue("with_mail")
        exported(alice)

    def test_a_mail_is_retried_after_a_server_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        original = EmailBackend.send_messages

        def fail(*_: Any) -> int:
            raise SMTPConnectError(421, "away")

        monkeypatch.setattr(EmailBackend, "send_messages", fail)
        assert deliver() == []
        waiting = Mail.objects.get()
        assert (waiting.attempts, waiting.handed_over_at) == (1, None)
        assert waiting.next_attempt_at is not None
        assert waiting.next_attempt_at > timezone.now()
        monkeypatch.setattr(EmailBackend, "send_messages", original)
        assert deliver() == []  # not due
        next_attempt_is_now()
        assert len(deliver()) == 1
        assert not Mail.objects.exists()

    @pytest.mark.parametrize("error", [OSError("gone"), SMTPConnectError(421, "away")])
    def test_a_mail_is_given_up_after_the_last_attempt(self, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
        tried = []

        def fail(*_: Any) -> int:
            tried.append(1)
            raise error

        monkeypatch.setattr(EmailBackend, "send_messages", fail)
        for _ in range(mails.MAX_ATTEMPTS + 2):
            deliver()
            next_attempt_is_now()
        assert len(tried) == mails.MAX_ATTEMPTS
        assert not Mail.objects.exists()

    def test_a_mail_to_a_nonexistent_address_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> int:
            raise SMTPRecipientsRefused({})

        monkeypatch.setattr(EmailBackend, "send_messages", fail)
        deliver()
        assert not Mail.objects.exists()

    def test_a_mail_is_retried_after_a_lost_worker_until_the_last_attempt(self) -> None:
        jobs.sweep_mails()
        Mail.objects.update(handed_over_at=timezone.now() - outbox.ABANDONED_AFTER, attempts=1)
        assert len(deliver()) == 1
        Mail.objects.create(kind="export", user=people.alice(), attempts=mails.MAX_ATTEMPTS)
        assert deliver() == []
        assert not Mail.objects.exists()

    def test_unsent_mails_are_released_after_the_time_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mails, "SEND_FOR_SECONDS", -1)
        assert deliver() == []
        waiting = Mail.objects.get()
        assert (waiting.attempts, waiting.handed_over_at) == (0, None)


@pytest.mark.usefixtures("with_mail")
def test_the_operator_can_send_a_test_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    [line] = run("send_test_mail", "ops@example.org")
    assert "accepted a mail to ops@example.org" in line
    assert mail.outbox[0].to == ["ops@example.org"]

    def fail(*_: Any) -> int:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    with pytest.raises(CommandError, match="rejected the mail: refused"):
        run("send_test_mail", "ops@example.org")
