"""An e-mail address is verified by opening a link that was sent to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail, signing
from django.utils import timezone

from imports import jobs
from imports.access import email_links, rate_limits
from imports.models import KnownPlace, Mail, User
from tests import people
from tests.outgoing.mailbox import ADDRESS, ask_for_link, deliver, link_in
from tests.pages.html_parsing import heading_of, text_of
from tests.takeout.exported import document, exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean", "with_mail")]


def test_an_address_is_verified_by_confirming_its_link() -> None:
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
    other_browser = people.guest()
    assert heading_of(other_browser.get(link)) == "Confirm your e-mail address"
    assert people.alice().verified_email == ""  # opening the page does not confirm
    assert other_browser.post(link).status_code == 302
    assert people.alice().verified_email == ADDRESS
    assert ADDRESS in text_of(browser.get("/account/email/"))


def test_a_confirmation_link_works_once() -> None:
    ask_for_link(people.session_of(people.alice()))
    link = link_in(deliver()[0])
    assert people.guest().post(link).status_code == 302
    used = people.guest().post(link)
    assert (used.status_code, heading_of(used)) == (400, "This link doesn't work")


def test_an_expired_confirmation_link_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    token = email_links.make_token(people.alice(), ADDRESS)
    monkeypatch.setattr(email_links, "VALID_FOR", timedelta(seconds=-1))
    assert people.guest().post(f"/account/email/confirm/{token}/").status_code == 400


@pytest.mark.parametrize("change", ["forged", "removed since", "banned", "leaving", "another purpose"])
def test_an_invalid_confirmation_link_does_not_work(change: str) -> None:
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


def test_of_two_confirmation_links_only_one_works() -> None:
    alice = people.alice()
    assert email_links.verify_address(alice, ADDRESS, language="en")
    assert not email_links.verify_address(alice, "other@example.org", language="en")
    assert people.alice().email == ADDRESS


@pytest.mark.parametrize(
    ("address", "password"),
    [("nonsense", people.PASSWORD), ("a@b@c", people.PASSWORD), ("a\n@example.org", people.PASSWORD),
     (f"{'a' * 250}@example.org", people.PASSWORD), (ADDRESS, "wrong"), ("", "")],
)  # fmt: skip
def test_a_wrong_address_or_password_is_refused(address: str, password: str) -> None:
    assert ask_for_link(people.session_of(people.alice()), address, password).status_code == 400
    assert not Mail.objects.exists()


@pytest.mark.usefixtures("rate_limits")
def test_mails_to_one_address_are_limited() -> None:
    browser = people.session_of(people.alice())
    for _ in range(rate_limits.MAILS.max_requests):
        assert ask_for_link(browser).status_code == 302
    assert ask_for_link(people.session_of(people.bob()), ADDRESS.upper()).status_code == 429
    assert Mail.objects.count() == rate_limits.MAILS.max_requests


def test_a_player_can_remove_the_address(alice: User) -> None:
    assert people.session_of(alice).post("/account/email/remove/").status_code == 302
    assert people.alice().email == ""


def test_an_address_is_shown_to_owner_and_moderators_only(alice: User) -> None:
    pages = ["/users/Alice/", f"/api/v1/users/{alice.pk}", "/api/v1/users?search=alice"]
    for person in (people.guest(), people.session_of(people.bob())):
        assert all(ADDRESS not in person.get(page).content.decode() for page in pages)
    admin = f"/admin/imports/user/{alice.pk}/change/"
    assert ADDRESS in people.session_of(people.mo()).get(admin).content.decode()


def test_an_address_is_exported_and_deleted_with_the_account(alice: User) -> None:
    assert document(exported(alice), "account.json")["email"] == ADDRESS
    KnownPlace.objects.record(alice, browser="Firefox", network="192.0.2.1")
    departure = jobs.start_departure(alice, by=alice)
    type(departure).objects.update(due_at=timezone.now())
    jobs.sweep_departures()
    gone = User.objects.get(pk=alice.pk)
    assert (gone.email, gone.email_changed_at, gone.email_language) == ("", None, "")
    assert not KnownPlace.objects.exists()
    assert not Mail.objects.exists()
