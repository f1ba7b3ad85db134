"""An installation on several hosts: PostgreSQL and Valkey on one, the web and a worker on each of the others.

The hosts are network namespaces: they communicate over TCP and a virtual cable, as between machines; cores, memory and
disk are those of this machine. The benchmark itself runs on another host, as the player.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from redis import Redis, RedisError

from script.bench_parts.installation import (
    STOP_SIGNALS,
    TIMEOUT_SECONDS,
    BenchmarkError,
    Installation,
    environment,
    stop,
    wait_until_healthy,
)
from script.network_namespaces import Network, network
from script.network_servers import Command, database_url, prepare_postgres, prepare_valkey, redis_url
from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.process.processes import spawn

PORT = 8000
PROCESSES = 1  # web processes, and workers, per host
POSTGRES_STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)


@contextmanager
def installation_on_hosts(*, instances: int) -> Iterator[Installation]:
    """Runs an installation with this number of web and worker hosts for the duration of a block.

    Raises BenchmarkError if it does not start.
    """
    folder, password = services.temporary_folder(), secrets.token_hex(16)
    names = [f"instance{number}" for number in range(1, instances + 1)]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(mode=0o711)  # lets the account of the servers enter
        net = stack.enter_context(network("player", "database", *names))
        stack.enter_context(net.entered("player"))
        start_servers(net, folder, stack, password=password)
        variables = environment(
            folder,
            PORT,
            database_url(net, "database", password=password),
            redis_url(net, "database", password=password),
            workers=PROCESSES,
        )
        addresses = [net.addresses[name] for name in names]
        variables |= {
            "TACHI_ALLOWED_HOSTS": ",".join(addresses),
            "TACHI_PUBLIC_URL": f"http://{addresses[0]}:{PORT}",
            "WEB_PROCESSES": str(PROCESSES),
        }
        supervisors = []
        for name, address in zip(names, addresses, strict=True):
            command: Command = [sys.executable, "-m", "tachi_imports.process.supervisor"]
            own = {"HOST": address, "DATA_DIR": str(folder / name)}
            supervisors.append(start(net, name, command, folder=folder, variables=variables | own, stack=stack))
        made = Installation(
            folder, PORT, variables["DATABASE_URL"], variables["REDIS_URL"], supervisors, variables, addresses
        )
        stack.callback(made.database.close)
        wait_until_healthy(made, workers=PROCESSES * instances)
        yield made


def start_servers(net: Network, folder: Path, stack: ExitStack, *, password: str) -> None:
    """Runs PostgreSQL and Valkey on the database host. Raises BenchmarkError if they do not answer."""
    postgres = prepare_postgres(net, "database", folder, password=password, durable=True)
    valkey = prepare_valkey(net, "database", folder, password=password, durable=True)
    start(net, "database", postgres, folder=folder, variables={}, stack=stack, signals=POSTGRES_STOP_SIGNALS)
    start(net, "database", valkey, folder=folder, variables={}, stack=stack)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            psycopg.connect(database_url(net, "database", password=password)).close()
            with Redis.from_url(redis_url(net, "database", password=password)) as redis:
                redis.ping()
        except (psycopg.OperationalError, RedisError) as error:
            if time.monotonic() > deadline:
                raise BenchmarkError(f"PostgreSQL or Valkey did not come up: {error}") from None
            time.sleep(0.1)
        else:
            return


def start(
    net: Network,
    host: str,
    command: Command,
    *,
    folder: Path,
    variables: Mapping[str, str],
    stack: ExitStack,
    signals: Sequence[signal.Signals] = STOP_SIGNALS,
) -> subprocess.Popen[bytes]:
    """Starts a process on a host; it ends with the benchmark in any case."""
    with (folder / "bench.log").open("ab") as log:
        process = spawn(
            [*net.at(host), *command],
            death_signal=signals[0],
            cwd=env.BASE_DIR,
            env=os.environ | variables,
            log=log,
        )
    stack.callback(stop, process, signals=signals)
    return process
