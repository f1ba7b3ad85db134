"""The account of the embedded servers, and the folders that it can enter.

PostgreSQL refuses to run as root. Started by root, the servers switch to an ordinary account that already exists.
No account is created, and no permissions outside the data folder are changed.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """A user account of this machine."""

    name: str
    uid: int
    gid: int


def for_servers(postgres_folder: Path) -> Account | None:
    """Returns the account for the servers; None for our own. For root: the data's owner, or `postgres`, or `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        # PostgreSQL refuses to start on data that another account owns.
        owner = postgres_folder.stat().st_uid
    except FileNotFoundError:
        owner = 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("postgres")
    except KeyError:
        if owner:
            raise
        entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(account: Account | None, path: Path) -> bool:
    """Returns whether `account` may enter this folder or run this file, by asking the kernel, not the mode bits."""
    if account is None:
        return os.access(path, os.X_OK)
    # The test runs under that account, so that the kernel also applies ACLs and mount options.
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return done.returncode == 0


def find_unreachable(account: Account | None, path: Path) -> Path | None:
    """Returns the outermost existing folder of `path` that `account` may not enter; None if it may enter all."""
    for folder in reversed([path, *path.parents]):
        if folder.exists() and not can_reach(account, folder):
            return folder
    return None


def create_owned_folder(path: Path, *, account: Account | None, mode: int) -> None:
    """Creates a folder if it does not exist, and sets its owner and mode."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if account is not None:
        os.chown(path, account.uid, account.gid)
