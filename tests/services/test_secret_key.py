"""The key that signs sessions: given, or generated and stored once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core import signing
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings as SettingsWrapper

from imports.models import APIToken
from tachi_imports import secret_key
from tests import people


@pytest.fixture(autouse=True)
def no_key_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TACHI_SECRET_KEY", "TACHI_SECRET_KEY_FALLBACKS"):
        monkeypatch.delenv(name, raising=False)


def test_a_key_is_generated_once_in_a_private_file(tmp_path: Path) -> None:
    made = secret_key.find(tmp_path / "data", required=False)
    assert len(made) >= 50
    assert secret_key.find(tmp_path / "data", required=False) == made
    assert secret_key.find(tmp_path / "other", required=False) != made
    assert [(path.name, path.stat().st_mode & 0o777) for path in (tmp_path / "data").iterdir()] == [
        ("secret-key", 0o600)
    ]


def test_a_key_from_the_environment_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHI_SECRET_KEY", "x" * 32)
    assert secret_key.find(tmp_path, required=True) == "x" * 32
    assert not any(tmp_path.iterdir())


NEW, OLD = "new" * 20, "old" * 20


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_sessions_survive_a_change_of_the_key_with_a_fallback(client: Client, settings: SettingsWrapper) -> None:
    settings.SECRET_KEY = OLD
    client.force_login(people.alice())

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get("/account/").status_code == 200

    settings.SECRET_KEY_FALLBACKS = []  # by now the session bears the signature of the new key
    assert client.get("/account/").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_sessions_end_with_a_change_of_the_key_without_a_fallback(client: Client, settings: SettingsWrapper) -> None:
    settings.SECRET_KEY = OLD
    client.force_login(people.alice())
    settings.SECRET_KEY = NEW
    assert client.get("/account/").status_code == 302


def test_values_signed_with_a_fallback_key_are_valid_and_new_ones_use_the_new_key(settings: SettingsWrapper) -> None:
    settings.SECRET_KEY = OLD
    signed, cookie = signing.dumps({"a": 1}), signing.get_cookie_signer("x").sign("a")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert signing.loads(signed) == {"a": 1}
    assert signing.get_cookie_signer("x").unsign(cookie) == "a"

    again = signing.dumps({"a": 1})
    settings.SECRET_KEY_FALLBACKS = []
    assert signing.loads(again) == {"a": 1}
    with pytest.raises(signing.BadSignature):
        signing.loads(signed)


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_tokens_passwords_and_second_factors_do_not_depend_on_the_key(settings: SettingsWrapper) -> None:
    settings.SECRET_KEY = OLD
    _, token = APIToken.objects.create_token(people.alice())
    device = TOTPDevice.objects.create(user=people.mo())
    code = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token()

    settings.SECRET_KEY = NEW

    assert APIToken.objects.find(token) is not None
    assert authenticate(username="Alice", password=people.PASSWORD) is not None
    assert TOTPDevice.objects.get(pk=device.pk).verify_token(code)
