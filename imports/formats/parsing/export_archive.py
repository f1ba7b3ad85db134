"""Reads the ZIP of an export without trusting it: its directory is checked before anything is unpacked."""

from __future__ import annotations

import io
import posixpath
import shutil
import zlib
from collections.abc import Iterable, Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import msgspec
from msgspec import Struct, field

from imports.errors import ImportFailed
from imports.formats.json_document import UNREADABLE
from imports.formats.text import cut, storable

FORMAT = "tachi-imports-export"
VERSION = 1
ABOUT = "export.json"
SIGNATURE = b"PK\x03\x04"
ENTRY = b"PK\x01\x02"  # the signature of an entry of the directory, at a ZIP's end

MAX_MEMBERS = 50_000
MAX_UNPACKED = 128 << 20  # bytes of all members that one import reads
MAX_ABOUT = 64 << 10  # bytes
MAX_RATIO = 100  # a member's bytes to its compressed bytes; our JSON has ten to twenty
SMALL = 64 << 10  # bytes; a member up to this size may have any ratio
QUICK = 1  # compression level of archives that are written during a request
UNPACKABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
MAX_NAME = 200  # characters of a player's or an instance's name

NO_ZIP = "This is no ZIP, or only a part of one: download the export again."
NOT_OURS = f"This ZIP is no export of Tachi Imports: it has no {ABOUT}."


class About(Struct):
    """The contents of `export.json`."""

    format: str
    version: int
    instance: str = ""
    username: str = ""
    user_id: int | None = field(name="userID", default=None)
    time: float = 0


class ExportArchive:
    """The ZIP of an export. Raises ImportFailed, status 400, for data that is no ZIP of an export, or a hostile one."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(SIGNATURE):
            raise ImportFailed(NO_ZIP)
        # Checked before the directory is read, which takes time and memory for each entry.
        if data.count(ENTRY) > MAX_MEMBERS:
            raise ImportFailed(
                f"This ZIP has more than {MAX_MEMBERS:,} files. Take the folders imports and replays out of it."
            )
        try:
            self._zip = ZipFile(io.BytesIO(data))
        except (BadZipFile, NotImplementedError, ValueError, OverflowError, OSError):
            raise ImportFailed(NO_ZIP) from None
        self._unpacked = 0
        entries = self._zip.infolist()
        for name in (entry.orig_filename for entry in entries):
            # Nothing is unpacked into files, but no export has such names.
            is_absolute = name.startswith(("/", "\\")) or ":" in name[:2]
            if is_absolute or "\0" in name or ".." in name.replace("\\", "/").split("/"):
                raise ImportFailed(cut(f"This ZIP has a file with a path that no export has: {storable(name)}."))
        # The folder of `export.json`: "", or the folder that an export was packed in again.
        names = [entry.filename for entry in entries if posixpath.basename(entry.filename) == ABOUT]
        nearest = min(names, key=lambda name: (name.count("/"), name), default="")
        folder = nearest.removesuffix(ABOUT) if nearest.count("/") == 1 else ""
        self._entries: dict[str, ZipInfo] = {}
        for entry in entries:
            name = entry.filename.removeprefix(folder)
            if name in self._entries:
                raise ImportFailed(cut(f"This ZIP has two files with the name {storable(name)}."))
            self._entries[name] = entry
        self.about = self._read_about()

    def names(self, folder: str) -> list[str]:
        """Returns the JSON files in a folder, sorted by name."""
        return sorted(name for name in self._entries if posixpath.dirname(name) == folder and name.endswith(".json"))

    def read(self, name: str, *, max_bytes: int = MAX_UNPACKED) -> bytes | None:
        """Returns a file's bytes, None if there is no such file. Raises ImportFailed above `MAX_UNPACKED` in total."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        self._admit(name, entry, max_bytes=max_bytes)
        try:
            return self._zip.read(entry)
        except UNPACKABLE:
            raise ImportFailed(f"{name} cannot be unpacked: download the export again.") from None

    def part(self, names: Iterable[str]) -> bytes:
        """Returns a ZIP of those of these files that it has, without unpacking a whole file into memory.

        Raises ImportFailed if they have more than `MAX_UNPACKED` bytes in total, not counting earlier reads.
        """
        self._unpacked = 0
        written = io.BytesIO()
        with ZipFile(written, "w", ZIP_DEFLATED, compresslevel=QUICK) as cut:
            for name in names:
                entry = self._entries.get(name)
                if entry is None:
                    continue
                self._admit(name, entry)
                try:
                    with self._zip.open(entry) as source, cut.open(name, "w") as target:
                        shutil.copyfileobj(source, target)
                except UNPACKABLE:
                    raise ImportFailed(f"{name} cannot be unpacked: download the export again.") from None
        return written.getvalue()

    def _admit(self, name: str, entry: ZipInfo, *, max_bytes: int = MAX_UNPACKED) -> None:
        """Raises ImportFailed for a file that must not be unpacked."""
        if entry.flag_bits & 0x1:
            raise ImportFailed(f"{name} is encrypted. Pack the export again without a password.")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ImportFailed(f"{name} is packed in a way that is not read here. Pack it again as an ordinary ZIP.")
        if entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            raise ImportFailed(f"{name} unpacks to over {MAX_RATIO} times its size, which no export does.")
        # The size in the directory: zipfile unpacks no more than that, and checks it.
        self._unpacked += entry.file_size
        if entry.file_size > max_bytes or self._unpacked > MAX_UNPACKED:
            raise ImportFailed(
                f"Unpacked, {name} is too large: an import reads at most {MAX_UNPACKED >> 20} MB of an export. "
                "Upload the files in its folder batch-manual instead."
            )

    def _read_about(self) -> About:
        content = self.read(ABOUT, max_bytes=MAX_ABOUT)
        if content is None:
            raise ImportFailed(NOT_OURS)
        try:
            about = msgspec.json.decode(content, type=About)
        except UNREADABLE:
            raise ImportFailed(NOT_OURS) from None
        if about.format != FORMAT:
            raise ImportFailed(NOT_OURS)
        if about.version != VERSION:
            raise ImportFailed(
                f"This export has version {about.version}, and this instance reads version {VERSION}. "
                "Bring both instances up to date."
            )
        about.username, about.instance = _name(about.username), _name(about.instance)
        return about


def write_archive(files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    """Returns a ZIP of these files, with equal bytes for equal files."""
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
        for name, content in dict(files).items():
            with archive.open(name, "w") as file:
                file.write(content)
    return written.getvalue()


def _name(text: str) -> str:
    return str(storable(text))[:MAX_NAME]
