"""What script/server does before the web starts, and only once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model
from pytest_django.fixtures import Settings as SettingsWrapper

from tachi_imports import prepare


@pytest.mark.django_db
def test_the_first_start_makes_a_player_with_the_password_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    prepare.make_demo_player()
    shown = capsys.readouterr().out
    password = shown.partition("password ")[2].split()[0]
    player = authenticate(username="demo", password=password)
    assert player is not None
    assert (player.is_staff, player.is_superuser) == (False, False)


@pytest.mark.django_db
def test_an_installation_with_people_gets_no_player(capsys: pytest.CaptureFixture[str]) -> None:
    get_user_model().objects.create_user(username="alice", password="alice's password")
    prepare.make_demo_player()
    assert (capsys.readouterr().out, get_user_model().objects.count()) == ("", 1)


def test_static_files_are_collected_when_they_have_changed(
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
        prepare.collect_static(root, sources=[source])
        collected.append((capsys.readouterr().out != "", (root / "x.css").read_text()))
    assert collected == [(True, "a {}"), (False, "a {}"), (True, "b {}")]
