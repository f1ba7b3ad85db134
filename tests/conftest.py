"""A PostgreSQL and a Redis of this test run's own, unless DATABASE_URL and REDIS_URL name some.

They start once the tests are collected, and not at all for tests that are pure. They end with the test run, even one
that is killed. Django reads its settings after this module has been imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from redis import Redis

os.environ["TACHI_ENV"] = "test"  # before env.py is imported: then it leaves .env alone
os.environ["DJANGO_SETTINGS_MODULE"] = "tachi_imports.settings"

from tachi_imports import services
from tachi_imports.layout import Layout

PURE = ("games", "formats")  # folders whose tests need no database
HERE = Path(__file__).parent

_missing = services.to_embed()
_folder = services.temporary_folder()
_running: services.Running | None = None
os.environ["DATA_DIR"] = str(_folder)
if "postgres" in _missing:
    os.environ["DATABASE_URL"] = Layout(_folder).database_url
if "valkey" in _missing:
    os.environ["REDIS_URL"] = Layout(_folder).redis_url
django.setup()  # pytest-django does not: it looks for settings before this module is imported


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the servers as soon as a test may need them."""
    global _running  # noqa: PLW0603 - pytest has no better place for it
    pure = all(HERE in item.path.parents and item.path.relative_to(HERE).parts[0] in PURE for item in session.items)
    if _missing and _running is None and not pure and not session.config.option.collectonly:
        _running = services.start(_folder, servers=_missing, durable=False, throw_away=True)


def pytest_unconfigure() -> None:
    """Stops the servers; their folder goes with them."""
    if _running is not None:
        _running.stop()


@pytest.fixture
def redis_clean() -> Iterator[Redis]:
    """A client of an empty Redis, which is empty again afterwards."""
    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
