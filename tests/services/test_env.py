"""The readers of the environment: accepted values and error messages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tachi_imports import env
from tachi_imports.env import SettingError

Reader = Callable[[], Any]


def workers() -> int:
    return env.integer("IT", default=2, low=0, high=32)


def rate_limits_setting() -> bool:
    return env.boolean("IT", default=True)


def environment() -> str:
    return env.choice("IT", default="development", options=("development", "production"))


def games() -> tuple[str, ...]:
    return env.names("IT")


def address() -> str:
    return env.origin("IT")


def database() -> str:
    return env.service_url("IT", schemes=("postgresql", "postgres"))


def mail() -> tuple[bool, env.MailServer]:
    return env.mail_server("IT")


def title() -> str:
    return env.text("IT", default="Tachi Imports")


@pytest.mark.parametrize(
    ("reader", "given", "read"),
    [
        (workers, None, 2),
        (workers, "", 2),
        (workers, " 7 ", 7),
        (workers, "0", 0),
        (rate_limits_setting, None, True),
        (rate_limits_setting, "off", False),
        (rate_limits_setting, "NO", False),
        (rate_limits_setting, "1", True),
        (environment, None, "development"),
        (mail, None, (False, env.MailServer())),
        (mail, "smtp://mx", (True, env.MailServer("mx", 25))),
        (mail, "smtp+tls://me%40x:p%2Fw@mx", (True, env.MailServer("mx", 587, "me@x", "p/w", is_starttls=True))),
        (mail, "smtp+ssl://mx:4650", (True, env.MailServer("mx", 4650, is_tls=True))),
        (environment, "production", "production"),
        (games, None, ()),
        (games, "iidx", ("iidx",)),
        (games, "iidx, sdvx", ("iidx", "sdvx")),
        (address, None, ""),
        (address, "https://scores.example.org/", "https://scores.example.org"),
        (address, "http://[::1]:8000", "http://[::1]:8000"),
        (database, None, ""),
        (database, "postgres://me@there/db", "postgres://me@there/db"),
        (title, None, "Tachi Imports"),
        (title, "Our scores", "Our scores"),
    ],
)
def test_a_valid_setting_is_converted_to_its_type(
    monkeypatch: pytest.MonkeyPatch, reader: Reader, given: str | None, read: object
) -> None:
    monkeypatch.delenv("IT", raising=False)
    if given is not None:
        monkeypatch.setenv("IT", given)
    assert reader() == read


@pytest.mark.parametrize(
    ("reader", "given", "message"),
    [
        (workers, "many", "IT must be a whole number from 0 to 32, not 'many'."),
        (workers, "33", "IT must be a whole number from 0 to 32, not '33'."),
        (workers, "-1", "IT must be a whole number from 0 to 32, not '-1'."),
        (workers, "2.5", "IT must be a whole number from 0 to 32, not '2.5'."),
        (workers, "\u0663", "IT must be a whole number from 0 to 32, not '\u0663'."),
        (rate_limits_setting, "perhaps", "IT must be on or off, not 'perhaps'."),
        (environment, "staging", "IT must be one of development, production, not 'staging'."),
        (games, "iidx,,sdvx", "IT must be words with commas between them."),
        (games, "iidx sdvx", "IT must be words with commas between them."),
        (address, "scores.example.org", "IT must look like https://scores.example.org, not 'scores.example.org'."),
        (address, "https://a.org/b", "IT must look like https://scores.example.org, not 'https://a.org/b'."),
        (address, "https://a.org:x", "IT must look like https://scores.example.org, not 'https://a.org:x'."),
        (database, "mysql://me:hunter2@there/db", "IT must begin with postgresql:// or postgres://."),
        (title, "two\nlines", "IT must be one line of printable text."),
    ],
)
def test_an_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch, reader: Reader, given: str, message: str) -> None:
    monkeypatch.setenv("IT", given)
    with pytest.raises(SettingError) as caught:
        reader()
    assert str(caught.value) == message


def test_a_secret_can_be_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("postgres://me:hunter2@there/db\n")
    monkeypatch.setenv("IT_FILE", str(tmp_path / "it"))
    assert database() == "postgres://me:hunter2@there/db"


@pytest.mark.parametrize(
    ("content", "also", "message"),
    [
        (None, None, "IT_FILE names a file that cannot be read"),
        ("\n", None, "IT_FILE names an empty file."),
        ("postgres://a", "postgres://b", "IT and IT_FILE are both set; keep one."),
    ],
)
def test_an_unreadable_or_ambiguous_secret_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, also: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "it").write_text(content)
    if also is not None:
        monkeypatch.setenv("IT", also)
    monkeypatch.setenv("IT_FILE", str(tmp_path / "it"))
    with pytest.raises(SettingError, match=message):
        database()


def test_a_folder_setting_is_relative_to_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IT", "some where")
    assert env.folder("IT", default=tmp_path) == env.BASE_DIR / "some where"
    (tmp_path / "file").touch()
    monkeypatch.setenv("IT", str(tmp_path / "file"))
    with pytest.raises(SettingError, match=r"IT must be a folder, and .* is a file"):
        env.folder("IT", default=tmp_path)


PRODUCTION = {
    "TACHI_ENV": "production",
    "TACHI_PUBLIC_URL": "https://scores.example.org",
    "TACHI_SECRET_KEY": "k" * 50,
    "DATABASE_URL": "postgresql://me@there:6432/scores?sslmode=require",
    "REDIS_URL": "redis://there",
}


def settings_under(variables: dict[str, str], *, show: str = "''") -> subprocess.CompletedProcess[str]:
    """Reads the settings in a process of their own and prints `show`."""
    program = f"from tachi_imports import settings as s; print({show})"
    no_file = {"TACHI_SETTINGS": os.devnull}  # a developer may have a .env
    ours = {key: value for key, value in os.environ.items() if key in {"PATH", "DATA_DIR", "COVERAGE_PROCESS_CONFIG"}}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=ours | no_file | variables,
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"TACHI_PUBLIC_URL": ""},
            "TACHI_PUBLIC_URL must be set in production, for example https://scores.example.org.",
        ),
        ({"TACHI_SOURCE_URL": "javascript:0"}, "TACHI_SOURCE_URL must begin with https:// or http://."),
        ({"TACHI_DEBUG": "on"}, "TACHI_DEBUG must be off in production: its error pages show secrets."),
        ({"TACHI_SECRET_KEY": ""}, "TACHI_SECRET_KEY must be set when DATABASE_URL is: every host needs the same key."),
        ({"TACHI_SECRET_KEY": "short"}, "TACHI_SECRET_KEY must have 32 characters or more."),
        (
            {"TACHI_SECRET_KEY_FALLBACKS": f"{'o' * 32},short"},
            "TACHI_SECRET_KEY_FALLBACKS must be keys of 32 characters or more.",
        ),
        ({"DATABASE_URL": "postgresql://[there"}, "DATABASE_URL is not a URL that PostgreSQL understands."),
    ],
)
def test_unusable_settings_stop_the_process(change: dict[str, str], message: str) -> None:
    done = settings_under(PRODUCTION | change)
    assert (done.returncode, done.stderr.strip()) == (1, message)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"", "Is a directory"), (b"TACHI_NAME=\xff\n", "it is not UTF-8")],
    ids=["missing", "a folder", "another encoding"],
)
def test_a_named_file_that_cannot_be_read_stops_the_process(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Otherwise the process would run with other settings, on another database."""
    file = tmp_path / "environment"
    if content == b"":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    done = settings_under({"TACHI_SETTINGS": str(file)})
    assert (done.returncode, done.stderr) == (1, f"The settings in {file} cannot be read ({reason}).\n")


