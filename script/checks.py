"""Runs all static checks in parallel and shows the output of those that fail. Exits with status 1 if any does."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ["imports", "tachi_imports", "tests", "manage.py"]
MODULES += ["script/bench_parts", *(str(path) for path in (ROOT / "script").glob("*.py"))]
SERVERS = {"DATABASE_URL", "REDIS_URL"}  # not needed by any check


@dataclass(frozen=True)
class Check:
    name: str
    argv: Sequence[str | Path]
    variables: dict[str, str] = field(default_factory=dict)


def checks(scratch: str) -> list[Check]:
    """Returns all checks, the longest first, because it determines the total time. `scratch`: a folder for data."""
    manage = [sys.executable, "manage.py"]
    production = {  # production settings except for the data
        "DATA_DIR": scratch,
        "TACHI_ENV": "production",
        "TACHI_DEBUG": "off",
        "TACHI_PUBLIC_URL": "https://scores.example.org",
        "TACHI_PROXIES": "1",
        "TACHI_SECRET_KEY": secrets.token_urlsafe(50),
    }
    return [
        Check("mypy", ["mypy", *MODULES], {"TACHI_ENV": "test"}),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"], production),
        Check("deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        Check("dependencies", ["script/audit"]),
        Check("import borders", ["lint-imports"]),
        Check("templates", ["djlint", "templates", "--lint", "--quiet"]),
        Check("ruff", ["ruff", "check", "."]),
        Check("ruff format", ["ruff", "format", "--check", "."]),
    ]


def run(all_checks: Sequence[Check], folder: Path) -> list[str]:
    """Runs the checks and returns the names of those that failed. Their output is stored in `folder`."""
    ours = {name: value for name, value in os.environ.items() if name not in SERVERS}
    # The tools are in the environment of this Python, whether or not that is active.
    ours["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), ours.get("PATH", os.defpath)))
    running = {}
    for check in all_checks:
        with (folder / check.name).open("wb") as out:
            running[check.name] = subprocess.Popen(
                check.argv, cwd=ROOT, env=ours | check.variables, stdout=out, stderr=subprocess.STDOUT
            )
    begun, failed = time.monotonic(), []
    while running:
        for name in [name for name, process in running.items() if process.poll() is not None]:
            has_failed = running.pop(name).returncode != 0
            failed += [name] * has_failed
            print(
                f"== {name}: {'failed' if has_failed else 'passed'} after {time.monotonic() - begun:.0f} s", flush=True
            )
            if has_failed:
                print((folder / name).read_text("utf-8", errors="replace"), flush=True)
        time.sleep(0.1)
    return failed


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as output:
        failed = run(checks(scratch), Path(output))
    if failed:
        sys.exit(f"script/test: {', '.join(failed)} failed.")


if __name__ == "__main__":
    main()
