"""Failed imports whose file is of another kind than it was uploaded as, and the uploads that would read it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from imports.catalogue.format_names import format_name
from imports.formats import recognize
from imports.formats.base import Format
from imports.jobs import Upload
from imports.models import Import, ImportInput, State
from imports.pages.components.sources.file_kinds import file_formats
from imports.pages.core.display_names import game_name, get_input
from imports.pages.texts import upload_texts

MAX_READ_SIZE = 8 * 1024 * 1024  # bytes of a file that is read to show its lines or to recognize it


@dataclass(frozen=True, slots=True)
class UploadChoice:
    """A button that imports the file as another kind. Its form sends `value` as `field`, if there is one."""

    text: str
    field: str = ""
    value: str = ""


def stored_content(job: Import) -> bytes:
    """Returns the input of an import; empty if it is deleted or larger than `MAX_READ_SIZE`. One query."""
    sent = get_input(job)
    if sent is None or sent.size > MAX_READ_SIZE:
        return b""
    content = ImportInput.objects.filter(pk=job.pk).values_list("content", flat=True).first()
    return zlib.decompress(content) if content else b""


def other_format(job: Import, content: bytes) -> Format | None:
    """Returns the format that the file of a failed import looks like, unless that is the format of the import."""
    found = recognize(content, file_formats()) if content and job.state == State.FAILED else None
    return None if found is None or found.import_type == job.import_type else found


def upload_choices(job: Import, source: Format) -> Sequence[UploadChoice]:
    """Returns the ways to import the file in this format, one for each value of its form field; the likeliest first."""
    if not source.fields:
        return [UploadChoice(upload_texts.upload_as(format_name(source.import_type)))]
    [field] = source.fields
    sent = get_input(job)
    guess = field.guess(sent.file_name) if sent else ""
    first, *others = sorted(field.values, key=lambda value: value != guess)
    name = game_name(source.games[0], []) if len(source.games) == 1 else source.name
    return [
        UploadChoice(upload_texts.upload_as(f"{name} {first}"), field.name, first),
        *(UploadChoice(upload_texts.upload_as(value), field.name, value) for value in others),
    ]


def upload_as(job: Import, source: Format, content: bytes, *, value: str, client: str) -> Upload | None:
    """Returns the upload of the file in this format; None if `value` is not one of its form field."""
    if source.fields and value not in source.fields[0].values:
        return None
    sent = get_input(job)
    return Upload(
        content=content,
        import_type=source.import_type,
        file_name=sent.file_name if sent else "",
        fields={field.name: value for field in source.fields},
        user_intent=True,
        client=client,
    )
