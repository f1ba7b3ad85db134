"""The admin's second factor, and its own rate limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management.base import CommandError
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings as SettingsWrapper

from imports.access.rate_limits import RateLimit
from imports.models import AuditEntry, User
from tachi_imports.admin_site import second_factor, site
from tests import people
from tests.commands.command_runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

QUEUE = "/admin/queue/"
ASKED = f"/admin/second-factor/?next={QUEUE.replace('/', '%2F')}"
NOON = "2026-11-23T12:00:00Z"


@pytest.fixture(autouse=True)
def wanted(settings: SettingsWrapper) -> None:
    settings.TACHI_ADMIN_SECOND_FACTOR = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def code_of(user: User) -> str:
    """What the authenticator of this user shows now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key):06}"


def give(client: Client, code: str, **fields: str) -> Any:
    return client.post("/admin/second-factor/", {"code": code, "next": QUEUE, **fields})


def is_in(client: Client) -> bool:
    return client.get(QUEUE).status_code == 200


def test_a_moderator_is_asked_once_a_session(mo: Client) -> None:
    second_factor.enrol(people.mo())
    assert mo.get(QUEUE, follow=True).redirect_chain[-1] == (ASKED, 302)

    response = give(mo, code_of(people.mo()))

    assert (response.status_code, response["Location"]) == (302, QUEUE)
    assert is_in(mo)
    assert not is_in(people.session_of(people.mo()))


def test_the_session_gets_a_new_key_with_its_new_rights(mo: Client) -> None:
    second_factor.enrol(people.mo())
    before = mo.session.session_key
    give(mo, code_of(people.mo()))
    assert mo.session.session_key != before


def test_a_code_is_good_for_once(mo: Client) -> None:
    second_factor.enrol(people.mo())
    code = code_of(people.mo())
    give(mo, code)

    other = people.session_of(people.mo())
    assert str(second_factor.WRONG) in give(other, code).content.decode()
    assert not is_in(other)


def test_a_recovery_code_opens_once(mo: Client) -> None:
    _, _, codes = second_factor.enrol(people.mo())
    assert give(mo, f" {codes[0].upper()} ").status_code == 302
    assert is_in(mo)
    assert StaticToken.objects.count() == second_factor.RECOVERY_CODES - 1

    other = people.session_of(people.mo())
    give(other, codes[0])
    assert not is_in(other)


@pytest.mark.parametrize("code", ["000000", "", "x" * 33, "abcdefgh", "１２３４５６"])
def test_a_wrong_code_opens_nothing(mo: Client, code: str, clock: time_machine.Traveller) -> None:
    second_factor.enrol(people.mo())
    assert give(mo, code).status_code == 200
    assert not is_in(mo)


def test_a_code_of_somebody_else_opens_nothing(mo: Client) -> None:
    second_factor.enrol(people.mo())
    _, _, codes = second_factor.enrol(people.ada())
    for code in (code_of(people.ada()), codes[0]):
        give(mo, code)
    assert not is_in(mo)


@pytest.mark.usefixtures("rate_limits")
def test_guessing_ends_soon_even_for_the_right_code(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_factor, "TRIES", RateLimit("second-factor", 3, 600))
    second_factor.enrol(people.mo())
    for _ in range(3):
        assert give(mo, "000000").status_code == 200

    response = give(mo, code_of(people.mo()))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not is_in(mo)


def test_the_authenticator_waits_for_seconds_after_wrong_codes(mo: Client, clock: time_machine.Traveller) -> None:
    second_factor.enrol(people.mo())
    for _ in range(2):
        give(mo, "000000")
    assert give(mo, code_of(people.mo())).status_code == 200
    clock.shift(60)
    assert give(mo, code_of(people.mo())).status_code == 302


def test_a_moderator_without_authenticator_is_told_how_to_enrol(mo: Client) -> None:
    page = mo.get(QUEUE, follow=True)
    assert "manage.py second_factor Mo_" in page.content.decode()
    assert not is_in(mo)


def test_only_moderators_are_asked_for_a_code() -> None:
    assert people.session_of(people.bob()).get("/admin/second-factor/").status_code == 403
    assert people.guest().get("/admin/second-factor/")["Location"].startswith("/login/")


def test_nobody_is_sent_to_another_site(mo: Client) -> None:
    second_factor.enrol(people.mo())
    response = give(mo, code_of(people.mo()), next="https://evil.example/")
    assert response["Location"] == "/admin/"


def test_the_page_needs_nothing_that_the_policy_forbids(mo: Client) -> None:
    second_factor.enrol(people.mo())
    page = mo.get("/admin/second-factor/")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "<script>" not in page.content.decode()
    assert "style=" not in page.content.decode()


def test_nobody_is_asked_for_a_code_if_it_is_switched_off(mo: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_ADMIN_SECOND_FACTOR = False
    second_factor.enrol(people.mo())
    assert is_in(mo)


def test_the_command_enrols_anew_and_ends_what_was(mo: Client) -> None:
    _, _, old = second_factor.enrol(people.mo())
    give(mo, old[0])

    lines = run("second_factor", "MO_")

    assert not is_in(mo)
    codes = [line.strip() for line in lines[4:]]
    assert len(codes) == second_factor.RECOVERY_CODES
    assert "otpauth://totp/" in lines[1]
    give(mo, codes[0])
    assert is_in(mo)
    other = people.session_of(people.mo())
    give(other, old[1])
    assert not is_in(other)


def test_the_command_resets() -> None:
    second_factor.enrol(people.mo())
    assert run("second_factor", "--reset", "Mo_") == ["Mo_ has no second factor any more."]
    assert run("second_factor", "--reset", "Mo_") == ["Mo_ had no second factor."]
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_the_audit_trail_records_whose_second_factor_was_made_and_ended() -> None:
    """Only a command creates one, so there is no actor; the audit trail must not contain keys and codes."""
    _, key, codes = second_factor.enrol(people.mo())
    second_factor.enrol(people.mo())
    second_factor.reset(people.mo())
    second_factor.reset(people.mo())  # there was none any more

    entries = AuditEntry.objects.filter(subject=people.mo()).order_by("pk")

    made, ended = AuditEntry.Verb.SECOND_FACTOR_MADE, AuditEntry.Verb.SECOND_FACTOR_ENDED
    assert [entry.verb for entry in entries] == [made, ended, made, ended]
    actual = "".join(f"{entry.reason}{entry.counts}" for entry in entries)
    assert not any(secret in actual for secret in (key, *codes))


def test_the_command_knows_no_strangers() -> None:
    with pytest.raises(CommandError, match="There is no user Nobody"):
        run("second_factor", "Nobody")


def test_keys_are_on_no_page_of_the_admin() -> None:
    ada = people.session_of(people.ada())
    second_factor.enrol(people.ada())
    give(ada, code_of(people.ada()))
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert ada.get(f"/admin/{model}/").status_code == 404


@pytest.mark.parametrize("address", [QUEUE, "/admin/", "/admin/second-factor/", "/admin/nothing/"])
@pytest.mark.usefixtures("rate_limits")
def test_the_admin_has_a_rate_limit_of_its_own(
    mo: Client, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    settings.TACHI_ADMIN_SECOND_FACTOR = False
    monkeypatch.setattr(site, "ADMIN_LIMIT", RateLimit("admin", 2, 60))
    for _ in range(2):
        assert mo.get(address).status_code != 429

    response = mo.get(address)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert mo.get("/imports/").status_code == 200
