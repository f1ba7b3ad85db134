"""The ZIP of an export, read without trusting it: what it claims is checked before anything is unpacked. Pure."""

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
ENTRY = b"PK\x01\x02"  # begins an entry of the directory, at a ZIP's end

MAX_MEMBERS = 50_000
MAX_UNPACKED = 128 << 20  # bytes of all members that one import reads
MAX_ABOUT = 64 << 10  # bytes
MAX_RATIO = 100  # a member's bytes to its compressed bytes: JSON of ours has ten to twenty
SMALL = 64 << 10  # bytes of a member that may have any ratio
QUICK = 1  # the compression of what is made while somebody waits
UNPACKABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
MAX_NAME = 200  # characters of a player's or an instance's name

NO_ZIP = "This is no ZIP, or only a part of one: download the export again."
NOT_OURS = f"This ZIP is no export of Tachi Imports: it has no {ABOUT}."


class About(Struct):
    """What `export.json` says."""

    format: str
    version: int
    instance: str = ""
    username: str = ""
    user_id: int | None = field(name="userID", default=None)
    time: float = 0


class ExportArchive:
    """An export. Raises ImportFailed, status 400, for a ZIP that is none, or that no program of good will writes."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(SIGNATURE):
            raise ImportFailed(NO_ZIP)
        # Before the directory is read, which takes time and memory for each entry.
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
        for entry in entries:
            _refuse_path(entry)
        folder = _folder_of(entries)
        self._entries: dict[str, ZipInfo] = {}
        for entry in entries:
            name = entry.filename.removeprefix(folder)
            if name in self._entries:
                raise ImportFailed(cut(f"This ZIP has two files with the name {storable(name)}."))
            self._entries[name] = entry
        self.about = self._read_about()

    def names(self, folder: str) -> list[str]:
        """The JSON files in a folder, in the order of their names."""
        return sorted(name for name in self._entries if posixpath.dirname(name) == folder and name.endswith(".json"))

    def read(self, name: str, *, most: int = MAX_UNPACKED) -> bytes | None:
        """A file's bytes, None where there is no such file. Together they may not be more than `MAX_UNPACKED`."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        self._admit(name, entry, most=most)
        try:
            return self._zip.read(entry)
        except UNPACKABLE:
            raise ImportFailed(f"{name} cannot be unpacked: download the export again.") from None

    def part(self, names: Iterable[str]) -> bytes:
        """A ZIP of these of its files, as far as it has them. Never holds a whole one unpacked.

        Together these may not be more than `MAX_UNPACKED`, whatever was read before.
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

    def _admit(self, name: str, entry: ZipInfo, *, most: int = MAX_UNPACKED) -> None:
        """Raises ImportFailed for what is not to be unpacked."""
        if entry.flag_bits & 0x1:
            raise ImportFailed(f"{name} is encrypted. Pack the export again without a password.")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ImportFailed(f"{name} is packed in a way that is not read here. Pack it again as an ordinary ZIP.")
        if entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            raise ImportFailed(f"{name} unpacks to over {MAX_RATIO} times its size, which no export does.")
        # What the directory claims: zipfile unpacks no more than that, and checks that it is that much.
        self._unpacked += entry.file_size
        if entry.file_size > most or self._unpacked > MAX_UNPACKED:
            raise ImportFailed(
                f"Unpacked, {name} is too large: an import reads at most {MAX_UNPACKED >> 20} MB of an export. "
                "Upload the files in its folder batch-manual instead."
            )

    def _read_about(self) -> About:
        content = self.read(ABOUT, most=MAX_ABOUT)
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
    """A ZIP of these files, the same for the same files."""
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
        for name, content in dict(files).items():
            with archive.open(name, "w") as file:
                file.write(content)
    return written.getvalue()


def _name(text: str) -> str:
    return str(storable(text))[:MAX_NAME]


def _folder_of(entries: Iterable[ZipInfo]) -> str:
    """The folder of `export.json`: "", or that of a ZIP whose files were packed again with theirs."""
    names = [entry.filename for entry in entries if posixpath.basename(entry.filename) == ABOUT]
    nearest = min(names, key=lambda name: (name.count("/"), name), default="")
    return nearest.removesuffix(ABOUT) if nearest.count("/") == 1 else ""


def _refuse_path(entry: ZipInfo) -> None:
    """Nothing is ever unpacked into a file; but a ZIP with such names is not from an export."""
    name = entry.orig_filename
    if name.startswith(("/", "\\")) or "\0" in name or ":" in name[:2] or ".." in name.replace("\\", "/").split("/"):
        raise ImportFailed(cut(f"This ZIP has a file with a path that no export has: {storable(name)}."))
