"""A temporary installation to run commands in, as an operator would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tachi_imports import env

SERVICES = {"DATABASE_URL", "REDIS_URL"}


def variables(data: Path, **more: str) -> dict[str, str]:
    """What the processes of an installation get to read; its servers are embedded unless `more` names others."""
    own = {name: value for name, value in os.environ.items() if name not in SERVICES}
    return (
        own
        | {"TACHI_ENV": "production", "TACHI_SECRET_KEY": "k" * 50, "TACHI_DEBUG": "off"}
        | {
            "TACHI_PUBLIC_URL": "https://scores.example.org",
            "DATA_DIR": str(data),
        }
        | more
    )


def manage(data: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py; what it writes is read."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        env=variables(data, **more),
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def done(data: Path, *arguments: str | Path, **more: str) -> str:
    """What a command that must succeed prints."""
    found = manage(data, *arguments, **more)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout
