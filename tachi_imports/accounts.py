"""Which account runs the embedded servers, and what it can reach.

PostgreSQL refuses to run as root. Started by root, the servers drop to an ordinary account that exists already;
none is made, and no folder outside the data folder is opened for it.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int


def for_servers(postgres_folder: Path) -> Account | None:
    """None: whoever we are. For root: the owner of the data if there is data, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        owner = postgres_folder.stat().st_uid
    except FileNotFoundError:
        owner = 0
    entry = pwd.getpwuid(owner) if owner else _ordinary_account()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _ordinary_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def reaches(account: Account | None, path: Path) -> bool:
    """Whether `account` may enter this folder, or run this file. The system is asked: mode bits are not all."""
    if account is None:
        return os.access(path, os.X_OK)
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return done.returncode == 0


def hidden_part(account: Account | None, path: Path) -> Path | None:
    """The outermost existing folder on the way to `path` that `account` may not enter; None when it may enter all."""
    for folder in reversed([path, *path.parents]):
        if folder.exists() and not reaches(account, folder):
            return folder
    return None


def own(path: Path, *, account: Account | None, mode: int) -> None:
    """Makes a folder if need be, and gives it this owner and mode."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if account is not None:
        os.chown(path, account.uid, account.gid)
