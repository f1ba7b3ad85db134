"""Mails: verified addresses, forgotten passwords, notices; and that nothing is there without a server."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPConnectError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.conf import settings
from django.core import mail, signing
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone, translation

from imports import jobs, sign_ins
from imports.access import email_links, rate_limits
from imports.jobs.outgoing import mails, outbox
from imports.models import KnownPlace, Mail, User
from imports.models.known_places import MAX_PLACES_PER_USER, REMEMBERED
from tests import people
from tests.commands.command_runner import run
from tests.pages.html_parsing import heading_of, text_of
from tests.takeout.exported import document, exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
ADDRESS = "alice@example.org"
NEW = "a quite long new password"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
NEWER_FIREFOX = FIREFOX.replace("130.0", "131.0")
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"


@pytest.fixture
def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TACHI_MAIL", True)
    monkeypatch.setattr(settings, "TACHI_PUBLIC_URL", "https://scores.example.org")
    monkeypatch.setattr(settings, "DEFAULT_FROM_EMAIL", "scores@example.org")


@pytest.fixture
def alice() -> User:
    """Has a verified address."""
    user = people.alice()
    User.objects.filter(pk=user.pk).update(email=ADDRESS, email_changed_at=timezone.now())
    user.refresh_from_db()
    return user


def deliver() -> list[Any]:
    """What sweeper and worker do. Returns what was sent by it."""
    before = len(mail.outbox)
    jobs.sweep_mails()
    jobs.send_mails()
    return mail.outbox[before:]


def next_attempt_is_now() -> None:
    Mail.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


def link_in(message: Any) -> str:
    """The path of the link in a mail."""
    found = re.search(r"^https://scores\.example\.org(/\S+)$", message.body, re.MULTILINE)
    assert found is not None
    return found[1]


def ask_for_link(browser: Client, address: str = ADDRESS, password: str = people.PASSWORD) -> Any:
    return browser.post("/account/email/", {"email": address, "password": password})


class TestWithoutAServer:
    @pytest.mark.parametrize(
        "path",
        ["/account/email/", "/account/email/confirm/x/", "/account/password/reset/", "/account/password/reset/x/y/"],
    )
    def test_the_pages_are_not_there(self, path: str) -> None:
        for browser in (people.guest(), people.session_of(people.alice())):
            assert browser.get(path).status_code == 404
            assert browser.post(path).status_code == 404

    def test_nobody_is_asked_for_an_address_and_nothing_is_noted(self, alice: User) -> None:
        assert "E-mail" not in text_of(people.session_of(alice).get("/account/"))
        assert "Forgot" not in text_of(people.guest().get("/login/"))
        jobs.mail_password_reset(ADDRESS)
        sign_in("Alice", FIREFOX)
        assert not Mail.objects.exists()
        assert not KnownPlace.objects.exists()

    def test_the_test_mail_says_what_to_set(self) -> None:
        with pytest.raises(CommandError, match="EMAIL_URL and TACHI_EMAIL_FROM"):
            call_command("send_test_mail", "a@example.org")


@pytest.mark.usefixtures("with_mail")
class TestAddresses:
    def test_an_address_counts_once_its_link_was_opened(self) -> None:
        browser = people.session_of(people.alice())
        assert ask_for_link(browser).status_code == 302
        assert people.alice().email == ""
        assert mail.outbox == []  # never in the request
        [message] = deliver()
        assert (message.to, message.from_email) == ([ADDRESS], "scores@example.org")
        assert message.subject == f"Your e-mail address on {settings.TACHI_NAME}"
        assert "Alice" in message.body
        assert not Mail.objects.exists()
        link = link_in(message)
        elsewhere = people.guest()
        assert heading_of(elsewhere.get(link)) == "Confirm your e-mail address"
        assert people.alice().verified_email == ""  # looking is not confirming
        assert elsewhere.post(link).status_code == 302
        assert people.alice().verified_email == ADDRESS
        assert ADDRESS in text_of(browser.get("/account/email/"))

    def test_a_link_works_once_and_for_a_day(self) -> None:
        ask_for_link(people.session_of(people.alice()))
        link = link_in(deliver()[0])
        assert people.guest().post(link).status_code == 302
        used = people.guest().post(link)
        assert (used.status_code, heading_of(used)) == (400, "This link doesn't work")

    def test_an_old_link_does_not_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        token = email_links.make_token(people.alice(), ADDRESS)
        monkeypatch.setattr(email_links, "VALID_FOR", timedelta(seconds=-1))
        assert people.guest().post(f"/account/email/confirm/{token}/").status_code == 400

    @pytest.mark.parametrize("change", ["forged", "removed since", "banned", "leaving", "another purpose"])
    def test_no_other_link_works(self, change: str) -> None:
        alice = people.alice()
        token = email_links.make_token(alice, ADDRESS)
        if change == "forged":
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
        elif change == "removed since":
            email_links.remove_address(alice)
        elif change == "another purpose":
            token = signing.dumps([alice.pk, ADDRESS, ""], salt="other")
        else:
            User.objects.filter(pk=alice.pk).update(is_banned=change == "banned", is_active=change != "leaving")
        assert people.guest().get(f"/account/email/confirm/{token}/").status_code == 400
        assert people.guest().post(f"/account/email/confirm/{token}/").status_code == 400
        assert people.alice().verified_email == ""

    def test_of_two_links_at_once_one_counts(self) -> None:
        alice = people.alice()
        assert email_links.verify_address(alice, ADDRESS, language="en")
        assert not email_links.verify_address(alice, "other@example.org", language="en")
        assert people.alice().email == ADDRESS

    @pytest.mark.parametrize(
        ("address", "password"),
        [("nonsense", people.PASSWORD), ("a@b@c", people.PASSWORD), ("a\n@example.org", people.PASSWORD),
         (f"{'a' * 250}@example.org", people.PASSWORD), (ADDRESS, "wrong"), ("", "")],
    )  # fmt: skip
    def test_what_is_wrong_is_refused(self, address: str, password: str) -> None:
        assert ask_for_link(people.session_of(people.alice()), address, password).status_code == 400
        assert not Mail.objects.exists()

    @pytest.mark.usefixtures("rate_limits")
    def test_one_mailbox_is_not_filled(self) -> None:
        browser = people.session_of(people.alice())
        for _ in range(rate_limits.MAILS.max_requests):
            assert ask_for_link(browser).status_code == 302
        assert ask_for_link(people.session_of(people.bob()), ADDRESS.upper()).status_code == 429
        assert Mail.objects.count() == rate_limits.MAILS.max_requests

    def test_an_address_can_be_removed(self, alice: User) -> None:
        assert people.session_of(alice).post("/account/email/remove/").status_code == 302
        assert people.alice().email == ""

    def test_an_address_is_for_its_owner_and_moderators_alone(self, alice: User) -> None:
        pages = ["/users/Alice/", f"/api/v1/users/{alice.pk}", "/api/v1/users?search=alice"]
        for person in (people.guest(), people.session_of(people.bob())):
            assert all(ADDRESS not in person.get(page).content.decode() for page in pages)
        admin = f"/admin/imports/user/{alice.pk}/change/"
        assert ADDRESS in people.session_of(people.mo()).get(admin).content.decode()

    def test_an_address_is_in_the_export_and_goes_with_the_account(self, alice: User) -> None:
        assert document(exported(alice), "account.json")["email"] == ADDRESS
        KnownPlace.objects.record(alice, browser="Firefox", network="192.0.2.1")
        departure = jobs.leave(alice, by=alice)
        type(departure).objects.update(due_at=timezone.now())
        jobs.sweep_departures()
        gone = User.objects.get(pk=alice.pk)
        assert (gone.email, gone.email_changed_at, gone.email_language) == ("", None, "")
        assert not KnownPlace.objects.exists()
        assert not Mail.objects.exists()


def ask_for_password(address: str) -> Any:
    return people.guest().post("/account/password/reset/", {"email": address}, follow=True)


@pytest.mark.usefixtures("with_mail")
class TestForgottenPasswords:
    def test_a_link_leads_to_a_new_password_once(self, alice: User) -> None:
        signed_in = people.session_of(alice)
        assert "a link is on its way" in text_of(ask_for_password(ADDRESS.upper()))
        assert mail.outbox == []
        [message] = deliver()
        assert message.to == [ADDRESS]
        browser, link = people.guest(), link_in(message)
        # A page and no redirect: the session's cookie does not survive one from another site.
        page = browser.get(link)
        assert page.status_code == 200
        form_at = page.content.decode().split("0;url=")[1].split('"')[0]
        assert heading_of(browser.get(form_at)) == "Choose a new password"
        given = {"new_password1": NEW, "new_password2": NEW}
        weak = browser.post(form_at, {"new_password1": "12345678", "new_password2": "12345678"})
        assert "This password is too common." in text_of(weak)
        assert browser.post(form_at, given)["Location"] == "/login/"
        assert people.alice().check_password(NEW)
        assert signed_in.get("/account/").status_code == 302  # other browsers are signed out
        used = people.guest().get(link)
        assert heading_of(used) == "This link doesn't work"

    @pytest.mark.usefixtures("alice")
    def test_an_old_link_does_not_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ask_for_password(ADDRESS)
        link = link_in(deliver()[0])
        monkeypatch.setattr(settings, "PASSWORD_RESET_TIMEOUT", -1)
        assert heading_of(people.guest().get(link)) == "This link doesn't work"

    @pytest.mark.parametrize("path", ["x/y", "MQ/set-password", "MQ/c1-abc", "%00/y"])
    def test_no_invented_link_works(self, path: str) -> None:
        people.alice()
        assert heading_of(people.guest().get(f"/account/password/reset/{path}/")) == "This link doesn't work"

    @pytest.mark.parametrize("change", [{"email_changed_at": None}, {"is_banned": True}, {"is_active": False}, None])
    def test_the_answer_is_the_same_where_no_mail_is_sent(self, change: Any, alice: User) -> None:
        expected = text_of(ask_for_password(ADDRESS))
        Mail.objects.all().delete()
        if change is not None:
            User.objects.filter(pk=alice.pk).update(**change)
        asked = text_of(ask_for_password(ADDRESS if change is not None else "nobody@example.org"))
        assert asked == expected
        assert Mail.objects.count() == 1  # nor does it take longer
        assert deliver() == []
        assert not Mail.objects.exists()

    @pytest.mark.usefixtures("alice")
    @pytest.mark.usefixtures("rate_limits")
    def test_a_full_mailbox_is_answered_the_same(self) -> None:
        said = {text_of(ask_for_password(ADDRESS)) for _ in range(rate_limits.MAILS.max_requests + 2)}
        assert len(said) == 1
        assert Mail.objects.count() == rate_limits.MAILS.max_requests

    @pytest.mark.usefixtures("rate_limits")
    def test_who_asks_too_often_waits(self) -> None:
        for number in range(rate_limits.ACCOUNT_LIMIT.max_requests):
            ask_for_password(f"{number}@example.org")
        assert ask_for_password("x@example.org").status_code == 429

    @pytest.mark.usefixtures("alice")
    def test_every_account_with_the_address_gets_its_link(self) -> None:
        User.objects.filter(pk=people.bob().pk).update(email=ADDRESS, email_changed_at=timezone.now())
        ask_for_password(ADDRESS)
        bodies = " ".join(message.body for message in deliver())
        assert "Alice" in bodies
        assert "Bob" in bodies


def sign_in(name: str, agent: str, address: str = "192.0.2.1") -> None:
    given = {"username": name, "password": people.PASSWORD}
    answer = people.guest().post("/login/", given, headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert answer.status_code == 302


@pytest.mark.usefixtures("with_mail")
class TestNotices:
    def test_a_finished_export_is_told(self, alice: User) -> None:
        exported(alice)
        [message] = deliver()
        assert message.to == [ADDRESS]
        assert link_in(message) == "/account/data/"
        exported(people.bob())  # has no address
        assert deliver() == []

    @pytest.mark.usefixtures("alice")
    def test_a_sign_in_from_a_new_place_is_told(self) -> None:
        sign_in("Alice", FIREFOX)
        assert deliver() == []  # there is nothing to compare it with
        sign_in("Alice", NEWER_FIREFOX)
        assert deliver() == []
        for agent, address, browser in [
            (CHROME, "192.0.2.1", "Chrome, Windows"), (FIREFOX, "198.51.100.7", "Firefox, Linux"),
            ("curl/8", "2001:db8::1", "unknown"),
        ]:  # fmt: skip
            sign_in("Alice", agent, address)
            [message] = deliver()
            assert f"Browser: {browser}" in message.body
            assert address not in message.body
            sign_in("Alice", agent, address)
            assert deliver() == []
        assert all(re.fullmatch(r"[0-9a-f]{64}", place.digest) for place in KnownPlace.objects.all())

    def test_the_api_and_the_first_browser_count_too(self) -> None:
        browser = people.session_of(people.alice())
        browser.defaults["HTTP_USER_AGENT"] = FIREFOX
        ask_for_link(browser)
        people.guest().post(link_in(deliver()[0]))
        given = {"username": "Alice", "!password": people.PASSWORD, "captcha": "x"}
        answer = people.guest().post(
            "/api/v1/auth/login", given, content_type="application/json", headers={"User-Agent": CHROME}
        )
        assert answer.status_code == 200
        assert "Chrome, Windows" in deliver()[0].body

    def test_who_has_no_address_is_not_noted(self) -> None:
        people.alice()
        sign_in("Alice", FIREFOX)
        assert not KnownPlace.objects.exists()

    def test_places_are_forgotten(self, alice: User) -> None:
        for number in range(MAX_PLACES_PER_USER + 3):
            KnownPlace.objects.record(alice, browser="Firefox", network=str(number))
        assert KnownPlace.objects.count() == MAX_PLACES_PER_USER
        KnownPlace.objects.update(last_used_at=timezone.now() - REMEMBERED)
        assert not KnownPlace.objects.record(alice, browser="Firefox", network="1")
        KnownPlace.objects.update(last_used_at=timezone.now() - REMEMBERED)
        mails.forget_places()
        assert not KnownPlace.objects.exists()

    @pytest.mark.parametrize(
        ("agent", "name"),
        [
            (FIREFOX, "Firefox, Linux"), (CHROME, "Chrome, Windows"), (f"{CHROME} Edg/128.0", "Edge, Windows"),
            ("", ""),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari, iPhone"),
            ("Mozilla/5.0 (Linux; Android 14) Chrome/128.0 Mobile Safari/537.36", "Chrome, Android"),
        ],
    )  # fmt: skip
    def test_a_browser_is_told_without_its_version(self, agent: str, name: str) -> None:
        assert sign_ins.browser_name(agent) == name

    def test_a_notice_waits_for_nobody_who_leaves_or_is_banned(self, alice: User) -> None:
        exported(alice)
        User.objects.filter(pk=alice.pk).update(is_banned=True)
        assert deliver() == []
        assert not Mail.objects.exists()

    def test_mails_are_in_the_language_of_whoever_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []

        def render(*_: Any) -> str:
            seen.append(translation.get_language())
            return "Subject\n\nBody"

        monkeypatch.setattr(mails, "render_to_string", render)
        Mail.objects.create(kind="address", user=people.alice(), address=ADDRESS, language="ja")
        deliver()
        assert seen == ["ja"]


class TestFailures:
    @pytest.fixture(autouse=True)
    def one_mail(self, request: pytest.FixtureRequest, alice: User) -> None:
        request.getfixturevalue("with_mail")
        exported(alice)

    def test_a_server_that_is_away_only_delays(self, monkeypatch: pytest.MonkeyPatch) -> None:
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
    def test_it_ends_after_the_last_attempt(self, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_an_address_that_does_not_exist_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> int:
            raise SMTPRecipientsRefused({})

        monkeypatch.setattr(EmailBackend, "send_messages", fail)
        deliver()
        assert not Mail.objects.exists()

    def test_a_lost_worker_only_delays_and_a_mail_that_kills_workers_comes_to_an_end(self) -> None:
        jobs.sweep_mails()
        Mail.objects.update(handed_over_at=timezone.now() - outbox.ABANDONED_AFTER, attempts=1)
        assert len(deliver()) == 1
        Mail.objects.create(kind="export", user=people.alice(), attempts=mails.MAX_ATTEMPTS)
        assert deliver() == []
        assert not Mail.objects.exists()

    def test_a_slow_server_leaves_the_rest_for_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mails, "SEND_FOR_SECONDS", -1)
        assert deliver() == []
        waiting = Mail.objects.get()
        assert (waiting.attempts, waiting.handed_over_at) == (0, None)


@pytest.mark.usefixtures("with_mail")
def test_the_operator_can_send_a_test_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    [line] = run("send_test_mail", "ops@example.org")
    assert "has taken a mail to ops@example.org" in line
    assert mail.outbox[0].to == ["ops@example.org"]

    def fail(*_: Any) -> int:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    with pytest.raises(CommandError, match="did not take the mail: refused"):
        run("send_test_mail", "ops@example.org")
