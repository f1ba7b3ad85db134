"""script/checks.py: runs all static checks in parallel and shows their failures."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tachi_imports import env


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    spec = spec_from_file_location("checks", env.BASE_DIR / "script" / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["checks"] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_failed_check_is_reported_with_its_output(
    checks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(name: str, *, status: int) -> object:
        return checks.Check(name, ["sh", "-c", f"echo {name} says this; exit {status}"])

    failed = checks.run([check("first", status=1), check("second", status=0), check("third", status=2)], tmp_path)

    said = capsys.readouterr().out
    assert sorted(failed) == ["first", "third"]
    assert [word in said for word in ("first says this", "second says this", "third says this")] == [True, False, True]
    assert "== second: passed" in said


def test_a_failed_check_ends_the_script_with_an_error(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "checks", lambda _: [checks.Check("lint", ["false"]), checks.Check("types", ["true"])])
    with pytest.raises(SystemExit, match=r"script/test: lint failed\."):
        checks.main()
    monkeypatch.setattr(checks, "checks", lambda _: [checks.Check("types", ["true"])])
    checks.main()


def test_checks_do_not_inherit_the_urls_of_the_servers(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@there/scores")
    assert (
        checks.run(
            [checks.Check("none", ["sh", "-c", 'test -z "$DATABASE_URL" && test "$MINE" = 1'], {"MINE": "1"})], tmp_path
        )
        == []
    )


def test_tools_are_found_beside_the_python_that_runs_the_checks(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # no environment is active
    assert checks.run([checks.Check("lint", ["ruff", "--version"])], tmp_path) == []
