"""Where seeds come from: a folder, an archive, or the address of an archive. Gives the folder that holds the files.

Archives may be anyone's. Only members that are called like seed files are taken out, under that name alone, into a
temporary folder; how many members and bytes there may be is bounded, whatever the archive says of itself.
"""

from __future__ import annotations

import lzma
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from imports.seeds.files import NAME
from imports.seeds.rows import Problem, SeedsBroken

_BLOCK = 1 << 16
_DEPTH = 3  # folders below the named one that are looked into
_BROKEN = (
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


LIMITS = Limits()


@contextmanager
def opened(source: str, *, limits: Limits = LIMITS) -> Iterator[Path]:
    """The folder with the seed files of a folder, a .tar.gz or .zip file, or an http(s) address of one.

    They may lie in a sub-folder. What was unpacked goes afterwards. Raises SeedsBroken.
    """
    path = Path(source)
    if not _is_address(source) and not path.is_file():
        yield _below(path)
        return
    with TemporaryDirectory(prefix="seeds-") as made:
        folder, archive = Path(made) / "files", path
        if _is_address(source):
            archive = Path(made) / "archive"
            _download(source, archive, limits=limits)
        folder.mkdir()
        _unpack(archive, folder, said=source, limits=limits)
        yield folder


def _is_address(source: str) -> bool:
    return "://" in source


def _broken(source: str, message: str) -> SeedsBroken:
    return SeedsBroken([Problem(source, message)])


# --- folders ----------------------------------------------------------------------------------------


def _below(folder: Path) -> Path:
    """The folder itself if it holds seed files, or if nothing below it does; else the one below."""
    if any(NAME.fullmatch(path.name) for path in folder.glob("*.json")):
        return folder
    patterns = ("*/" * depth + "*.json" for depth in range(1, _DEPTH + 1))
    files = (path for pattern in patterns for path in folder.glob(pattern) if NAME.fullmatch(path.name))
    inner = {PurePosixPath(path.parent.relative_to(folder).as_posix()) for path in files}
    return folder / _one_of(inner, said=str(folder)) if inner else folder


def _one_of(folders: Iterable[PurePosixPath], *, said: str) -> PurePosixPath:
    """The top folder, or the only one, or the only one that is called `collections`. Raises SeedsBroken."""
    found = sorted(folders)
    named = [folder for folder in found if folder.name == "collections"]
    if found[0] == PurePosixPath():
        return found[0]
    for choice in (found, named):
        if len(choice) == 1:
            return choice[0]
    raise _broken(said, f"holds seed files in several folders: {', '.join(map(str, found[:5]))}")


# --- archives ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an archive. `read` gives its content, as a stream."""

    name: str
    is_file: bool
    read: Callable[[], IO[bytes] | None]


_Members = Generator[_Member, None, None]


def _unpack(archive: Path, folder: Path, *, said: str, limits: Limits) -> None:
    """Takes the seed files out. The archive is gone through twice: first for the names, then for their content."""
    members = _zip_members if zipfile.is_zipfile(archive) else _tar_members
    try:
        with closing(members(archive, limits)) as found:
            names = [member.name for member in _counted(found, limits) if _is_seeds(member)]
        if not names:
            raise _broken(said, "holds neither songs-<game>.json nor charts-<game>.json")
        chosen = _one_of({PurePosixPath(name).parent for name in names}, said=said)
        with closing(members(archive, limits)) as found:
            _take_out(found, folder, chosen=chosen, limits=limits)
    except _TooMuch as much:
        raise _broken(said, str(much)) from None
    except RuntimeError:  # zipfile's word for it
        raise _broken(said, "is encrypted") from None
    except _BROKEN as error:
        raise _broken(said, f"is neither a whole .tar.gz nor a whole .zip file ({error})") from None


class _TooMuch(Exception):
    """The archive is larger, or stranger, than one of seeds would be."""


def _counted(members: Iterator[_Member], limits: Limits) -> Iterator[_Member]:
    for count, member in enumerate(members, 1):
        if count > limits.members:
            raise _TooMuch(f"holds more than {limits.members:,} files")
        yield member


def _is_seeds(member: _Member) -> bool:
    """Whether a member is called like a seed file. Raises _TooMuch where its place or kind is none for a file."""
    path = PurePosixPath(member.name.replace("\\", "/"))
    if NAME.fullmatch(path.name) is None:
        return False
    if path.is_absolute() or ".." in path.parts:
        raise _TooMuch(f"holds {member.name}, which points out of it")
    if not member.is_file:
        raise _TooMuch(f"holds {member.name}, which is no file")
    return True


def _take_out(members: Iterator[_Member], folder: Path, *, chosen: PurePosixPath, limits: Limits) -> None:
    left = limits.unpacked
    for member in members:
        path = PurePosixPath(member.name)
        if not _is_seeds(member) or path.parent != chosen:
            continue
        target = folder / path.name
        if target.exists():
            raise _TooMuch(f"holds {member.name} twice")
        with target.open("wb") as file, member.read() or BytesIO() as content:
            left -= _copy(content, file, most=left, words=f"unpacks to more than {limits.unpacked:,} bytes")


def _copy(content: Any, file: IO[bytes], *, most: int, words: str, deadline: float | None = None) -> int:
    """Copies at most so many bytes; returns how many. Raises _TooMuch with these words."""
    copied = 0
    while block := content.read(_BLOCK):
        copied += len(block)
        if copied > most:
            raise _TooMuch(words)
        if deadline is not None and time.monotonic() > deadline:
            raise _TooMuch("takes too long to download")
        file.write(block)
    return copied


def _zip_members(archive: Path, _limits: Limits) -> _Members:
    with zipfile.ZipFile(archive) as opened_archive:
        for info in opened_archive.infolist():
            link = info.external_attr >> 16 & 0o170000 == 0o120000
            yield _Member(
                info.filename, not info.filename.endswith("/") and not link, partial(opened_archive.open, info)
            )


def _tar_members(archive: Path, limits: Limits) -> _Members:
    """Each member is to be read before the next is asked for. What is skipped is unpacked as well, and so counts."""
    unpacked = 0
    with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as opened_archive:
        for info in opened_archive:
            unpacked += info.size
            if unpacked > limits.unpacked:
                raise _TooMuch(f"unpacks to more than {limits.unpacked:,} bytes")
            yield _Member(info.name, info.isfile(), partial(opened_archive.extractfile, info))


# --- addresses --------------------------------------------------------------------------------------


def _download(address: str, target: Path, *, limits: Limits) -> None:
    """Raises SeedsBroken for anything but http and https, and for whatever goes wrong on the way."""
    deadline = time.monotonic() + limits.seconds
    if not address.lower().startswith(("http://", "https://")):
        raise _broken(address, "is no http or https address")
    try:
        with _opener().open(Request(address), timeout=limits.silence) as answer, target.open("wb") as file:  # noqa: S310
            words = f"is larger than {limits.download:,} bytes"
            _copy(answer, file, most=limits.download, words=words, deadline=deadline)
    except _TooMuch as much:
        raise _broken(address, str(much)) from None
    except HTTPError as error:
        error.close()  # it holds the connection
        raise _broken(address, f"cannot be downloaded (the server says {error.code} {error.reason})") from None
    except (OSError, HTTPException, ValueError) as error:
        raise _broken(address, f"cannot be downloaded ({getattr(error, 'reason', None) or error})") from None


def _opener() -> OpenerDirector:
    """Knows http and https and nothing else, so that no redirect leads to a file or to ftp."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
