"""script/fuzz runs from any folder, and names a missing package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tachi_imports import env

FUZZER = env.BASE_DIR / "script" / "fuzz_parts.py"


def test_the_fuzzer_names_its_missing_package(tmp_path: Path) -> None:
    program = f"import runpy, sys; sys.modules['atheris'] = None; runpy.run_path({str(FUZZER)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("script/fuzz needs atheris, which requirements-dev.txt installs")


@pytest.mark.slow
def test_the_fuzzer_runs_from_any_folder(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris runs on Linux on x86-64 only")
    argv: list[str | Path] = [sys.executable, "-P", FUZZER, "--seconds", "1", "--corpus", tmp_path / "corpus", "title"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert any((tmp_path / "corpus" / "title").iterdir())
