"""Stored rows that are read again: orphans, and rows on a chart that the player chose. No database access.

A row on a chosen chart becomes a separate import. Most formats cannot name a chart directly, so the input of that
import is not a file of its format but a document of ours: the context, the rows as they were sent, and the chart ID of
each.
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
"""The field of an upload whose content is such a document. No form can send it."""

CHOSEN_FIELD = "chosen charts"
"""The field with the charts that a player chose for rows of a file: row -> chart ID, as JSON. No form can send it."""

UNREADABLE = "This row was kept by an earlier version and cannot be read any more."
SHARED = ("game", "playtype", "service", "version")
"""The members of every context; the others are its format's facts."""


class KeptRows(Struct, frozen=True):
    """`charts`: the chart ID of each row."""

    context: dict[str, Any]
    rows: list[Any]
    charts: list[str]


def encode(context: Mapping[str, Any], rows: Sequence[Any], charts: Sequence[str]) -> bytes:
    """Returns the document of rows on these charts."""
    return msgspec.json.encode(KeptRows(dict(context), list(rows), list(charts)))


def decode(document: bytes) -> KeptRows:
    """Reads a document. Raises ImportFailed if it is invalid."""
    try:
        return msgspec.json.decode(document, type=KeptRows)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ImportFailed("These rows cannot be read any more.") from None


def encode_chosen(charts: Mapping[int, str]) -> str:
    """Returns the value of `CHOSEN_FIELD` for these charts: row index -> chart ID."""
    return msgspec.json.encode({str(row): chart for row, chart in charts.items()}).decode()


def decode_chosen(text: str) -> dict[int, str]:
    """Returns row index -> chart ID. Raises ImportFailed for text that `encode_chosen` did not write."""
    try:
        return {int(row): chart for row, chart in msgspec.json.decode(text, type=dict[str, str]).items()}
    except (msgspec.DecodeError, ValueError):
        raise ImportFailed("The chosen charts cannot be read.") from None


def as_sent(row: Struct) -> Any:
    """`Format.as_sent` for rows that are structs: returns the row as JSON data, without absent members."""
    return msgspec.to_builtins(row)


def restorer(
    row_type: type[Struct], *, import_type: str, score_import_type: str = ""
) -> Callable[[Mapping[str, Any], Sequence[Any], ParseOptions], Parsed]:
    """Returns the `Format.restore` of a format whose rows are structs that `as_sent` writes."""
    return restorer_with(
        lambda row: msgspec.convert(row, row_type), import_type=import_type, score_import_type=score_import_type
    )


def restorer_with(
    read_row: Callable[[Any], Any], *, import_type: str, score_import_type: str = ""
) -> Callable[[Mapping[str, Any], Sequence[Any], ParseOptions], Parsed]:
    """Returns the `Format.restore` of a format. `read_row` may raise Violation or msgspec's ValidationError."""

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
