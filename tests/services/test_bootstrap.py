"""What script/server prepares before the web starts, and only once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.db import connection
from pytest_django.fixtures import Settings as SettingsWrapper

from tachi_imports import env
from tachi_imports.process import bootstrap
from tests.services.process_inspection import wait_for


@pytest.mark.django_db(transaction=True)
def test_a_waiting_host_does_not_block_concurrent_index_creation() -> None:
    """CREATE INDEX CONCURRENTLY waits for all transactions, and a statement that waits for a lock is one."""

    def prepare_after_the_other() -> None:
        bootstrap.wait_for_other_hosts()
        connection.close()

    waiting = threading.Thread(target=prepare_after_the_other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s), clock_timestamp()", [bootstrap.LOCK])
        begun = cursor.fetchone()[1]
        waiting.start()

        def has_asked() -> bool:
            asked = "SELECT FROM pg_stat_activity WHERE query LIKE '%%advisory_lock%%' AND backend_start > %s"
            cursor.execute(asked, [begun])
            return cursor.fetchone() is not None

        assert wait_for(has_asked)
        try:
            cursor.execute("CREATE INDEX CONCURRENTLY made_meanwhile ON imports_song (id)")
            assert waiting.is_alive()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [bootstrap.LOCK])
            waiting.join(30)
            cursor.execute("DROP INDEX IF EXISTS made_meanwhile")
    assert not waiting.is_alive()


@pytest.mark.parametrize("name", ["TACHI_GAMES", "TACHI_IMPORT_TYPES"])
def test_settings_with_which_no_worker_starts_stop_the_start(settings: SettingsWrapper, name: str) -> None:
    setattr(settings, name, ["unheard-of"])
    with pytest.raises(SystemExit, match=rf"{name} names unknown .*: unheard-of\."):
        bootstrap.check_settings()


@pytest.mark.django_db
def test_the_first_start_creates_a_demo_player_and_returns_its_password() -> None:
    password = bootstrap.make_demo_player()
    player = authenticate(username="demo", password=password)
    assert player is not None
    assert (player.is_staff, player.is_superuser) == (False, False)


@pytest.mark.django_db
def test_an_installation_with_users_gets_no_demo_player() -> None:
    get_user_model().objects.create_user(username="alice", password="alice's password")
    assert (bootstrap.make_demo_player(), get_user_model().objects.count()) == ("", 1)


def test_static_files_are_only_collected_after_changes(
    tmp_path: Path, settings: SettingsWrapper, capsys: pytest.CaptureFixture[str]
) -> None:
    source, root = tmp_path / "source", tmp_path / "collected"
    source.mkdir()
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = root, [source]
    collected: list[tuple[bool, str]] = []
    for content in ("a {}", "a {}", "b {}"):
        if not (source / "x.css").exists() or (source / "x.css").read_text() != content:
            (source / "x.css").write_text(content)
            later = time.time() + len(collected)
            os.utime(source / "x.css", (later, later))
        bootstrap.collect_static(root, sources=[source])
        collected.append((capsys.readouterr().out != "", (root / "x.css").read_text()))
    assert collected == [(True, "a {}"), (False, "a {}"), (True, "b {}")]


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The first administrator is described by the environment; the password is in this file."""
    monkeypatch.setenv("TACHI_ADMIN_NAME", "Ada")
    monkeypatch.setenv("TACHI_ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    (tmp_path / "password").write_text("gamma ray burst\n")
    return tmp_path / "password"


@pytest.mark.django_db
@pytest.mark.usefixtures("described")
def test_the_first_administrator_is_created_from_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        bootstrap.make_first_administrator()
    administrator = authenticate(username="ada", password="gamma ray burst")
    assert administrator is not None
    assert (administrator.get_username(), administrator.is_staff, administrator.is_superuser) == ("Ada", True, True)
    said = capsys.readouterr()
    assert said.out == "Made the first administrator: Ada.\n"
    assert "gamma" not in said.out + said.err


@pytest.mark.django_db
def test_no_administrator_is_created_if_one_exists(described: Path) -> None:
    described.unlink()  # nothing needs it any more
    get_user_model().objects.create_superuser("Grace", password="her own password")
    bootstrap.make_first_administrator()
    assert not get_user_model().objects.filter(username="Ada").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("Ada", "12345", "password is too short"),
        ("AdaLovelace", "adalovelace1", "too similar to the name"),
        ("aDA", "gamma ray burst", "names_are_unique"),
        ("two words", "gamma ray burst", "TACHI_ADMIN_NAME"),
    ],
    ids=["short", "like the name", "taken", "no name"],
)
def test_an_invalid_administrator_stops_the_start(
    described: Path, monkeypatch: pytest.MonkeyPatch, name: str, password: str, said: str
) -> None:
    if said == "names_are_unique":
        get_user_model().objects.create_user("ada", password="a player's password")
    monkeypatch.setenv("TACHI_ADMIN_NAME", name)
    described.write_text(password)
    with pytest.raises(env.SettingError, match=said) as refused:
        bootstrap.make_first_administrator()
    assert password not in str(refused.value)
    assert not get_user_model().objects.filter(is_superuser=True).exists()


def test_an_administrator_needs_a_password(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setenv("TACHI_ADMIN_NAME", "Ada")
    with pytest.raises(env.SettingError, match=r"TACHI_ADMIN_PASSWORD must be set with TACHI_ADMIN_NAME\."):
        bootstrap.make_first_administrator()
