"""The formats: what turns an upload's bytes into rows, and a row into a draft. Pure.

    base                what a format is
    batch_manual        file/batch-manual and ir/direct-manual; batch_manual_rows their rows
    manual_classes      file/import-class, which the API makes of classes that a player gives by hand
    files               the other formats of files, one module a kind
    hooks               what games send by themselves, one module a hook
    parsing             CSV, XML, numbers and dates as the original reads them
    lookup              finds the chart that a row means; match_keys the strings by which it is found
    kept_rows           rows that are read once more: orphans, and those on a chart chosen by hand
    text, json_document the one decoder for text, and JSON a part at a time
    schema              checks that word violations as the original does; shape_errors those of score meta

Nothing here knows Django, a database or a request, and no format knows another. How to add one:
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
"""Every format, in the order in which the original's messages list them, and then our own."""

BY_IMPORT_TYPE: dict[str, Format] = {each.import_type: each for each in FORMATS}


def recognize(data: bytes, formats: Iterable[Format] | None = None) -> Format | None:
    """The format that a file is in, by its content; None if it looks like none of these (of all, by default)."""
    found = [each for each in formats or FORMATS if each.is_file and each.recognizes(data)]
    # To BATCH-MANUAL any object of JSON may be one of its own, meant as such and with a mistake in it.
    return next((each for each in found if each is not batch_manual.FILE), found[0] if found else None)