def test_a_named_file_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("TACHI_NAME=Ours\nTACHI_MAX_ROWS=1000\n", encoding="utf-8")
    variables = {"TACHI_SETTINGS": str(tmp_path / "environment"), "TACHI_MAX_ROWS": "2000"}
    assert settings_under(variables, show="s.TACHI_NAME, s.TACHI_MAX_ROWS").stdout == "Ours 2000\n"


def test_production_behind_https_has_secure_cookies_and_hsts() -> None:
    shown = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.ALLOWED_HOSTS, s.DEBUG"
    assert settings_under(PRODUCTION, show=shown).stdout.strip() == "True True True ['scores.example.org'] False"


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("name", "cookie"),
    [
        ("Kamaitachi", "Kamaitachi_SESSION"),
        ("Tachi Imports", "Tachi_Imports_SESSION"),
        ("Café; of=mine", "Caf___of_mine_SESSION"),
    ],
)
def test_the_session_cookie_contains_the_name_of_the_instance(name: str, cookie: str) -> None:
    shown = "s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_NAME != s.SESSION_COOKIE_NAME"
    actual = settings_under(PRODUCTION | {"TACHI_NAME": name}, show=shown).stdout.strip()
    assert actual == f"{cookie} Strict True"


def test_a_database_url_keeps_all_its_parts() -> None:
    named = "[s.DATABASES['default'][k] for k in ('NAME', 'USER', 'HOST', 'PORT')]"
    shown = f"{named}, s.DATABASES['default']['OPTIONS']['sslmode']"
    assert settings_under(PRODUCTION, show=shown).stdout.strip() == "['scores', 'me', 'there', '6432'] require"


def test_every_setting_is_listed_in_the_example_file() -> None:
    """`.env.example` lists exactly the names that the code reads."""
    read = set()
    for name in (
        "settings",
        "embedded/services",
        "process/supervisor",
        "secret_key",
        "streams/process",
        "monitoring/log_setup",
        "process/bootstrap",
    ):
        source = (env.BASE_DIR / "tachi_imports" / f"{name}.py").read_text()
        for part in source.split("env.")[1:]:
            call = part.partition('("')
            if call[0] in {
                "text",
                "integer",
                "boolean",
                "choice",
                "names",
                "secret",
                "service_url",
                "origin",
                "folder",
                "mail_server",
            }:
                read.add(call[2].partition('"')[0])
    example = (env.BASE_DIR / ".env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in example if line and not line.startswith("#")} == read
