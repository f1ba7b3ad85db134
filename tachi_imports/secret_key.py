"""The key that signs sessions and forms."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from tachi_imports import env

MIN_LENGTH = 32  # characters


def find(data_dir: Path, *, required: bool) -> str:
    """Returns TACHI_SECRET_KEY, else a random key stored in the data folder. Raises SettingError if it is `required`.

    It is required with an external database: several hosts may use the database, and they must share the key.
    """
    given = env.secret("TACHI_SECRET_KEY")
    if given:
        if len(given) < MIN_LENGTH:
            raise env.SettingError("TACHI_SECRET_KEY", f"must have {MIN_LENGTH} characters or more.")
        return given
    if required:
        raise env.SettingError("TACHI_SECRET_KEY", "must be set when DATABASE_URL is: every host needs the same key.")
    path = data_dir / "secret-key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".secret-key-{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, secrets.token_urlsafe(50).encode("ascii"))
    os.close(descriptor)
    # The link fails if another process was faster; then that process's key is used.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text(encoding="ascii").strip()


def fallbacks() -> list[str]:
    """Returns TACHI_SECRET_KEY_FALLBACKS: earlier keys, or the next one. Their signatures are accepted; they sign
    nothing new. Keys in the variable are separated by commas, in a file by commas or line breaks."""
    keys = [key for key in re.split(r"[,\s]+", env.secret("TACHI_SECRET_KEY_FALLBACKS")) if key]
    if any(len(key) < MIN_LENGTH for key in keys):
        raise env.SettingError("TACHI_SECRET_KEY_FALLBACKS", f"must be keys of {MIN_LENGTH} characters or more.")
    return keys
