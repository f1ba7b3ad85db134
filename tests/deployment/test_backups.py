"""`backup` and `restore`: a restored database is complete and consistent."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.management.base import CommandError
from psycopg import sql
from pytest_django.fixtures import Settings as SettingsWrapper
from redis import Redis

from imports import monitoring
from imports.sample.make import FILES, SEEDS
from tachi_imports import backups, env
from tachi_imports.embedded import binaries, services
from tachi_imports.embedded.paths import DataPaths
from tests.commands.command_runner import run
from tests.deployment.installation import done, manage, variables
from tests.services.data_folders import copy_migrated
from tests.services.process_inspection import wait_for

pytestmark = pytest.mark.slow


def contents(data: Path) -> dict[str, tuple[int, int]]:
    """Rows and a digest of each table."""
    found = {}
    with psycopg.connect(DataPaths(data).database_url) as connection:
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
    copy_migrated(data)
    running = services.start(data, durable=False, temporary=True)
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


def test_a_restored_backup_is_complete_and_consistent(old: Path, empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "tachi.dump"
    said = done(old, "backup", path)
    assert said == f"{path}: {path.stat().st_size} bytes.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Redis.from_url(DataPaths(old).redis_url) as redis:
        assert monitoring.last_backup(redis) is not None

    done(empty, "restore", path)
    done(empty, "migrate", "--check")

    before = contents(old)
    assert before["imports_score"][0] == 40
    assert before["imports_import"][0] == before["imports_importinput"][0] == 2
    assert contents(empty) == before
    assert "Nothing differs among 1 player." in done(empty, "check_integrity")

    refused = manage(empty, "restore", path)
    assert (refused.returncode, "A backup can only be restored into an empty database." in refused.stderr) == (1, True)
    assert contents(empty) == before


def test_a_broken_backup_leaves_the_database_empty(old: Path, empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "tachi.dump"
    done(old, "backup", path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])

    refused = manage(empty, "restore", path)

    assert refused.returncode == 1
    assert contents(empty) == {}


def test_the_keep_option_keeps_the_newest_backups_of_a_folder(empty: Path, tmp_path: Path) -> None:
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
        (["new.dump", "--keep", "3"], "--keep requires a folder and a number of at least 1."),
        (["new.dump", "--programs", "."], "There is no pg_dump in"),
    ],
)
def test_a_failed_backup_names_the_reason_and_leaves_no_file(
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
    monkeypatch.setattr(backups, "INSTALL_FOLDERS", (f"{tmp_path}/{{major}}",))
    for version in ("15", "16"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "pg_dump").touch()
    return tmp_path


@pytest.mark.parametrize("major", [15, 16])
def test_a_backup_uses_the_programs_of_the_servers_version(
    packages: Path, monkeypatch: pytest.MonkeyPatch, major: int
) -> None:
    """What newer ones write, the server would refuse when it is needed."""
    monkeypatch.setattr(backups, "server_major", lambda: major)
    assert backups.BackupTools.find().folder == packages / str(major)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(("major", "fits"), [(14, False), (17, True), (18, True), (19, False)])
def test_the_embedded_programs_are_used_if_the_servers_own_are_missing(
    monkeypatch: pytest.MonkeyPatch, major: int, *, fits: bool
) -> None:
    monkeypatch.setattr(backups, "server_major", lambda: major)
    if fits:
        assert "pginstall" in backups.BackupTools.find().folder.parts
        return
    with pytest.raises(backups.BackupFailed, match=f"postgresql-client-{major}"):
        backups.BackupTools.find()


@pytest.mark.usefixtures("packages")
def test_an_installation_without_embedded_servers_names_the_package_of_the_servers_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    monkeypatch.setattr(backups, "server_major", lambda: 18)
    with pytest.raises(backups.BackupFailed, match="postgresql-client-18"):
        backups.BackupTools.find()


def test_a_backup_reports_an_unreachable_database(tmp_path: Path) -> None:
    away = {"DATABASE_URL": f"postgresql:///tachi?host={tmp_path}", "REDIS_URL": "redis://redis.example.org"}
    refused = manage(tmp_path, "backup", tmp_path / "x.dump", **away)
    assert (refused.returncode, "The database does not answer" in refused.stderr) == (1, True)


def test_the_password_is_not_on_the_command_line_of_pg_dump(tmp_path: Path) -> None:
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


SWAP = env.BASE_DIR / "docs" / "deploy" / "swap-databases.sql"


def connected(server: Any, database: str) -> set[int]:
    """The process IDs of the connections to a database."""
    rows = server.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [database]).fetchall()
    return {pid for (pid,) in rows}


def test_a_restored_database_replaces_one_in_use_by_a_sweeper(empty: Path) -> None:
    paths = DataPaths(empty)
    sockets = f"postgresql://tachi@/{{}}?host={quote(str(paths.sockets), safe='')}"
    live = {"DATABASE_URL": sockets.format("live"), "REDIS_URL": paths.redis_url}
    with psycopg.connect(paths.database_url, autocommit=True) as server:
        server.execute("CREATE DATABASE live")
        done(empty, "migrate", "--verbosity=0", **live)
        server.execute("CREATE DATABASE restored TEMPLATE live")
        with psycopg.connect(sockets.format("restored")) as restored:
            restored.execute("CREATE TABLE it_is_the_restored_one ()")
        sweeper = subprocess.Popen(
            [sys.executable, "manage.py", "sweep", "--forever"], env=variables(empty, **live), cwd=env.BASE_DIR
        )
        try:
            assert wait_for(lambda: bool(connected(server, "live")), seconds=60)
            before = connected(server, "live")

            psql = binaries.postgres_bin(copies=paths.binaries, account=None) / "psql"
            names = [
                f"--set={name}={value}" for name, value in (("live", "live"), ("restored", "restored"), ("old", "gone"))
            ]
            with SWAP.open() as commands:
                argv: list[str | Path] = [psql, "--no-psqlrc", *names, paths.database_url]
                swap = subprocess.run(argv, stdin=commands, capture_output=True, text=True, check=False)

            assert (swap.returncode, swap.stderr) == (0, "")
            assert wait_for(lambda: bool(connected(server, "live") - before), seconds=60)
            assert sweeper.poll() is None
        finally:
            sweeper.kill()
            sweeper.wait()
    with psycopg.connect(sockets.format("live")) as now:
        assert now.execute("SELECT to_regclass('it_is_the_restored_one') IS NOT NULL").fetchone() == (True,)
    with psycopg.connect(sockets.format("gone")) as old_one:
        assert old_one.execute("SELECT to_regclass('it_is_the_restored_one') IS NULL").fetchone() == (True,)
