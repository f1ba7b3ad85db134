"""The test infrastructure: what workers share, what each has for itself, and how long a test may take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tachi_imports import env
from tests import durations, workers
from tests.services.process_inspection import all_gone, users_of, wait_for

OWN_VARIABLES = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE", "CI", "COVERAGE_", "PYTEST_")
"""Prefixes of variables that a nested test run must not see."""


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)} | more


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("unix:///tmp/tachi-1/run/valkey.sock", "unix:///tmp/tachi-1/run/valkey.sock?db=2"),
        ("redis://:secret@there:6380/0", "redis://:secret@there:6380/0?db=2"),
        ("rediss://there?ssl_check_hostname=1", "rediss://there?db=2&ssl_check_hostname=1"),
    ],
)
def test_each_test_worker_has_its_own_redis_database(monkeypatch: pytest.MonkeyPatch, url: str, expected: str) -> None:
    monkeypatch.setattr(workers, "NAME", "")
    assert workers.redis_url(url) == url
    monkeypatch.setattr(workers, "NAME", "gw2")
    monkeypatch.setattr(workers, "SLOT", 2)
    assert workers.redis_url(url) == expected


@pytest.mark.slow
def test_a_killed_run_on_several_workers_leaves_nothing_running(folder: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "-n", "2", "-q", "-p", "no:cacheprovider", "tests/models"]
    variables = clean_environment(TMPDIR=str(folder))
    run = subprocess.Popen(argv, cwd=env.BASE_DIR, env=variables, stdout=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: len(list(folder.glob("tachi-*/run/.s.PGSQL.5432"))) == 1, seconds=90)
        everyone = {*users_of(folder), *(child.pid for child in psutil.Process(run.pid).children(recursive=True))}
    finally:
        run.kill()
        run.wait()
    assert len(everyone) > 4
    assert wait_for(lambda: all_gone(everyone), seconds=60)
    assert wait_for(lambda: not list(folder.glob("tachi-*")))


TAKES_LONG = """
import time, pytest, hypothesis, hypothesis.strategies

@pytest.fixture
def fixture():
    time.sleep(0.7)

def test_short(fixture): pass
def test_long(): time.sleep(0.7)
def test_long_and_wrong(): time.sleep(0.7); assert False
@pytest.mark.slow
def test_marked(): time.sleep(0.7)
@hypothesis.settings(deadline=None)
@hypothesis.given(hypothesis.strategies.none())
def test_with_examples(_): time.sleep(0.7)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "failed"),
    [(["--strict-slow"], ["test_long", "test_long_and_wrong"]), ([], ["test_long_and_wrong"])],
)
def test_a_long_test_without_the_slow_mark_fails(tmp_path: Path, options: list[str], failed: list[str]) -> None:
    """Fixtures do not count, nor do examples, nor is a failure hidden."""
    (tmp_path / "test_these.py").write_text(TAKES_LONG)
    (tmp_path / "short.py").write_text("from tests import durations\ndurations.limit_seconds = lambda: 0.5\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    plugins = ["-p", "no:cacheprovider", "-p", "tests.durations", "-p", "short"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", *plugins, *options, "test_these.py"],
        env=clean_environment(PYTHONPATH=f"{tmp_path}:{env.BASE_DIR}", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.split("::")[1].split(" ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert found == failed, done.stdout + done.stderr


LEAVE_THREADS = {
    "test_first": """
import threading, time, pytest

@pytest.fixture(scope="module")
def shared():
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    yield
    ended.set()

def test_shares_a_thread(shared): pass
def test_leaves_a_thread(): threading.Thread(target=time.sleep, args=[60], name="careless", daemon=True).start()
def test_is_last(shared): threading.Thread(target=time.sleep, args=[0.1], name="nearly done").start()
""",
    "test_second": "def test_is_told_nothing(): pass",
}


@pytest.mark.slow
def test_a_file_that_leaves_a_thread_running_fails_once(tmp_path: Path) -> None:
    for name, content in LEAVE_THREADS.items():
        (tmp_path / f"{name}.py").write_text(content)
    (tmp_path / "impatient.py").write_text("from tests import leftover_threads\nleftover_threads.GRACE_SECONDS = 3\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "no:cacheprovider", "-p", "tests.leftover_threads", "-p", "impatient"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rE", *plugins],
        env=clean_environment(PYTHONPATH=f"{tmp_path}:{env.BASE_DIR}", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    assert [line.split("::")[1].split(" ")[0] for line in found] == ["test_is_last"], done.stdout + done.stderr
    assert "The thread careless still runs, first seen after test_first.py::test_leaves_a_thread:" in done.stdout


IN_PARTS = """
from hypothesis import given, settings, strategies
from tests.examples import in_parts, part_examples

@in_parts(70)
@settings(max_examples=part_examples(70), derandomize=True, database=None, deadline=None)
@given(strategies.integers(0, 10**9))
def test_numbers(part, number):
    print(part, number, file=open("numbers", "a"))
"""


@pytest.mark.slow
def test_the_parts_of_a_test_together_try_the_examples_of_one_test(tmp_path: Path) -> None:
    """Also in CI, where Hypothesis derives its seeds from the test instead of from chance."""
    (tmp_path / "test_these.py").write_text(IN_PARTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "_hypothesis_pytestplugin", "test_these.py"],
        env=clean_environment(PYTHONPATH=str(env.BASE_DIR), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    tried = [line.split() for line in (tmp_path / "numbers").read_text().splitlines()]
    assert {part for part, _ in tried} == {"0", "1", "2"}
    assert len({number for _, number in tried}) >= 70


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 8.0), (2.0, 8.0), (10.0, 40.0)])
def test_a_test_may_take_longer_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch, load: float, seconds: float) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert durations.limit_seconds() == seconds
