"""A PostgreSQL and a Redis of this test run's own, unless DATABASE_URL and REDIS_URL name some.

They start once the tests are collected, and not at all for tests that are pure. They end with the test run, even one
that is killed. With pytest-xdist the controller starts them, for all its workers: each worker has a database of its
own on both. Django reads its settings after this module has been imported.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator

import django
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core import serializers
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker, Settings
from redis import Redis

os.environ["TACHI_ENV"] = "test"  # before env.py is imported: then it leaves .env alone
os.environ["DJANGO_SETTINGS_MODULE"] = "tachi_imports.settings"

from tachi_imports.embedded import services
from tachi_imports.embedded.paths import DataPaths
from tests import examples, workers

pytest_plugins = ["tests.changed_settings", "tests.durations", "tests.leftover_threads"]
PURE = ("tests/games/", "tests/formats/")  # what needs no database
MIGRATED = ("auth.Group", "imports.GameRules")  # models of which migrations create rows

_missing = services.to_embed()  # of a worker's nothing: the controller has named them
_folder = services.temporary_folder()
_running: services.RunningServers | None = None
if not workers.NAME:
    os.environ["DATA_DIR"] = str(_folder)
if "postgres" in _missing:
    os.environ["DATABASE_URL"] = DataPaths(_folder).database_url
if "valkey" in _missing:
    os.environ["REDIS_URL"] = DataPaths(_folder).redis_url
os.environ["REDIS_URL"] = workers.redis_url(os.environ["REDIS_URL"])
examples.load_profile()  # before a test is read that has none of its own
# Fifteen thousand tests live to the end: looking through them for garbage takes a third of the time that collecting
# them takes, and would go on while they run.
gc.disable()
django.setup()  # pytest-django does not: it looks for settings before this module is imported
django_settings.TACHI_RATE_LIMITS = False  # or the requests of other tests would count: all have one address


def _start_servers(tests: Iterable[str]) -> None:
    """Starts them as soon as one of these tests may need them."""
    global _running  # noqa: PLW0603 - pytest has no better place for it
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
    """Before workers get a copy of the environment: pytest-django would read the settings before this module."""
    if session.config.getoption("dist", "no") != "no":
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """Called in the controller, which hands out no test before."""
    _start_servers(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one a core, hyperthreads included."""
    return min(os.cpu_count() or 1, workers.MOST)


def pytest_unconfigure() -> None:
    """Stops the servers; their folder goes with them."""
    if _running is not None:
        _running.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Puts back what migrations create whenever the database has been emptied after a test that commits.

    pytest-django runs such tests last, but a worker that is done takes others' tests after them.
    """
    models = [apps.get_model(name) for name in MIGRATED]
    with django_db_blocker.unblock():
        rows = [row for model in models for row in model._default_manager.all()]
        saved = serializers.serialize("json", rows, use_natural_foreign_keys=True)
    last = [each for each in apps.get_app_configs() if each.models_module is not None][-1]

    def restore(**_: object) -> None:
        for row in serializers.deserialize("json", saved):
            row.save()

    post_migrate.connect(restore, sender=last)
    yield
    post_migrate.disconnect(restore, sender=last)


@pytest.fixture
def redis_clean() -> Iterator[Redis]:
    """A client of an empty Redis, which is empty again afterwards."""
    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def rate_limits(settings: Settings, redis_clean: Redis) -> None:
    """Requests are counted, and none has been yet."""
    settings.TACHI_RATE_LIMITS = True
