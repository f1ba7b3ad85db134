"""Unpacks the seed files of an untrusted archive.

Only members with names of seed files are unpacked, without their folders. The numbers of members and bytes are limited,
independent of the sizes that the archive claims.
"""

from __future__ import annotations

import lzma
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from imports.seeds.files import COURSES, NAME, NOTHING_TO_LOAD
from imports.seeds.rows import SeedsBroken

BLOCK = 1 << 16  # bytes copied at once
FOLDER_NAMES = ("seeds", "collections")
"""Tachi's names of the folder. That of 2026 first: it makes that of 2025 unnecessary."""

BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError),
    *(struct.error, ValueError, IndexError, OverflowError),  # invalid names, sizes and times
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of an archive. `seconds`: of a whole download; `silence`: seconds between two bytes."""

    download: int = 256_000_000  # bytes
    unpacked: int = 1_000_000_000  # bytes
    members: int = 50_000
    seconds: float = 300
    silence: float = 30


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive. `read` returns its content as a stream."""

    name: str
    is_file: bool
    read: Callable[[], IO[bytes] | None]


class ArchiveTooLarge(Exception):
    """An archive exceeds a limit, or has a member that no archive of seeds has."""


def unpack(archive: Path, folder: Path, *, source: str, limits: Limits) -> None:
    """Unpacks the seed files into a folder. The archive is read twice: first for the names, then for the content.

    Raises SeedsBroken, in which the archive is named `source`.
    """
    try:
        with closing(members_of(archive, limits)) as found:
            names = [member.name for member in found if is_seed_file(member)]
        if not names:
            raise SeedsBroken.of(source, NOTHING_TO_LOAD)
        chosen = choose_folder({PurePosixPath(name).parent for name in names}, source=source)
        with closing(members_of(archive, limits)) as found:
            take_out((member for member in found if is_seed_file(member)), folder, chosen=chosen, limits=limits)
    except ArchiveTooLarge as much:
        raise SeedsBroken.of(source, str(much)) from None
    except RuntimeError:  # zipfile raises it for encrypted members
        raise SeedsBroken.of(source, "is encrypted") from None
    except BROKEN as error:
        raise SeedsBroken.of(source, f"is neither a whole .tar.gz nor a whole .zip file ({error})") from None


def members_of(archive: Path, limits: Limits) -> Generator[Member, None, None]:
    """Yields the members. Each must be read before the next is requested. Raises ArchiveTooLarge."""
    members = zip_members if zipfile.is_zipfile(archive) else tar_members
    with closing(members(archive, limits)) as found:
        for count, member in enumerate(found, 1):
            if count > limits.members:
                raise ArchiveTooLarge(f"holds more than {limits.members:,} files")
            yield member


def zip_members(archive: Path, _limits: Limits) -> Generator[Member, None, None]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            is_link = info.external_attr >> 16 & 0o170000 == 0o120000
            is_file = not info.filename.endswith("/") and not is_link
            yield Member(info.filename, is_file, partial(opened.open, info))


def tar_members(archive: Path, limits: Limits) -> Generator[Member, None, None]:
    """Yields the members. Skipped ones are decompressed, too, and so count. Raises ArchiveTooLarge."""
    unpacked = 0
    with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as opened:
        for info in opened:
            unpacked += info.size
            if unpacked > limits.unpacked:
                raise ArchiveTooLarge(f"unpacks to more than {limits.unpacked:,} bytes")
            yield Member(info.name, info.isfile(), partial(opened.extractfile, info))


def is_seed_file(member: Member) -> bool:
    """Returns whether a member has the name of a seed file. Raises ArchiveTooLarge for an invalid path or type."""
    path = PurePosixPath(member.name.replace("\\", "/"))
    if NAME.fullmatch(path.name) is None and path.name != COURSES:
        return False
    if path.is_absolute() or ".." in path.parts:
        raise ArchiveTooLarge(f"holds {member.name}, which points out of it")
    if not member.is_file:
        raise ArchiveTooLarge(f"holds {member.name}, which is not a file")
    return True


def take_out(members: Iterable[Member], folder: Path, *, chosen: PurePosixPath, limits: Limits) -> None:
    """Copies the members in the chosen folder of the archive. Raises ArchiveTooLarge."""
    left = limits.unpacked
    for member in members:
        path = PurePosixPath(member.name)
        if path.parent != chosen:
            continue
        target = folder / path.name
        if target.exists():
            raise ArchiveTooLarge(f"holds {member.name} twice")
        with target.open("wb") as file, member.read() or BytesIO() as content:
            left -= copy(content, file, max_bytes=left, message=f"unpacks to more than {limits.unpacked:,} bytes")


def choose_folder(folders: Iterable[PurePosixPath], *, source: str) -> PurePosixPath:
    """Returns the top folder, or the only one, or the only one with Tachi's name. Raises SeedsBroken."""
    found = sorted(folders)
    if found[0] == PurePosixPath():
        return found[0]
    for choice in (found, *([folder for folder in found if folder.name == name] for name in FOLDER_NAMES)):
        if len(choice) == 1:
            return choice[0]
    raise SeedsBroken.of(source, f"holds seed files in several folders: {', '.join(map(str, found[:5]))}")


def copy(content: Any, file: IO[bytes], *, max_bytes: int, message: str, deadline: float | None = None) -> int:
    """Copies `max_bytes` bytes at most and returns their number. Raises ArchiveTooLarge(message) if there are more."""
    copied = 0
    while block := content.read(BLOCK):
        copied += len(block)
        if copied > max_bytes:
            raise ArchiveTooLarge(message)
        # A server that sends a byte a minute would never exceed the socket timeout.
        if deadline is not None and time.monotonic() > deadline:
            raise ArchiveTooLarge("takes too long to download")
        file.write(block)
    return copied
