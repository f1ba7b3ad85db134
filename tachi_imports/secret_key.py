"""The key that signs sessions and forms."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from tachi_imports import env


def find(data_dir: Path, *, required: bool) -> str:
    """TACHI_SECRET_KEY, or else a random one kept in the data folder; stops the process when one is `required`.

    One is required with an external database: then there may be several hosts, and they must share it.
    """
    given = env.secret("TACHI_SECRET_KEY")
    if given:
        if len(given) < 32:
            raise env.SettingError("TACHI_SECRET_KEY", "must have 32 characters or more.")
        return given
    if required:
        raise env.SettingError("TACHI_SECRET_KEY", "must be set when DATABASE_URL is: every host needs the same key.")
    return _kept_in(data_dir / "secret-key")


def _kept_in(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".secret-key-{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, secrets.token_urlsafe(50).encode("ascii"))
    os.close(descriptor)
    # A link fails when another process was first; then its key holds.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text(encoding="ascii").strip()
