"""Resetting a forgotten password through a link in a mail."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from imports.access import rate_limits
from imports.models import Mail, User
from tests import people
from tests.outgoing.mailbox import ADDRESS, deliver, link_in
from tests.pages.html_parsing import heading_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean", "with_mail")]
NEW = "a quite long new password"


def ask_for_password(address: str) -> Any:
    return people.guest().post("/account/password/reset/", {"email": address}, follow=True)


def test_a_mailed_link_resets_a_password_once(alice: User) -> None:
    signed_in = people.session_of(alice)
    assert "a link is on its way" in text_of(ask_for_password(ADDRESS.upper()))
    assert mail.outbox == []
    [message] = deliver()
    assert message.to == [ADDRESS]
    browser, link = people.guest(), link_in(message)
    # A page instead of a redirect: the session cookie is not sent after a redirect from another site.
    page = browser.get(link)
    assert page.status_code == 200
    form_at = page.content.decode().split("0;url=")[1].split('"')[0]
    assert heading_of(browser.get(form_at)) == "Choose a new password"
    form = {"new_password1": NEW, "new_password2": NEW}
    weak = browser.post(form_at, {"new_password1": "12345678", "new_password2": "12345678"})
    assert "This password is too common." in text_of(weak)
    assert browser.post(form_at, form)["Location"] == "/login/"
    assert people.alice().check_password(NEW)
    assert signed_in.get("/account/").status_code == 302  # other browsers are signed out
    used = people.guest().get(link)
    assert heading_of(used) == "This link doesn't work"


@pytest.mark.usefixtures("alice")
def test_an_expired_reset_link_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_password(ADDRESS)
    link = link_in(deliver()[0])
    monkeypatch.setattr(settings, "PASSWORD_RESET_TIMEOUT", -1)
    assert heading_of(people.guest().get(link)) == "This link doesn't work"


@pytest.mark.parametrize("path", ["x/y", "MQ/set-password", "MQ/c1-abc", "%00/y"])
def test_a_forged_reset_link_does_not_work(path: str) -> None:
    people.alice()
    assert heading_of(people.guest().get(f"/account/password/reset/{path}/")) == "This link doesn't work"


@pytest.mark.parametrize("change", [{"email_changed_at": None}, {"is_banned": True}, {"is_active": False}, None])
def test_the_response_is_the_same_whether_or_not_a_mail_is_sent(change: Any, alice: User) -> None:
    expected = text_of(ask_for_password(ADDRESS))
    Mail.objects.all().delete()
    if change is not None:
        User.objects.filter(pk=alice.pk).update(**change)
    shown = text_of(ask_for_password(ADDRESS if change is not None else "nobody@example.org"))
    assert shown == expected
    assert Mail.objects.count() == 1  # so that the request takes equally long
    assert deliver() == []
    assert not Mail.objects.exists()


@pytest.mark.usefixtures("alice")
@pytest.mark.usefixtures("rate_limits")
def test_the_response_is_the_same_beyond_the_limit_of_mails() -> None:
    pages = {text_of(ask_for_password(ADDRESS)) for _ in range(rate_limits.MAILS.max_requests + 2)}
    assert len(pages) == 1
    assert Mail.objects.count() == rate_limits.MAILS.max_requests


@pytest.mark.usefixtures("rate_limits")
def test_password_reset_requests_are_rate_limited() -> None:
    for number in range(rate_limits.ACCOUNT_LIMIT.max_requests):
        ask_for_password(f"{number}@example.org")
    assert ask_for_password("x@example.org").status_code == 429


@pytest.mark.usefixtures("alice")
def test_every_account_with_the_address_gets_a_reset_link() -> None:
    User.objects.filter(pk=people.bob().pk).update(email=ADDRESS, email_changed_at=timezone.now())
    ask_for_password(ADDRESS)
    bodies = " ".join(message.body for message in deliver())
    assert "Alice" in bodies
    assert "Bob" in bodies
