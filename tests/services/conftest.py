"""Data folders for real servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tachi_imports.embedded import services
from tests.services.data_folders import copy_migrated
from tests.services.process_inspection import kill_all, users_of


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for data folders that the account of the servers reaches; pytest's own is private."""
    place = services.temporary_folder()
    place.mkdir()
    place.chmod(0o711)
    yield place
    kill_all(users_of(place))
    subprocess.run(["rm", "-rf", place], check=True)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A data folder that has been used before, to copy: making one takes PostgreSQL half a second."""
    place = services.temporary_folder()
    services.start(place, durable=False).stop()
    yield place
    subprocess.run(["rm", "-rf", place], check=True)


@pytest.fixture
def data(folder: Path, made: Path) -> Path:
    """A data folder that has been used before."""
    subprocess.run(["cp", "-a", made, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture
def migrated(folder: Path) -> Path:
    """A data folder whose database has all migrations: for tests that start an installation and do not test that."""
    copy_migrated(folder / "data")
    return folder / "data"
