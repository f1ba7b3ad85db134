"""script/audit: every dependency is pinned exactly, and installed as pinned."""

from __future__ import annotations

import os
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


@pytest.mark.slow
def test_all_requirements_files_are_pinned_and_installed_as_pinned() -> None:
    for name in ("requirements.txt", "requirements-embedded.txt", "requirements-tracing.txt", "requirements-dev.txt"):
        assert audited(env.BASE_DIR / name) == (0, "all pinned, and installed as pinned.")


@pytest.mark.quick_rows(2)
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
def test_an_unpinned_or_wrong_requirement_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"# why\n-r other.txt\n{line}  # because\n")
    assert audited(path) == (1, said)


ANOTHER_PYTHON = """#!/bin/sh
case "$*" in *venv*) ;; *) exit 0;; esac
for last; do :; done
mkdir -p "$last/bin"
printf '#!/bin/sh\nexit 0\n' > "$last/bin/pip"
printf '#!/bin/sh\necho "nobody answers" >&2; exit 1\n' > "$last/bin/pip-audit"
chmod +x "$last/bin/pip" "$last/bin/pip-audit"
"""


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [([], 0, "Known vulnerabilities were not asked for"), (["--online"], 1, "nobody answers")],
)
def test_an_audit_without_the_online_service_fails_or_reports_the_omission(
    tmp_path: Path, options: list[str], status: int, said: str
) -> None:
    """Without the service --online fails; without --online it is said that nobody was asked."""
    python = tmp_path / "python"
    python.write_text(ANOTHER_PYTHON)
    python.chmod(0o755)

    done = subprocess.run(
        [env.BASE_DIR / "script" / "audit", *options],
        env=os.environ | {"PYTHON": str(python), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, said in done.stdout + done.stderr) == (status, True)


def test_requirements_of_other_platforms_need_not_be_installed(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text('nobody-has-this==1.0; sys_platform == "plan9"\n')
    assert audited(path)[0] == 0


def test_the_audit_names_the_missing_development_requirements(tmp_path: Path) -> None:
    """It has packaging, which a package of the service needs, but no tools."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$*" in *"import packaging"*) exit 0;; esac\nexit 1\n')
    python.chmod(0o755)
    done = subprocess.run(
        [env.BASE_DIR / "script" / "audit"],
        env=os.environ | {"PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("script/audit needs the tools of requirements-dev.txt")
    assert done.stderr.count("\n") == 1
