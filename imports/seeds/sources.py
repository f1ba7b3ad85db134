"""Opens a source of seeds: a folder, an archive, or the URL of an archive."""

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
DEPTH = 3  # levels of sub-folders that are searched

# Only http and https, so that no redirect leads to a file or to ftp.
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
    """Yields the folder with the seed files of a folder, of a .tar.gz or .zip file, or of an http(s) URL of one.

    They may be in a sub-folder. Unpacked files are deleted afterwards. Raises SeedsBroken.
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
        unpack(archive, folder, source=source, limits=limits)
        yield folder


def folder_in(folder: Path) -> Path:
    """Returns the folder itself if it has seed files, or if no sub-folder has; else the sub-folder that has."""
    if any(NAME.fullmatch(path.name) for path in folder.glob("*.json")):
        return folder
    patterns = ("*/" * depth + "*.json" for depth in range(1, DEPTH + 1))
    files = (path for pattern in patterns for path in folder.glob(pattern) if NAME.fullmatch(path.name))
    inner = {PurePosixPath(path.parent.relative_to(folder).as_posix()) for path in files}
    return folder / choose_folder(inner, source=str(folder)) if inner else folder


def download(address: str, target: Path, *, limits: Limits) -> None:
    """Downloads a file. Raises SeedsBroken for schemes other than http and https, and for all failures."""
    deadline = time.monotonic() + limits.seconds
    if not address.lower().startswith(("http://", "https://")):
        raise SeedsBroken.of(address, "is not an http or https URL")
    opener = OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    try:
        with opener.open(Request(address), timeout=limits.silence) as response, target.open("wb") as file:  # noqa: S310
            message = f"is larger than {limits.download:,} bytes"
            copy(response, file, max_bytes=limits.download, message=message, deadline=deadline)
    except ArchiveTooLarge as much:
        raise SeedsBroken.of(address, str(much)) from None
    except HTTPError as error:
        error.close()  # releases the connection
        raise SeedsBroken.of(address, f"cannot be downloaded (the server says {error.code} {error.reason})") from None
    except (OSError, HTTPException, ValueError) as error:
        raise SeedsBroken.of(address, f"cannot be downloaded ({getattr(error, 'reason', None) or error})") from None
