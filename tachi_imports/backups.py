"""Backups with pg_dump and pg_restore. The password is passed only through the environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tachi_imports.embedded import binaries
from tachi_imports.embedded.paths import DataPaths, ServicesError

INSTALL_FOLDERS = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")
"""Where Debian's and PostgreSQL's own packages install the programs of a major version."""
OLDEST_SERVER_FOR_EMBEDDED_TOOLS = 17
"""Older servers reject what pg_dump 18 writes: they do not know transaction_timeout."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PGSSLROOTCERT", "PGPASSFILE")


class BackupFailed(Exception):
    """A backup or restore failed; the message is that of PostgreSQL's program."""


@dataclass(frozen=True)
class BackupTools:
    """pg_dump and pg_restore: of the server's version if installed, else those of the embedded PostgreSQL."""

    folder: Path
    conninfo: str
    password: str

    @classmethod
    def find(cls, folder: Path | None = None) -> BackupTools:
        """Finds the tools for the database of this installation, in `folder` if one is given.

        Raises BackupFailed if there are none, or if the embedded ones do not fit the server.
        """
        paths = DataPaths(settings.DATA_DIR)
        try:
            programs = folder or _server_programs() or binaries.postgres_bin(copies=paths.binaries, account=None)
        except ServicesError as error:
            raise BackupFailed(str(error)) from None
        if not (programs / "pg_dump").exists():
            raise BackupFailed(f"There is no pg_dump in {programs}.")
        parts = conninfo_to_dict(settings.DATABASE_URL or paths.database_url)
        # All accounts of the machine can read a process's arguments, but only its own account its environment.
        password = str(parts.pop("password", "") or "")
        return cls(programs, make_conninfo("", **parts), password)

    def dump(self, path: Path) -> None:
        """Writes a snapshot of the whole database to a new file, or nothing. Raises BackupFailed."""
        if path.exists():
            raise BackupFailed(f"{path} is there already.")
        # Only a complete dump gets this name, and no other account can ever read it.
        draft = path.with_name(f".{path.name}.part")
        try:
            draft.unlink(missing_ok=True)
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
            self._run("pg_dump", [*options, f"--dbname={self.conninfo}"])
            draft.rename(path)
        except OSError as error:
            raise BackupFailed(f"{path} cannot be written ({error.strerror}).") from None
        finally:
            draft.unlink(missing_ok=True)

    def load(self, path: Path) -> None:
        """Restores a backup into an empty database, in one transaction. Raises BackupFailed."""
        if not path.is_file():
            raise BackupFailed(f"There is no file {path}.")
        # The tables belong to the account that restores them: the backup may come from another server.
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        self._run("pg_restore", [*options, f"--dbname={self.conninfo}", str(path)])

    def _run(self, program: str, arguments: Sequence[str]) -> None:
        # Without PGOPTIONS, PGSERVICE and the like of the operator's shell, which would change the connection.
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        if self.password:
            environment["PGPASSWORD"] = self.password
        done = subprocess.run(
            [self.folder / program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise BackupFailed(done.stderr.strip() or f"{program} failed.")


def _server_programs() -> Path | None:
    """Returns the folder with the programs of an external server's version; None if the embedded ones fit.

    Raises BackupFailed if there are none that fit.
    """
    if not settings.DATABASE_URL:
        return None
    major = server_major()
    # The server's own version first: pg_dump refuses servers newer than itself.
    for pattern in INSTALL_FOLDERS:
        folder = Path(pattern.format(major=major))
        if (folder / "pg_dump").exists():
            return folder
    if binaries.has_postgres() and OLDEST_SERVER_FOR_EMBEDDED_TOOLS <= major <= int(binaries.postgres_major()):
        return None
    raise BackupFailed(
        f"The server is PostgreSQL {major}, and its pg_dump and pg_restore are not installed here (Debian: "
        f"postgresql-client-{major}). Where they are elsewhere, name their folder with --programs."
    )


def server_major() -> int:
    """Returns the major version of the database server. Raises BackupFailed if it does not answer."""
    try:
        with connection.temporary_connection():
            return int(connection.pg_version) // 10_000  # type: ignore[attr-defined]  # django-stubs do not know it
    except OperationalError as error:
        raise BackupFailed(f"The database does not answer ({str(error).strip()}).") from None
