"""Rows that were read once and are to be read again: those that wait, and those whose chart was chosen by hand. Pure.

A row is imported on a chosen chart as an import of its own. Most formats cannot express "on this chart", so the input
of that import is no file of its format but a document of ours: the context, the rows as they were sent, and a chart ID
for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats.base import Context, Parsed, ParseOptions
from imports.formats.schema import Violation

FIELD = "kept rows"
"""The field of an upload that says its content is such a document. No form can send it."""

CHOSEN_FIELD = "chosen charts"
"""The field that puts rows of a file on charts chosen by hand: row -> chart ID, as JSON. No form can send it."""

UNREADABLE = "This row was kept by an earlier version and cannot be read any more."
SHARED = ("game", "playtype", "service", "version")
"""The members that every context has; the others are its format's facts."""


class KeptRows(Struct, frozen=True):
    """`charts`: the ID of the chart that each row was played on."""

    context: dict[str, Any]
    rows: list[Any]
    charts: list[str]


def encode(context: Mapping[str, Any], rows: Sequence[Any], charts: Sequence[str]) -> bytes:
    """The document of rows on these charts."""
    return msgspec.json.encode(KeptRows(dict(context), list(rows), list(charts)))


def decode(document: bytes) -> KeptRows:
    """The rows of a document. Raises ImportFailed for what is none."""
    try:
        return msgspec.json.decode(document, type=KeptRows)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ImportFailed("These rows cannot be read any more.") from None


def encode_chosen(charts: Mapping[int, str]) -> str:
    """The charts that rows of a file were played on, as `CHOSEN_FIELD` holds them."""
    return msgspec.json.encode({str(row): chart for row, chart in charts.items()}).decode()


def decode_chosen(text: str) -> dict[int, str]:
    """Row -> chart ID. Raises ImportFailed for what `encode_chosen` did not write."""
    try:
        return {int(row): chart for row, chart in msgspec.json.decode(text, type=dict[str, str]).items()}
    except (msgspec.DecodeError, ValueError):
        raise ImportFailed("The chosen charts cannot be read.") from None


def as_sent(row: Struct) -> Any:
    """`Format.as_sent` of a format whose rows are structs: the row as JSON data, without members that were absent."""
    return msgspec.to_builtins(row)


def restorer(
    row_type: type[Struct], *, import_type: str, score_import_type: str = ""
) -> Callable[[Mapping[str, Any], Sequence[Any], ParseOptions], Parsed]:
    """`Format.restore` of a format whose rows are structs that `as_sent` writes."""
    return restorer_with(
        lambda row: msgspec.convert(row, row_type), import_type=import_type, score_import_type=score_import_type
    )


def restorer_with(
    read_row: Callable[[Any], Any], *, import_type: str, score_import_type: str = ""
) -> Callable[[Mapping[str, Any], Sequence[Any], ParseOptions], Parsed]:
    """`Format.restore` of a format whose rows are read by this, which raises Violation or msgspec's ValidationError."""

    def read(index: int, row: Any) -> Any:
        try:
            return read_row(row)
        except (msgspec.ValidationError, Violation):
            return RowProblem(index, ProblemType.INVALID, UNREADABLE, row)

    def restore(sent: Mapping[str, Any], rows: Sequence[Any], options: ParseOptions) -> Parsed:
        game = options.game(str(sent["game"]))
        name = sent.get("playtype")
        context = Context(
            game=game,
            playtype=game.playtypes[0] if name is None else game.by_name[name],
            import_type=import_type,
            score_import_type=score_import_type,
            service=sent["service"],
            version=sent.get("version"),
            is_mixed=name is None,
            facts={key: value for key, value in sent.items() if key not in SHARED},
        )
        return Parsed(context=context, rows=[read(index, row) for index, row in enumerate(rows)], received=options.now)

    return restore
