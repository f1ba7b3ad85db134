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
CODE_PAGE = f"/admin/second-factor/?next={QUEUE.replace('/', '%2F')}"
NOON = "2026-11-23T12:00:00Z"


@pytest.fixture(autouse=True)
def second_factor_required(settings: SettingsWrapper) -> None:
    settings.TACHI_ADMIN_SECOND_FACTOR = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def code_of(user: User) -> str:
    """Returns the code that the user's authenticator shows now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key):06}"


def submit_code(client: Client, code: str, **fields: str) -> Any:
    return client.post("/admin/second-factor/", {"code": code, "next": QUEUE, **fields})


def is_admitted(client: Client) -> bool:
    return client.get(QUEUE).status_code == 200


def test_a_moderator_enters_a_code_once_per_session(mo: Client) -> None:
    second_factor.enrol(people.mo())
    assert mo.get(QUEUE, follow=True).redirect_chain[-1] == (CODE_PAGE, 302)

    response = submit_code(mo, code_of(people.mo()))

    assert (response.status_code, response["Location"]) == (302, QUEUE)
    assert is_admitted(mo)
    assert not is_admitted(people.session_of(people.mo()))


def test_a_correct_code_changes_the_session_key(mo: Client) -> None:
    second_factor.enrol(people.mo())
    before = mo.session.session_key
    submit_code(mo, code_of(people.mo()))
    assert mo.session.session_key != before


def test_a_code_of_an_authenticator_works_once(mo: Client) -> None:
    second_factor.enrol(people.mo())
    code = code_of(people.mo())
    submit_code(mo, code)

    other = people.session_of(people.mo())
    assert str(second_factor.WRONG) in submit_code(other, code).content.decode()
    assert not is_admitted(other)


def test_a_recovery_code_works_once(mo: Client) -> None:
    _, _, codes = second_factor.enrol(people.mo())
    assert submit_code(mo, f" {codes[0].upper()} ").status_code == 302
    assert is_admitted(mo)
    assert StaticToken.objects.count() == second_factor.RECOVERY_CODES - 1

    other = people.session_of(people.mo())
    submit_code(other, codes[0])
    assert not is_admitted(other)


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("code", ["000000", "", "x" * 33, "abcdefgh", "１２３４５６"])
def test_a_wrong_code_is_refused(mo: Client, code: str, clock: time_machine.Traveller) -> None:
    second_factor.enrol(people.mo())
    assert submit_code(mo, code).status_code == 200
    assert not is_admitted(mo)


def test_a_code_of_another_user_is_refused(mo: Client) -> None:
    second_factor.enrol(people.mo())
    _, _, codes = second_factor.enrol(people.ada())
    for code in (code_of(people.ada()), codes[0]):
        submit_code(mo, code)
    assert not is_admitted(mo)


@pytest.mark.usefixtures("rate_limits")
def test_even_a_correct_code_is_refused_after_too_many_attempts(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_factor, "TRIES", RateLimit("second-factor", 3, 600))
    second_factor.enrol(people.mo())
    for _ in range(3):
        assert submit_code(mo, "000000").status_code == 200

    response = submit_code(mo, code_of(people.mo()))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not is_admitted(mo)


def test_wrong_codes_delay_the_next_attempt(mo: Client, clock: time_machine.Traveller) -> None:
    second_factor.enrol(people.mo())
    for _ in range(2):
        submit_code(mo, "000000")
    assert submit_code(mo, code_of(people.mo())).status_code == 200
    clock.shift(60)
    assert submit_code(mo, code_of(people.mo())).status_code == 302


def test_a_moderator_without_an_authenticator_gets_instructions(mo: Client) -> None:
    page = mo.get(QUEUE, follow=True)
    assert "manage.py second_factor Mo_" in page.content.decode()
    assert not is_admitted(mo)


def test_the_code_page_is_for_moderators_only() -> None:
    assert people.session_of(people.bob()).get("/admin/second-factor/").status_code == 403
    assert people.guest().get("/admin/second-factor/")["Location"].startswith("/login/")


def test_the_code_page_never_redirects_to_another_site(mo: Client) -> None:
    second_factor.enrol(people.mo())
    response = submit_code(mo, code_of(people.mo()), next="https://evil.example/")
    assert response["Location"] == "/admin/"


def test_the_code_page_complies_with_the_content_security_policy(mo: Client) -> None:
    second_factor.enrol(people.mo())
    page = mo.get("/admin/second-factor/")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "<script>" not in page.content.decode()
    assert "style=" not in page.content.decode()


def test_no_code_is_required_when_the_second_factor_is_disabled(mo: Client, settings: SettingsWrapper) -> None:
    settings.TACHI_ADMIN_SECOND_FACTOR = False
    second_factor.enrol(people.mo())
    assert is_admitted(mo)


def test_the_command_replaces_the_second_factor_of_a_moderator(mo: Client) -> None:
    _, _, old = second_factor.enrol(people.mo())
    submit_code(mo, old[0])

    lines = run("second_factor", "MO_")

    assert not is_admitted(mo)
    codes = [line.strip() for line in lines[4:]]
    assert len(codes) == second_factor.RECOVERY_CODES
    assert "otpauth://totp/" in lines[1]
    submit_code(mo, codes[0])
    assert is_admitted(mo)
    other = people.session_of(people.mo())
    submit_code(other, old[1])
    assert not is_admitted(other)


def test_the_command_resets_a_second_factor() -> None:
    second_factor.enrol(people.mo())
    assert run("second_factor", "--reset", "Mo_") == ["Mo_ no longer has a second factor."]
    assert run("second_factor", "--reset", "Mo_") == ["Mo_ had no second factor."]
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_the_audit_trail_records_created_and_removed_second_factors() -> None:
    """Only a command creates one, so there is no actor; the audit trail must not contain keys and codes."""
    _, key, codes = second_factor.enrol(people.mo())
    second_factor.enrol(people.mo())
    second_factor.reset(people.mo())
    second_factor.reset(people.mo())  # there is none any more

    entries = AuditEntry.objects.filter(subject=people.mo()).order_by("pk")

    made, ended = AuditEntry.Verb.SECOND_FACTOR_MADE, AuditEntry.Verb.SECOND_FACTOR_ENDED
    assert [entry.verb for entry in entries] == [made, ended, made, ended]
    actual = "".join(f"{entry.reason}{entry.counts}" for entry in entries)
    assert not any(secret in actual for secret in (key, *codes))


def test_the_command_fails_for_an_unknown_user() -> None:
    with pytest.raises(CommandError, match="There is no user Nobody"):
        run("second_factor", "Nobody")


def test_second_factor_devices_have_no_admin_pages() -> None:
    ada = people.session_of(people.ada())
    second_factor.enrol(people.ada())
    submit_code(ada, code_of(people.ada()))
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert ada.get(f"/admin/{model}/").status_code == 404


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("address", [QUEUE, "/admin/", "/admin/second-factor/", "/admin/nothing/"])
@pytest.mark.usefixtures("rate_limits")
def test_the_admin_has_its_own_rate_limit(
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
