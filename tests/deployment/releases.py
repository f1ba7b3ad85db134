"""Builds releases of this working tree, in an operator's shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tachi_imports import env

OWN_PREFIXES = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DJANGO_", "TACHI_", "CI", "COVERAGE_", "PYTEST_", "PYTHON")
"""Prefixes of variables of the test run."""


def variables(**more: str) -> dict[str, str]:
    """An operator's shell."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN_PREFIXES)} | more


def run(*argv: str | Path, folder: Path, succeeds: bool = True, given: Mapping[str, str] | None = None) -> str:
    """What a command prints."""
    done = subprocess.run(argv, cwd=folder, env=variables(**(given or {})), capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
    return done.stdout + done.stderr


class Source:
    """A repository with this working tree, from which releases are built."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=env.BASE_DIR)
        for name in filter(None, listed.split("\0")):
            if (env.BASE_DIR / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(env.BASE_DIR / name, folder / name)
        run("git", "init", "--quiet", folder=folder)

    def build(self, version: str, **files: str) -> Path:
        """A release of this version, with these files added."""
        for name, content in ({"VERSION": f"{version}\n"} | files).items():
            (self._folder / name).write_text(content)
        run("git", "add", "--all", folder=self._folder)
        author = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
        run("git", *author, "commit", "--quiet", f"--message={version}", folder=self._folder)
        return self.build_again()

    def build_again(self) -> Path:
        """A release of the last commit."""
        script = self._folder / "script" / "build_release.py"
        made = run(sys.executable, script, "--archive-only", "--output", self._folder / "dist", folder=self._folder)
        return Path(made.strip())

    def commit(self) -> str:
        """The last commit."""
        return run("git", "rev-parse", "HEAD", folder=self._folder).strip()
