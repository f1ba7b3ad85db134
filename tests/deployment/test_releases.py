"""script/release, script/install and script/upgrade, as far as they go without installing packages."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import sys
import tarfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tachi_imports import env
from tests.deployment.releases import Source

SCRIPTS = env.BASE_DIR / "script"
ENTRY = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;]+)", re.MULTILINE)


def pinned(file: str) -> dict[str, str]:
    """The versions in a requirements file or a lock by name."""
    text = (env.BASE_DIR / file).read_text().lower()
    entries = ENTRY.finditer(re.sub(r"\[[a-z,]+\]", "", text))
    return {canonicalize_name(found["name"]): found["version"] for found in entries}


@pytest.mark.parametrize("name", ["requirements", "requirements-embedded"])
def test_every_requirement_is_locked_with_hashes(name: str) -> None:
    locked = pinned(f"{name}.lock")
    assert pinned(f"{name}.txt").items() <= locked.items(), "run script/lock"
    entries = re.split(r"\n(?=[a-z])", (env.BASE_DIR / f"{name}.lock").read_text())[1:]
    assert len(entries) == len(locked)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_both_locks_have_the_same_versions() -> None:
    assert pinned("requirements.lock").items() <= pinned("requirements-embedded.lock").items()


@pytest.mark.slow
def test_a_release_contains_the_operators_files_and_is_reproducible(tmp_path: Path) -> None:
    source = Source(tmp_path / "source")
    archive = source.build("9.0.0")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert archive.name == "tachi-imports-9.0.0.tar.gz"
    assert archive.with_name(f"{archive.name}.sha256").read_text() == f"{digest}  {archive.name}\n"

    with tarfile.open(archive) as found:
        names = {name.removeprefix("tachi-imports-9.0.0/") for name in found.getnames()}
        commit = found.extractfile("tachi-imports-9.0.0/COMMIT")
        assert commit is not None
        assert commit.read().decode().strip() == source.commit()
    assert {"VERSION", "manage.py", "requirements.lock", "script/install", "docs/deploy/Dockerfile"} <= names
    assert {"locale/ja/LC_MESSAGES/django.mo", "staticfiles/staticfiles.json"} <= names
    assert not [name for name in names if name.startswith(("tests", ".ci", "script/bench")) or "__pycache__" in name]

    archive.unlink()
    again = source.build_again()
    assert hashlib.sha256(again.read_bytes()).hexdigest() == digest


@pytest.mark.slow
def test_uncommitted_changes_prevent_a_release(tmp_path: Path) -> None:
    source = Source(tmp_path / "source")
    source.build("9.0.0")
    (tmp_path / "source" / "VERSION").write_text("9.0.1\n")
    done = subprocess.run(
        [sys.executable, tmp_path / "source" / "script" / "build_release.py", "--archive-only"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "not committed" in done.stderr) == (1, True)


def operate(script: str, prefix: Path, *arguments: str | Path) -> tuple[int, str]:
    argv = [SCRIPTS / script, *arguments, f"--prefix={prefix}", f"--settings={prefix / 'environment'}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A prefix with settings and no release."""
    (tmp_path / "data").mkdir()
    (tmp_path / "environment").write_text(f"# ours\nDATA_DIR='{tmp_path / 'data'}'\n")
    with tarfile.open(tmp_path / "strange.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "environment", "something/else")
    (tmp_path / "large").write_bytes(random.Random(1).randbytes(100_000))
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "large", "tachi-imports-0.9.0/large")
    whole = (tmp_path / "whole.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[:50_000])
    (tmp_path / "damaged.tar.gz").write_bytes(whole[:50_000] + bytes(100) + whole[50_100:])
    (tmp_path / "text.tar.gz").write_text("Not found")
    return tmp_path


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("install", [], "name a release"),
        ("install", ["--back"], "unrecognized arguments: --back"),
        ("upgrade", [], "name a release, or --back"),
        ("upgrade", ["--back"], "No previous release is installed"),
        ("upgrade", ["strange.tar.gz"], "script/install does that"),
        ("install", ["missing.tar.gz"], "There is no file"),
        ("install", ["strange.tar.gz"], "strange.tar.gz is not a release of Tachi Imports"),
        ("install", ["cut.tar.gz"], "cut.tar.gz cannot be unpacked"),
        ("install", ["text.tar.gz"], "text.tar.gz cannot be unpacked"),
        ("install", ["damaged.tar.gz"], "damaged.tar.gz cannot be unpacked"),
    ],
)
def test_failures_of_the_scripts_are_named(prefix: Path, script: str, arguments: list[str], said: str) -> None:
    code, message = operate(script, prefix, *(prefix / each if "." in each else each for each in arguments))
    assert (code != 0, said in message, "Traceback" in message) == (True, True, False), message
    assert not (prefix / "current").exists()


def test_a_prefix_that_cannot_be_written_is_named(prefix: Path) -> None:
    (prefix / "releases").write_text("a file where the folder should be")
    code, message = operate("install", prefix, prefix / "whole.tar.gz")
    assert (code, f"'{prefix / 'releases'}'" in message, "Traceback" in message) == (1, True, False), message


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("PORT=8000\n", "DATA_DIR must be set"),
        ("DATA_DIR=data\n", "to an absolute path"),
        ("DATA_DIR=/nonexistent/data\n", "does not exist"),
    ],
)
def test_unusable_settings_are_named(prefix: Path, settings: str | None, said: str) -> None:
    (prefix / "environment").unlink()
    if settings is not None:
        (prefix / "environment").write_text(settings)
    code, message = operate("install", prefix, prefix / "strange.tar.gz")
    assert (code, said in message) == (1, True), message


@pytest.mark.slow
def test_an_archive_with_another_digest_is_refused(prefix: Path) -> None:
    (prefix / "strange.tar.gz.sha256").write_text(f"{'0' * 64}  strange.tar.gz\n")
    code, message = operate("install", prefix, prefix / "strange.tar.gz")
    assert (code, "is not the file that strange.tar.gz.sha256 describes" in message) == (1, True)


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module script/releases.py."""
    spec = spec_from_file_location("releases", SCRIPTS / "releases.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "releases", module)  # where dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("system", "own", "expected"),
    [
        (True, True, "own"),  # a second installation must not migrate the database of the first
        (False, True, "own"),
        (True, False, "system"),
        (False, False, "own"),  # named in the message
    ],
)
def test_a_prefix_uses_its_own_settings_before_those_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, releases: Any, *, system: bool, own: bool, expected: str
) -> None:
    files = {"system": tmp_path / "etc", "own": tmp_path / "environment"}
    monkeypatch.setattr(releases, "SYSTEM_SETTINGS", files["system"])
    for name, exists in (("system", system), ("own", own)):
        if exists:
            files[name].touch()
    assert releases.Prefix(tmp_path).settings() == files[expected]


@pytest.mark.parametrize(("switch", "is_on"), [("on", True), ("TRUE", True), ("off", False), (None, False)])
def test_the_packages_of_tracing_are_installed_if_tracing_is_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, releases: Any, switch: str | None, *, is_on: bool
) -> None:
    """Otherwise a new release would not start with the settings of the former one."""
    commands: list[list[str]] = []
    monkeypatch.setattr(releases.Release, "_run", lambda _, argv: commands.append([str(part) for part in argv]))
    found = {} if switch is None else {"TACHI_TRACING": switch}

    releases.Release(tmp_path).install_packages(releases.Settings(found, tmp_path))

    installed = [argv[-1] for argv in commands if "install" in argv]
    assert installed == ["requirements-embedded.lock"] + ["requirements-tracing.txt"] * is_on
