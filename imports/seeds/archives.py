"""Takes the seed files out of an archive, which may be anyone's.

Only members that are called like seed files are taken out, under that name alone; how many members and bytes there may
be is bounded, whatever the archive says of itself.
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

BLOCK = 1 << 16  # bytes that are copied at once
FOLDER_NAMES = ("seeds", "collections")
"""What the original calls the folder. That of 2026 first: beside it, that of 2025 would bring nothing."""

BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError),
    *(struct.error, ValueError, IndexError, OverflowError),  # names, sizes and times that are none
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may be at most. Seconds are those of a whole download; `silence` is between two bytes."""

    download: int = 256_000_000  # bytes
    unpacked: int = 1_000_000_000  # bytes
    members: int = 50_000
    seconds: float = 300
    silence: float = 30


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive. `read` gives its content, as a stream."""

    name: str
    is_file: bool
    read: Callable[[], IO[bytes] | None]


class ArchiveTooLarge(Exception):
    """The archive is larger, or stranger, than one of seeds would be."""


def unpack(archive: Path, folder: Path, *, said: str, limits: Limits) -> None:
    """Takes the seed files out. The archive is gone through twice: first for the names, then for their content.

    Raises SeedsBroken, in which the archive is called as `said`.
    """
    try:
        with closing(members_of(archive, limits)) as found:
            names = [member.name for member in found if is_seed_file(member)]
        if not names:
            raise SeedsBroken.of(said, NOTHING_TO_LOAD)
        chosen = choose_folder({PurePosixPath(name).parent for name in names}, said=said)
        with closing(members_of(archive, limits)) as found:
            take_out((member for member in found if is_seed_file(member)), folder, chosen=chosen, limits=limits)
    except ArchiveTooLarge as much:
        raise SeedsBroken.of(said, str(much)) from None
    except RuntimeError:  # zipfile's word for it
        raise SeedsBroken.of(said, "is encrypted") from None
    except BROKEN as error:
        raise SeedsBroken.of(said, f"is neither a whole .tar.gz nor a whole .zip file ({error})") from None


def members_of(archive: Path, limits: Limits) -> Generator[Member, None, None]:
    """Each member is to be read before the next is asked for. Raises ArchiveTooLarge."""
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
    """What is skipped is unpacked as well, and so counts."""
    unpacked = 0
    with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as opened:
        for info in opened:
            unpacked += info.size
            if unpacked > limits.unpacked:
                raise ArchiveTooLarge(f"unpacks to more than {limits.unpacked:,} bytes")
            yield Member(info.name, info.isfile(), partial(opened.extractfile, info))


def is_seed_file(member: Member) -> bool:
    """Whether it is called like one. Raises ArchiveTooLarge where its place or kind is none for a file."""
    path = PurePosixPath(member.name.replace("\\", "/"))
    if NAME.fullmatch(path.name) is None and path.name != COURSES:
        return False
    if path.is_absolute() or ".." in path.parts:
        raise ArchiveTooLarge(f"holds {member.name}, which points out of it")
    if not member.is_file:
        raise ArchiveTooLarge(f"holds {member.name}, which is no file")
    return True


def take_out(members: Iterable[Member], folder: Path, *, chosen: PurePosixPath, limits: Limits) -> None:
    """Copies those that lie in the chosen folder of the archive. Raises ArchiveTooLarge."""
    left = limits.unpacked
    for member in members:
        path = PurePosixPath(member.name)
        if path.parent != chosen:
            continue
        target = folder / path.name
        if target.exists():
            raise ArchiveTooLarge(f"holds {member.name} twice")
        with target.open("wb") as file, member.read() or BytesIO() as content:
            left -= copy(content, file, most=left, words=f"unpacks to more than {limits.unpacked:,} bytes")


def choose_folder(folders: Iterable[PurePosixPath], *, said: str) -> PurePosixPath:
    """The top folder, or the only one, or the only one that is called as in the original. Raises SeedsBroken."""
    found = sorted(folders)
    if found[0] == PurePosixPath():
        return found[0]
    for choice in (found, *([folder for folder in found if folder.name == name] for name in FOLDER_NAMES)):
        if len(choice) == 1:
            return choice[0]
    raise SeedsBroken.of(said, f"holds seed files in several folders: {', '.join(map(str, found[:5]))}")


def copy(content: Any, file: IO[bytes], *, most: int, words: str, deadline: float | None = None) -> int:
    """Copies at most so many bytes; returns how many. Raises ArchiveTooLarge with these words."""
    copied = 0
    while block := content.read(BLOCK):
        copied += len(block)
        if copied > most:
            raise ArchiveTooLarge(words)
        # A server that sends a byte a minute never falls silent.
        if deadline is not None and time.monotonic() > deadline:
            raise ArchiveTooLarge("takes too long to download")
        file.write(block)
    return copied
