"""The formats: what turns an upload's bytes into rows, and a row into a draft. Pure.

    base                what a format is
    batch_manual        file/batch-manual and ir/direct-manual; batch_manual_rows their rows
    lookup              finds the chart that a row means
    text, json_document the one decoder for text, and JSON a part at a time
    schema              checks that word violations as the original does; shape_errors those of score meta

Nothing here knows Django, a database or a request, and no format knows another. How to add one:
docs/adding-a-format.md.
"""

from __future__ import annotations

from imports.formats import batch_manual
from imports.formats.base import Format

FORMATS: tuple[Format, ...] = (
    batch_manual.FILE,
    batch_manual.DIRECT,
)
"""Every format, in the order they are listed."""

BY_IMPORT_TYPE: dict[str, Format] = {each.import_type: each for each in FORMATS}
