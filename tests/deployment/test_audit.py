"""script/audit: every dependency is pinned exactly, and installed as pinned."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tachi_imports import env

AUDIT = env.BASE_DIR / "script" / "audit_parts.py"
DJANGO = version("Django")


def audited(path: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, AUDIT, path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.removeprefix(f"{path}: ").strip()


def test_our_own_are_in_order() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert audited(env.BASE_DIR / name) == (0, "all pinned, and installed as pinned.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Django>=5", "Django>=5 is not pinned exactly"),
        ("Django", "Django is not pinned exactly"),
        ("Django==5.*", "Django==5.* is not pinned exactly"),
        ("Django==1.0", f"Django==1.0 is installed as {DJANGO}"),
        ("nobody-has-this==1.0", "nobody-has-this==1.0 is installed as nothing"),
    ],
)
def test_what_is_not_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"# why\n-r other.txt\n{line}  # because\n")
    assert audited(path) == (1, said)


def test_what_another_machine_needs_is_not_missed_here(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text('nobody-has-this==1.0; sys_platform == "plan9"\n')
    assert audited(path)[0] == 0
