"""docs/operations.md, several hosts: the web, two worker hosts, PostgreSQL and Valkey, each with its own address."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from imports.sample.make import FILES, SEEDS
from imports.sample.plays import document, plays
from script.network_namespaces import Network, missing_requirement, network
from script.network_servers import database_url, prepare_postgres, prepare_valkey, redis_url
from tachi_imports import env
from tests.deployment.installation import variables
from tests.services.process_inspection import wait_for

WHY_NOT = missing_requirement()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

PASSWORD = "correct-horse"
HOSTS = ("web", "workers1", "workers2", "database", "redis", "player")


class Hosts:
    """The installation, spread over hosts."""

    def __init__(self, net: Network, folder: Path, stack: ExitStack) -> None:
        self.net = net
        self._folder = folder
        self._stack = stack
        self._settings = {
            "DATABASE_URL": database_url(net, "database", password=PASSWORD),
            "REDIS_URL": redis_url(net, "redis", password=PASSWORD),
            "TACHI_PUBLIC_URL": f"http://{net.addresses['web']}:8000",
            "HOST": net.addresses["web"],
            # The tests poll without a pause; the limits have tests of their own.
            "TACHI_RATE_LIMITS": "off",
        }

    def start(self, host: str, *argv: str | Path, **more: str) -> subprocess.Popen[bytes]:
        """A process on a host, with this installation's settings, for the length of the test."""
        made = variables(self._folder / host, **self._settings, **more)
        command = [*self.net.at(host), *map(str, argv)]
        with (self._folder / f"{host}.log").open("ab") as log:
            process = subprocess.Popen(command, env=made, cwd=env.BASE_DIR, stdout=log, stderr=log)
        self._stack.callback(_stop, process)
        return process

    def manage(self, host: str, *arguments: str | Path) -> str:
        made = variables(self._folder / host, **self._settings)
        return self.net.run(host, sys.executable, env.BASE_DIR / "manage.py", *arguments, **made)

    def request(self, path: str, *options: str) -> Any:
        """What the web answers the player; None while it does not."""
        url = f"http://{self.net.addresses['web']}:8000{path}"
        done = subprocess.run(
            [*self.net.at("player"), "curl", "--silent", "--max-time", "10", *options, url],
            capture_output=True,
            text=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.startswith("{") else None

    def said(self, host: str) -> str:
        return (self._folder / f"{host}.log").read_text(errors="replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def installed(folder: Path) -> Iterator[Hosts]:
    with network(*HOSTS) as net, ExitStack() as stack:
        hosts = Hosts(net, folder, stack)
        for host in HOSTS:
            (folder / host).mkdir()
        hosts.start("database", *prepare_postgres(net, "database", folder, password=PASSWORD, durable=False))
        hosts.start("redis", *prepare_valkey(net, "redis", folder, password=PASSWORD, durable=False))
        assert wait_for(lambda: "ready to accept connections" in hosts.said("database"))
        hosts.start("web", sys.executable, "-m", "tachi_imports.process.supervisor", WORKERS="0", WEB_PROCESSES="1")
        yield hosts


def start_worker(hosts: Hosts, host: str) -> subprocess.Popen[bytes]:
    return hosts.start(host, sys.executable, "manage.py", "worker")


def upload(hosts: Hosts, token: str, file: Path) -> str:
    """Sends a file as the player. Returns where to poll."""
    fields = ["--form", "importType=file/batch-manual", "--form", f"scoreData=@{file}"]
    response = hosts.request("/api/v1/import/file", "--header", f"Authorization: Bearer {token}", *fields)
    assert response["success"], response
    return f"/api/v1/imports/{response['body']['importID']}/poll-status"


def is_done(hosts: Hosts, token: str, path: str) -> bool:
    response = hosts.request(path, "--header", f"Authorization: Bearer {token}")
    return response is not None and response["body"]["importStatus"] == "completed"


def test_an_installation_on_several_hosts_imports_and_survives_a_lost_worker(folder: Path) -> None:
    with installed(folder) as hosts:
        assert wait_for(lambda: (hosts.request("/readyz") or {}).get("status") == "ok", seconds=60), hosts.said("web")
        health = {"status": "down", "database": "ok", "redis": "ok", "workers": 0, "streams": "ok"}
        assert wait_for(lambda: hosts.request("/healthz") == health), hosts.request("/healthz")
        hosts.manage("web", "load_seeds", SEEDS)
        token = hosts.manage("web", "create_token", "--create-users", "alice").split()[2]

        # An import waits for workers, whichever host they come from.
        first = upload(hosts, token, FILES / "sdvx.json")
        worker = start_worker(hosts, "workers1")
        assert wait_for(lambda: is_done(hosts, token, first), seconds=60), hosts.said("workers1")
        assert hosts.request("/healthz")["workers"] == 1

        # A host is gone at once, as if unplugged; another one takes over.
        worker.kill()
        second = upload(hosts, token, FILES / "iidx-sp.json")
        start_worker(hosts, "workers2")
        assert wait_for(lambda: is_done(hosts, token, second), seconds=60), hosts.said("workers2")

        assert "Nothing differs among 1 player." in hosts.manage("web", "check_integrity")


def write_scores(file: Path, count: int) -> None:
    charts = json.loads((SEEDS / "charts-sdvx.json").read_bytes())
    rows = list(plays("sdvx:Single", charts, count, chance=Random("several hosts")))
    file.write_text(json.dumps(document("sdvx:Single", rows, service="Several hosts")))


def test_an_import_moves_to_another_host_when_its_worker_is_cut_off(folder: Path) -> None:
    with installed(folder) as hosts:
        assert wait_for(lambda: (hosts.request("/readyz") or {}).get("status") == "ok", seconds=60), hosts.said("web")
        hosts.manage("web", "load_seeds", SEEDS)
        token = hosts.manage("web", "create_token", "--create-users", "alice").split()[2]
        write_scores(folder / "many.json", 40_000)

        start_worker(hosts, "workers1")
        path = upload(hosts, token, folder / "many.json")

        def percent() -> int:
            progress = (hosts.request(path, "--header", f"Authorization: Bearer {token}") or {}).get("body", {})
            return int(progress.get("progress", {}).get("percent", 0))

        assert wait_for(lambda: percent() > 20, seconds=60), hosts.said("workers1")
        hosts.net.cut("workers1")
        cut = time.monotonic()
        start_worker(hosts, "workers2")
        assert wait_for(lambda: is_done(hosts, token, path), seconds=90), hosts.said("workers2")
        assert wait_for(lambda: "attempt 2" in hosts.said("workers2"), seconds=10)  # logged after it is visible
        print(f"completed {time.monotonic() - cut:.0f} s after the cut")

        hosts.net.plug("workers1")
        assert "Nothing differs among 1 player." in hosts.manage("web", "check_integrity")
