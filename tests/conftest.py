"""Starts a PostgreSQL and a Redis for this test run, unless DATABASE_URL and REDIS_URL are set.

They start when the tests are collected, unless all tests are pure, and stop with the test run, even if it is killed.
With pytest-xdist, the controller starts them for all workers while these collect the tests, and each worker has its own
database on both. Django reads its settings after this module has been imported.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import django
import pytest
from django.conf import settings as django_settings
from pytest_django import Settings
from pytest_django.plugin import blocking_manager_key
from redis import Redis

os.environ["TACHI_ENV"] = "test"  # before env.py is imported, so that it does not read .env
os.environ["DJANGO_SETTINGS_MODULE"] = "tachi_imports.settings"

from tachi_imports.embedded import services
from tachi_imports.embedded.paths import DataPaths
from tests import examples, workers

pytest_plugins = [
    "tests.changed_settings",
    "tests.durations",
    "tests.leftover_threads",
    "tests.order",
    "tests.reruns",
    "tests.tables",
]
PURE = ("tests/games/", "tests/formats/")  # tests that need no database

_missing = services.to_embed()  # empty in a worker: the controller has set the URLs
_folder = services.temporary_folder()
_running: services.RunningServers | None = None
_thread = ThreadPoolExecutor(1)  # in the controller; Django's connections cannot be shared by threads
_template: Future[None] | None = None
if not workers.NAME:
    os.environ["DATA_DIR"] = str(_folder)
if "postgres" in _missing:
    os.environ["DATABASE_URL"] = DataPaths(_folder).database_url
if "valkey" in _missing:
    os.environ["REDIS_URL"] = DataPaths(_folder).redis_url
os.environ["REDIS_URL"] = workers.redis_url(os.environ["REDIS_URL"])
examples.load_profile()  # before a test without its own profile is imported
# Fifteen thousand tests stay in memory until the end, and garbage collection would examine them again and again: it
# takes a third of the time of the collection of tests.
gc.disable()
django.setup()  # pytest-django does not: it looks for settings before this module is imported
from tests import migrated_database  # noqa: E402 - reads models

django_db_modify_db_settings = migrated_database.django_db_modify_db_settings
django_db_setup = migrated_database.django_db_setup
django_settings.TACHI_RATE_LIMITS = False  # otherwise tests would share limits, as all have the same address


def _start_servers(tests: Iterable[str]) -> None:
    """Starts the missing servers if one of these tests may need them."""
    global _running  # noqa: PLW0603 - set by hooks, which have no other shared place
    if _missing and _running is None and not all(test.startswith(PURE) for test in tests):
        _running = services.start(_folder, servers=_missing, durable=False, temporary=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()
    if not session.config.option.collectonly:
        _start_servers(item.nodeid for item in session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Makes the template of the workers' databases in the controller."""
    global _template  # noqa: PLW0603
    if session.config.getoption("dist", "no") == "no":
        return
    # Before workers copy the environment, as their pytest-django would read the settings before this module.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    if all(f"{argument}/".startswith(PURE) for argument in session.config.args):
        return

    def make() -> None:
        _start_servers(session.config.args)
        with session.config.stash[blocking_manager_key].unblock():
            migrated_database.make_template()

    _template = _thread.submit(make)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished() -> None:
    """Waits in the controller, which distributes tests afterwards."""
    if _template is not None:
        _template.result()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Returns the workers of `-n auto`: one per core, hyperthreads included."""
    return min(os.cpu_count() or 1, workers.MOST)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the servers, which deletes their folder, or removes the template from servers of others."""
    if _template is not None and "postgres" not in _missing and _template.exception() is None:
        with config.stash[blocking_manager_key].unblock():
            _thread.submit(migrated_database.remove_template).result()
    if _running is not None:
        _running.stop()


@pytest.fixture
def redis_clean() -> Iterator[Redis]:
    """A client of an empty Redis, which is emptied again afterwards."""
    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def rate_limits(settings: Settings, redis_clean: Redis) -> None:
    """Enables rate limits, with no requests counted so far."""
    settings.TACHI_RATE_LIMITS = True
