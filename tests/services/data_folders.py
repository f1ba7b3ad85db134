"""Copies of a migrated data folder. Starting PostgreSQL and running the migrations takes eight seconds."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tachi_imports import env
from tachi_imports.embedded import services


def copy_migrated(to: Path) -> None:
    """Fills `to`, a missing or empty folder, with a data folder whose database has all migrations."""
    subprocess.run(["cp", "-a", f"{_migrated()}/.", to], check=True)


@cache
def _migrated() -> Path:
    """Returns a migrated data folder, created once per worker process and removed at its end."""
    folder = services.temporary_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    running = services.start(folder, durable=False)
    try:
        settings = {"DATA_DIR": str(folder), "DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
        argv = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(argv, env=os.environ | settings | {"TACHI_ENV": "test"}, cwd=env.BASE_DIR, check=True)
    finally:
        running.stop()
    return folder
