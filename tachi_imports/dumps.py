"""Backups: PostgreSQL's own programs, told where the database is. The password goes by the environment alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tachi_imports import programs
from tachi_imports.layout import Layout, ServicesError

INSTALLED = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")
"""Where Debian's and PostgreSQL's own packages put the programs of a version."""
OLDEST_FOR_OURS = 17
"""What pg_dump 18 writes, servers before this refuse: they do not know transaction_timeout."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PGSSLROOTCERT", "PGPASSFILE")


class DumpFailed(Exception):
    """What PostgreSQL's program said."""


@dataclass(frozen=True)
class Tools:
    """pg_dump and pg_restore: of the server's own version where they are installed, else of the embedded PostgreSQL."""

    folder: Path
    conninfo: str
    password: str

    @classmethod
    def find(cls, folder: Path | None = None) -> Tools:
        """For the database of this installation; those in `folder` where one is named.

        Raises DumpFailed where there are no such programs, or the embedded ones do not fit the server.
        """
        layout = Layout(settings.DATA_DIR)
        try:
            found = folder or _of_server() or programs.postgres_folder(copies=layout.binaries, account=None)
        except ServicesError as error:
            raise DumpFailed(str(error)) from None
        if not (found / "pg_dump").exists():
            raise DumpFailed(f"There is no pg_dump in {found}.")
        parts = conninfo_to_dict(settings.DATABASE_URL or layout.database_url)
        password = str(parts.pop("password", "") or "")
        return cls(found, make_conninfo("", **parts), password)

    def dump(self, path: Path) -> None:
        """Writes everything there is at this moment, whole or not at all. Raises DumpFailed."""
        if path.exists():
            raise DumpFailed(f"{path} is there already.")
        draft = path.with_name(f".{path.name}.part")
        try:
            draft.unlink(missing_ok=True)
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
            self._run("pg_dump", [*options, f"--dbname={self.conninfo}"])
            draft.rename(path)
        except OSError as error:
            raise DumpFailed(f"{path} cannot be written ({error.strerror}).") from None
        finally:
            draft.unlink(missing_ok=True)

    def load(self, path: Path) -> None:
        """Brings a backup back into an empty database, whole or not at all. Raises DumpFailed."""
        if not path.is_file():
            raise DumpFailed(f"There is no file {path}.")
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        self._run("pg_restore", [*options, f"--dbname={self.conninfo}", str(path)])

    def _run(self, program: str, arguments: Sequence[str]) -> None:
        done = subprocess.run(
            [self.folder / program, *arguments],
            env=self._environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise DumpFailed(done.stderr.strip() or f"{program} failed.")

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        kept = {name: given[name] for name in INHERITED if name in given}
        return kept | ({"PGPASSWORD": self.password} if self.password else {})


def _of_server() -> Path | None:
    """The folder with the programs of an external server's version; None where the embedded ones do."""
    if not settings.DATABASE_URL:
        return None
    major = _server_major()
    for pattern in INSTALLED:
        folder = Path(pattern.format(major=major))
        if (folder / "pg_dump").exists():
            return folder
    if OLDEST_FOR_OURS <= major <= int(programs.postgres_major()):
        return None
    raise DumpFailed(
        f"The server is PostgreSQL {major}, and its pg_dump and pg_restore are not installed here (Debian: "
        f"postgresql-client-{major}). Where they are elsewhere, name their folder with --programs."
    )


def _server_major() -> int:
    try:
        with connection.temporary_connection():
            return int(connection.pg_version) // 10_000  # type: ignore[attr-defined]  # django-stubs do not know it
    except OperationalError as error:
        raise DumpFailed(f"The database does not answer ({str(error).strip()}).") from None
