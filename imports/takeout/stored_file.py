"""Files in the database: exports, which are written a part at a time, and what was uploaded."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from django.db.models import BinaryField
from django.db.models.functions import Substr

from imports.models import DataExport, DataExportPart, ImportInput

PART_BYTES = 1 << 18  # a statement that inserts it holds it several times
CHUNK_BYTES = 1 << 16  # bytes of an unpacked input at once
MAX_NAME_LENGTH = 150  # characters of a file's name


class PartWriter(io.RawIOBase):
    """What a ZIP is written to: it cannot be sought in, and holds one part in memory."""

    def __init__(self, export: DataExport) -> None:
        super().__init__()
        self.export = export
        self.size = 0  # bytes written so far
        self._number = 0
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile writes nothing but bytes
        self._buffer += data
        self.size += len(data)
        while len(self._buffer) >= PART_BYTES:
            self._save(PART_BYTES)
        return len(data)

    def finish(self) -> None:
        """Saves what is left."""
        if self._buffer:
            self._save(len(self._buffer))

    def _save(self, length: int) -> None:
        content = bytes(self._buffer[:length])
        DataExportPart.objects.create(export=self.export, number=self._number, content=content)
        del self._buffer[:length]
        self._number += 1


def parts_of(export: DataExport) -> Iterator[bytes]:
    """The bytes of a finished export, a part at a time."""
    numbers = DataExportPart.objects.filter(export=export).order_by("number")
    for number in numbers.values_list("number", flat=True).iterator():
        yield bytes(numbers.values_list("content", flat=True).get(number=number))


def uploaded(import_key: int) -> Iterator[bytes]:
    """The bytes of what was sent, a chunk at a time: neither what is stored nor what it unpacks to is held whole."""
    stored = ImportInput.objects.filter(job=import_key)
    unpacker = zlib.decompressobj()
    position = 1
    while not unpacker.eof:
        part = Substr("content", position, PART_BYTES, output_field=BinaryField())
        content = bytes(stored.values_list(part, flat=True).get())
        if not content:
            break
        position += len(content)
        while content:
            yield unpacker.decompress(content, CHUNK_BYTES)
            content = unpacker.unconsumed_tail
    yield unpacker.flush()


def safe_file_name(name: str) -> str:
    """A file's name without folders, and without characters that hide what it is."""
    last_part = re.split(r"[/\\]", name)[-1]
    printable = "".join(letter for letter in last_part if letter.isprintable())
    # The end is kept, as it says what kind of file it is.
    return printable[-MAX_NAME_LENGTH:].strip(". ") or "import"
