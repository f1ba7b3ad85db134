"""Where seeds come from: a folder, an archive, or the address of an archive. Gives the folder that holds the files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
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

from imports.seeds.archives import ArchiveTooLarge, Limits, choose_folder, copy, unpack
from imports.seeds.files import NAME
from imports.seeds.rows import SeedsBroken

LIMITS = Limits()
DEPTH = 3  # folders below the named one that are looked into

# Knows http and https and nothing else, so that no redirect leads to a file or to ftp.
HANDLERS = (
    ProxyHandler,
    HTTPHandler,
    HTTPSHandler,
    HTTPRedirectHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    UnknownHandler,
)


@contextmanager
def open_source(source: str, *, limits: Limits = LIMITS) -> Iterator[Path]:
    """The folder with the seed files of a folder, a .tar.gz or .zip file, or an http(s) address of one.

    They may lie in a sub-folder. What was unpacked goes afterwards. Raises SeedsBroken.
    """
    is_address, path = "://" in source, Path(source)
    if not is_address and not path.is_file():
        yield folder_in(path)
        return
    with TemporaryDirectory(prefix="seeds-") as made:
        folder, archive = Path(made) / "files", path
        if is_address:
            archive = Path(made) / "archive"
            download(source, archive, limits=limits)
        folder.mkdir()
        unpack(archive, folder, said=source, limits=limits)
        yield folder


def folder_in(folder: Path) -> Path:
    """The folder itself if it holds seed files, or if nothing below it does; else the one below."""
    if any(NAME.fullmatch(path.name) for path in folder.glob("*.json")):
        return folder
    patterns = ("*/" * depth + "*.json" for depth in range(1, DEPTH + 1))
    files = (path for pattern in patterns for path in folder.glob(pattern) if NAME.fullmatch(path.name))
    inner = {PurePosixPath(path.parent.relative_to(folder).as_posix()) for path in files}
    return folder / choose_folder(inner, said=str(folder)) if inner else folder


def download(address: str, target: Path, *, limits: Limits) -> None:
    """Raises SeedsBroken for anything but http and https, and for whatever goes wrong on the way."""
    deadline = time.monotonic() + limits.seconds
    if not address.lower().startswith(("http://", "https://")):
        raise SeedsBroken.of(address, "is no http or https address")
    opener = OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    try:
        with opener.open(Request(address), timeout=limits.silence) as answer, target.open("wb") as file:  # noqa: S310
            words = f"is larger than {limits.download:,} bytes"
            copy(answer, file, most=limits.download, words=words, deadline=deadline)
    except ArchiveTooLarge as much:
        raise SeedsBroken.of(address, str(much)) from None
    except HTTPError as error:
        error.close()  # it holds the connection
        raise SeedsBroken.of(address, f"cannot be downloaded (the server says {error.code} {error.reason})") from None
    except (OSError, HTTPException, ValueError) as error:
        raise SeedsBroken.of(address, f"cannot be downloaded ({getattr(error, 'reason', None) or error})") from None
