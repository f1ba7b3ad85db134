"""Mails about finished exports and about sign-ins from new places."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone, translation

from imports import sign_ins
from imports.jobs.outgoing import mails
from imports.models import KnownPlace, Mail, User
from imports.models.known_places import MAX_PLACES_PER_USER, REMEMBERED
from tests import people
from tests.outgoing.mailbox import ADDRESS, CHROME, FIREFOX, NEWER_FIREFOX, ask_for_link, deliver, link_in, sign_in
from tests.takeout.exported import exported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean", "with_mail")]


def test_a_finished_export_is_mailed_to_its_player(alice: User) -> None:
    exported(alice)
    [message] = deliver()
    assert message.to == [ADDRESS]
    assert link_in(message) == "/account/data/"
    exported(people.bob())  # has no address
    assert deliver() == []


@pytest.mark.usefixtures("alice")
def test_a_sign_in_from_a_new_place_is_mailed_to_the_player() -> None:
    sign_in("Alice", FIREFOX)
    assert deliver() == []  # the first place is not new
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


def test_sign_ins_by_the_api_and_at_verification_are_recorded() -> None:
    browser = people.session_of(people.alice())
    browser.defaults["HTTP_USER_AGENT"] = FIREFOX
    ask_for_link(browser)
    people.guest().post(link_in(deliver()[0]))
    credentials = {"username": "Alice", "!password": people.PASSWORD, "captcha": "x"}
    response = people.guest().post(
        "/api/v1/auth/login", credentials, content_type="application/json", headers={"User-Agent": CHROME}
    )
    assert response.status_code == 200
    assert "Chrome, Windows" in deliver()[0].body


def test_sign_ins_of_a_player_without_address_are_not_recorded() -> None:
    people.alice()
    sign_in("Alice", FIREFOX)
    assert not KnownPlace.objects.exists()


def test_expired_and_surplus_places_are_deleted(alice: User) -> None:
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
def test_a_browser_is_named_without_its_version(agent: str, name: str) -> None:
    assert sign_ins.browser_name(agent) == name


def test_a_banned_player_gets_no_mail(alice: User) -> None:
    exported(alice)
    User.objects.filter(pk=alice.pk).update(is_banned=True)
    assert deliver() == []
    assert not Mail.objects.exists()


def test_mails_are_in_the_language_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    languages = []

    def render(*_: Any) -> str:
        languages.append(translation.get_language())
        return "Subject\n\nBody"

    monkeypatch.setattr(mails, "render_to_string", render)
    Mail.objects.create(kind="address", user=people.alice(), address=ADDRESS, language="ja")
    deliver()
    assert languages == ["ja"]
