"""Files in the database: exports, which are written in parts, and uploads."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from django.db.models import BinaryField
from django.db.models.functions import Substr

from imports.models import DataExport, DataExportPart, ImportInput

PART_BYTES = 1 << 18  # inserting a part needs several copies in memory
CHUNK_BYTES = 1 << 16  # bytes of a decompressed input at once
MAX_NAME_LENGTH = 150  # characters of a file's name


class PartWriter(io.RawIOBase):
    """The file that a ZIP is written to: it is not seekable, and has one part in memory."""

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
        """Saves the last part."""
        if self._buffer:
            self._save(len(self._buffer))

    def _save(self, length: int) -> None:
        content = bytes(self._buffer[:length])
        DataExportPart.objects.create(export=self.export, number=self._number, content=content)
        del self._buffer[:length]
        self._number += 1


def parts_of(export: DataExport) -> Iterator[bytes]:
    """Yields the bytes of a finished export, in parts."""
    numbers = DataExportPart.objects.filter(export=export).order_by("number")
    for number in numbers.values_list("number", flat=True).iterator():
        yield bytes(numbers.values_list("content", flat=True).get(number=number))


def uploaded(import_key: int) -> Iterator[bytes]:
    """Yields the decompressed bytes of an import's input in chunks, without loading the whole input into memory."""
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
    """Returns a file's name without folders and unprintable characters, cut to `MAX_NAME_LENGTH`."""
    last_part = re.split(r"[/\\]", name)[-1]
    printable = "".join(letter for letter in last_part if letter.isprintable())
    # The end is kept, as it has the file's extension.
    return printable[-MAX_NAME_LENGTH:].strip(". ") or "import"
