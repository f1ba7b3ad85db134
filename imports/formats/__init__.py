"""The formats: modules that turn an upload's bytes into rows, and a row into a draft. No database access.

    base                the declaration of a format
    batch_manual        file/batch-manual and ir/direct-manual; their rows are in batch_manual_rows
    manual_classes      file/import-class, which the API builds from classes that a player sets manually
    files               the other file formats, one module each
    hooks               the requests that games and their tools send, one module per hook
    parsing             CSV, XML, numbers and dates as Tachi reads them
    lookup              finds the chart of a row; match_keys builds the strings by which charts are found
    kept_rows           stored rows that are read again: orphans, and rows on a chart chosen by the player
    text, json_document the only text decoder, and JSON that is read one part at a time
    schema              checks with Tachi's error messages; shape_errors has those of score meta

Nothing here uses Django, a database or a request, and no format imports another. How to add a format:
docs/adding-a-format.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from imports.formats import batch_manual, manual_classes
from imports.formats.base import Format
from imports.formats.files import (
    iidx_csv,
    mypagescraper,
    sdvx_csv,
    solid_state_squad,
    tachi_imports_export,
    tachi_scores,
)
from imports.formats.hooks import barbatos, beatoraja, fervidex, kshook, lr2hook, usc

FORMATS: tuple[Format, ...] = (
    iidx_csv.FILE,
    batch_manual.FILE,
    solid_state_squad.FILE,
    iidx_csv.PLI_FILE,
    sdvx_csv.FILE,
    mypagescraper.RECORDS_FILE,
    mypagescraper.PLAYER_FILE,
    manual_classes.IMPORT,
    batch_manual.DIRECT,
    barbatos.SCORE,
    fervidex.SCORE,
    fervidex.STATIC,
    beatoraja.HOOK,
    usc.HOOK,
    kshook.SCORE,
    kshook.STATIC,
    lr2hook.HOOK,
    tachi_scores.FILE,
    tachi_imports_export.FILE,
)
"""Every format: first Tachi's, in the order in which its messages list them, then our own."""

BY_IMPORT_TYPE: dict[str, Format] = {each.import_type: each for each in FORMATS}


def recognize(data: bytes, formats: Iterable[Format] | None = None) -> Format | None:
    """Returns the format that a file's content matches, of these formats (by default all); None if there is none."""
    found = [each for each in formats or FORMATS if each.is_file and each.recognizes(data)]
    # BATCH-MANUAL recognizes every JSON object, so that a faulty document gets its messages: it comes last.
    return next((each for each in found if each is not batch_manual.FILE), found[0] if found else None)
