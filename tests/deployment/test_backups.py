"""`backup` and `restore`: what was there is there again, whole, and fits together."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management.base import CommandError
from psycopg import sql
from pytest_django.fixtures import Settings as SettingsWrapper

from imports.sample.make import FILES, SEEDS
from tachi_imports import dumps, services
from tachi_imports.layout import Layout
from tests.commands.running import run
from tests.deployment.installation import done, manage

pytestmark = pytest.mark.slow


def contents(data: Path) -> dict[str, tuple[int, int]]:
    """Rows and a digest of each table."""
    found = {}
    with psycopg.connect(Layout(data).database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            counted = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t")
            row = connection.execute(counted.format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = row
    return found


@pytest.fixture(scope="module")
def old() -> Iterator[Path]:
    """An installation whose player has imported twice and taken the first one back."""
    data = services.temporary_folder()
    running = services.start(data, durable=False, throw_away=True)
    done(data, "migrate", "--verbosity=0")
    done(data, "load_seeds", SEEDS)
    done(data, "create_token", "--create-users", "alice")
    queued = [done(data, "import_scores", "alice", FILES / name).split()[1] for name in ("sdvx.json", "iidx-sp.json")]
    done(data, "worker", "--burst")
    done(data, "revert_import", queued[0])
    yield data
    running.stop()


@pytest.fixture
def empty(folder: Path) -> Iterator[Path]:
    data = folder / "new"
    running = services.start(data, durable=False)
    yield data
    running.stop()


def test_a_backup_brings_everything_back_and_fits_together(old: Path, empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "tachi.dump"
    said = done(old, "backup", path)
    assert said == f"{path}: {path.stat().st_size} bytes.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    done(empty, "restore", path)
    done(empty, "migrate", "--check")

    before = contents(old)
    assert before["imports_score"][0] == 40
    assert before["imports_import"][0] == before["imports_importinput"][0] == 2
    assert contents(empty) == before
    assert "Nothing differs among 1 players." in done(empty, "check_integrity")

    refused = manage(empty, "restore", path)
    assert (refused.returncode, "A backup goes into an empty one." in refused.stderr) == (1, True)
    assert contents(empty) == before


def test_a_broken_backup_leaves_the_database_empty(old: Path, empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "tachi.dump"
    done(old, "backup", path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])

    refused = manage(empty, "restore", path)

    assert refused.returncode == 1
    assert contents(empty) == {}


def test_a_folder_keeps_the_newest_backups(empty: Path, tmp_path: Path) -> None:
    for day in ("20260101", "20260102", "20260103"):
        (tmp_path / f"tachi-{day}T000000Z.dump").touch()
    (tmp_path / "other.txt").touch()

    done(empty, "backup", tmp_path, "--keep", "2")

    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept[:2] == ["other.txt", "tachi-20260103T000000Z.dump"]
    assert len(kept) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["there.dump"], "there.dump is there already."),
        (["no/where.dump"], r"cannot be written \(No such file or directory\)."),
        (["new.dump", "--keep", "3"], "--keep wants a folder and a number from 1."),
        (["new.dump", "--programs", "."], "There is no pg_dump in"),
    ],
)
def test_what_cannot_be_done_is_named_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    (tmp_path / "there.dump").write_text("old")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match=said):
        run("backup", *arguments)

    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.fixture
def packages(tmp_path: Path, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where packages put programs, on a machine whose PostgreSQL is elsewhere."""
    settings.DATABASE_URL = "postgresql://db.example.org/tachi"
    monkeypatch.setattr(dumps, "INSTALLED", (f"{tmp_path}/{{major}}",))
    for version in ("15", "16"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "pg_dump").touch()
    return tmp_path


@pytest.mark.parametrize("major", [15, 16])
def test_a_backup_is_made_by_the_programs_of_the_servers_version(
    packages: Path, monkeypatch: pytest.MonkeyPatch, major: int
) -> None:
    """What newer ones write, the server would refuse when it is needed."""
    monkeypatch.setattr(dumps, "_server_major", lambda: major)
    assert dumps.Tools.find().folder == packages / str(major)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(("major", "fits"), [(14, False), (17, True), (18, True), (19, False)])
def test_without_them_the_embedded_ones_serve_where_they_fit(
    monkeypatch: pytest.MonkeyPatch, major: int, *, fits: bool
) -> None:
    monkeypatch.setattr(dumps, "_server_major", lambda: major)
    if fits:
        assert "pginstall" in dumps.Tools.find().folder.parts
        return
    with pytest.raises(dumps.DumpFailed, match=f"postgresql-client-{major}"):
        dumps.Tools.find()


def test_a_backup_of_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    away = {"DATABASE_URL": f"postgresql:///tachi?host={tmp_path}", "REDIS_URL": "redis://redis.example.org"}
    refused = manage(tmp_path, "backup", tmp_path / "x.dump", **away)
    assert (refused.returncode, "The database does not answer" in refused.stderr) == (1, True)


def test_a_password_is_on_no_command_line(tmp_path: Path) -> None:
    """Everybody on a machine may read its command lines."""
    (tmp_path / "pg_dump").write_text('#!/bin/sh\necho "$@ / $PGPASSWORD / $SECRET." >&2\nexit 1\n')
    (tmp_path / "pg_dump").chmod(0o755)
    external = {
        "DATABASE_URL": "postgresql://tachi:s3cret@db.example.org/tachi",
        "REDIS_URL": "redis://redis.example.org",
        "SECRET": "no",
    }

    refused = manage(tmp_path, "backup", tmp_path / "x.dump", "--programs", tmp_path, **external)

    arguments, password, other = refused.stderr.splitlines()[-1].split(" / ")
    assert "db.example.org" in arguments
    assert "s3cret" not in arguments
    assert (password, other) == ("s3cret", ".")
