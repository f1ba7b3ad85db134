"""BATCH-MANUAL: scores that people or programs write down themselves (spec: import-pipeline §3-§4).

Two import types share it: an uploaded file, and a request's body (DIRECT-MANUAL). Well-formed documents are read
straight into typed rows; anything else goes through exact checks that word the first violation as the original does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document, schema
from imports.formats.base import Catalogue, Context, Draft, Format, Key, Parsed, ParseOptions
from imports.formats.batch_manual_rows import Reader, Row, needs_a_closer_look, reader_of, string_or_nothing
from imports.formats.lookup import Refusal, key_of, resolve
from imports.formats.schema import ABSENT, Check, Violation
from imports.formats.text import is_too_deep, storable
from imports.games.spec import Game, Play, Playtype

T = TypeVar("T")

MAX_MESSAGE = 8_000
"""Characters of a message; one that quotes a longer value is cut."""

NO_GAME = "Could not retrieve meta.game - is this valid BATCH-MANUAL?"
NO_PLAYTYPE = "Could not retrieve meta.playtype - is this valid BATCH-MANUAL?"
NOT_AN_ARRAY = "Value was not an array."

MAX_SKIPPED = 100_000
"""Rows that `skip_invalid` leaves out of one import; a file with more of them is no list of scores."""

TOO_MANY_SKIPPED = f"More than {MAX_SKIPPED} scores are invalid. None was imported."

META = schema.strict_object(
    {
        "service": schema.length_between(3, 60),
        "game": schema.anything,  # judged by then
        "playtype": schema.anything,
        "version": string_or_nothing,
    }
)


class Document(Struct):
    """The parts of a document, not read yet."""

    meta: Raw | UnsetType = UNSET
    scores: Raw | UnsetType = UNSET
    classes: Raw | UnsetType = UNSET


class StrictDocument(Document, forbid_unknown_fields=True):
    """A document that has no other parts."""


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions, *, import_type: str, suffix: str) -> Parsed:
    """Reads a whole document. Raises ImportFailed, status 400, in the order of the specification's table."""
    try:
        return _parse(data, options, import_type=import_type, suffix=suffix)
    except Violation as violation:
        raise ImportFailed(_sentence(violation)) from None
    except json_document.UNREADABLE as error:
        marked = json_document.lone_surrogates_as_nul(data)
        if marked == data:
            raise json_document.invalid_json(data, error) from None
    return parse(marked, options, import_type=import_type, suffix=suffix)


def _parse(data: bytes, options: ParseOptions, *, import_type: str, suffix: str) -> Parsed:
    document = _open(data)
    sent = _value("meta", document.meta)
    game, playtype = _game_of(sent, options)
    meta = _checked("meta", META, sent)
    rows = _rows(document.scores, data, reader_of(playtype), skip_invalid=options.skip_invalid)
    classes = _classes(document.classes, playtype)
    _refuse_other_parts(document, data)
    if options.infer_time_achieved:
        _infer_time(rows, options.now)
    context = Context(
        game=game,
        playtype=playtype,
        import_type=import_type,
        service=meta["service"],
        score_service=f"{meta['service']} ({suffix})",
        version=meta.get("version") or None,
    )
    return Parsed(context=context, rows=rows, classes=classes)


def _sentence(violation: Violation) -> str:
    return _cut(f"Invalid BATCH-MANUAL: {violation}")


def _cut(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _open(data: bytes) -> Document:
    try:
        return msgspec.json.decode(data, type=StrictDocument)
    except msgspec.ValidationError:
        pass
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError:
        whole = msgspec.json.decode(data, type=Raw)
    if json_document.first_byte(whole) == b"[":
        raise ImportFailed(NO_GAME)
    word = schema.type_word(json_document.value_of(whole))
    raise ImportFailed(f"Invalid BATCH-MANUAL (Not an object, received {word}.)")


def _value(name: str, part: Raw | UnsetType) -> Any:
    if part is UNSET:
        return ABSENT
    try:
        return json_document.value_of(part)
    except Violation as violation:
        raise violation.under(f".{name}") from None


def _checked(name: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except Violation as violation:
        raise violation.under(f".{name}") from None


def _game_of(meta: Any, options: ParseOptions) -> tuple[Game, Playtype]:
    if not isinstance(meta, dict) or "game" not in meta:
        raise ImportFailed(NO_GAME)
    if "playtype" not in meta:
        raise ImportFailed(NO_PLAYTYPE)
    games = {game.slug: game for game in options.games}
    game = _chosen("game", meta["game"], games)
    return game, _chosen("playtype", meta["playtype"], game.by_name)


def _chosen(what: str, value: Any, known: Mapping[str, T]) -> T:
    found = known.get(value) if isinstance(value, str) else None
    if found is None:
        raise ImportFailed(_cut(f"Invalid {what} '{schema.written(value)}' - expected any of {', '.join(known)}."))
    return found


def _classes(part: Raw | UnsetType, playtype: Playtype) -> dict[str, str] | None:
    """The classes that were given, without those that are null. None where nothing at all is said of classes."""
    provided = (classes for classes in playtype.classes.values() if classes.is_provided)
    check = schema.strict_object({classes.name: schema.optional(schema.one_of(classes.ids)) for classes in provided})
    given = _checked("classes", schema.optional(check), _value("classes", part))
    return {name: id_ for name, id_ in given.items() if id_ is not None} if isinstance(given, dict) else None


def _refuse_other_parts(document: Document, data: bytes) -> None:
    if isinstance(document, StrictDocument):
        return
    parts = [part for part in (document.meta, document.scores, document.classes) if isinstance(part, Raw)]
    if len(data) - sum(map(json_document.size, parts)) > json_document.MAX_PART:
        raise Violation("Unexpected properties inside object.")
    names = msgspec.json.decode(data, type=dict[str, Raw])
    json_document.refuse_unstorable(dict.fromkeys(names))
    schema.refuse_unexpected(names, Document.__struct_fields__)


def _infer_time(rows: list[Any], now: int) -> None:
    if not rows:
        raise ImportFailed("Cannot use X-Infer-Score-TimeAchieved without a score in your import.")
    if len(rows) > 1:
        raise ImportFailed("Cannot use X-Infer-Score-TimeAchieved with multiple scores in your import.")
    row = rows[0]
    if isinstance(row, RowProblem):
        return
    if row.time_achieved:
        said = "Cannot use X-Infer-Score-Timestamp if the importing score already has a timeAchieved set."
        raise ImportFailed(said)
    row.time_achieved = now


# --- rows -----------------------------------------------------------------------------------------------


def _rows(part: Raw | UnsetType, data: bytes, reader: Reader, *, skip_invalid: bool) -> list[Any]:
    if not isinstance(part, Raw):
        raise Violation(NOT_AN_ARRAY, ABSENT, path=".scores")
    if json_document.first_byte(part) == b"{":
        raise Violation(NOT_AN_ARRAY, path=".scores")
    if json_document.first_byte(part) != b"[":
        raise Violation(NOT_AN_ARRAY, _value("scores", part), path=".scores")
    suspicious = json_document.may_hold_unstorable_text(data)
    rows = None if suspicious and b"\\u0000" in data else _typed_rows(part, reader)
    if rows is not None:
        return rows
    return list(_checked_rows(part, reader, suspicious=suspicious, skip_invalid=skip_invalid))


def _typed_rows(part: Raw, reader: Reader) -> list[Row] | None:
    """All rows at once where every one of them is surely valid, else None."""
    try:
        rows = reader.decoder.decode(part)
    except json_document.UNREADABLE:
        return None
    return None if any(map(needs_a_closer_look, rows)) else rows


def _checked_rows(part: Raw, reader: Reader, *, suspicious: bool, skip_invalid: bool) -> Iterator[Row | RowProblem]:
    """Row by row; a bad one is raised or, where such rows are to be skipped, yielded as a problem."""
    skipped = 0
    try:
        for index, value in enumerate(json_document.elements(part)):
            try:
                if suspicious:
                    json_document.refuse_unstorable(value)
                yield _row(value, reader)
            except Violation as violation:
                violation.under(f"[{index}]")
                if not skip_invalid or is_too_deep(value):
                    raise
                skipped += 1
                if skipped > MAX_SKIPPED:
                    raise ImportFailed(TOO_MANY_SKIPPED) from None
                yield _skipped(index, violation.under(".scores"), value)
    except Violation as violation:
        raise violation.under(".scores") from None


def _row(value: Any, reader: Reader) -> Row:
    """The quick way again, for this element alone: one bad row must not make all the good ones slow."""
    try:
        row = msgspec.convert(value, reader.row)
    except msgspec.ValidationError:
        return reader.check(value)
    return reader.check(value) if needs_a_closer_look(row) else row


def _skipped(index: int, violation: Violation, value: Any) -> RowProblem:
    return RowProblem(index, ProblemType.INVALID, _sentence(violation), storable(value))


def as_sent(row: Row) -> Any:
    """The row as JSON data; members that were absent are absent."""
    return msgspec.to_builtins(row)


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key | None:
    """What song or chart to load for a row."""
    return key_of(row, context)


def convert(row: Row, index: int, context: Context, catalogue: Catalogue) -> Draft | RowProblem:
    """A draft on the chart that the row means, or why there is none."""
    found = resolve(row, context, catalogue)
    if isinstance(found, Refusal):
        return RowProblem(index, found.type, found.message, as_sent(row))
    optional = row.hit_meta if row.optional is None or row.optional is UNSET else row.optional
    play = Play(reader_of(context.playtype).metrics_of(row), _plain(row.judgements), _plain(optional))
    return Draft(index, found, play, _plain(row.score_meta), row.comment or None, row.time_achieved or None)


def _plain(value: Any) -> dict[str, Any]:
    """An object's members that were sent, null ones too; none for null, nothing, and an empty list."""
    return msgspec.to_builtins(value) if value else {}


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """A file of just these rows."""
    meta = {name: value for name, value in context.items() if value is not None}
    return msgspec.json.encode({"meta": meta, "scores": rows})


def _format(import_type: str, *, name: str, suffix: str) -> Format:
    return Format(
        import_type=import_type,
        name=name,
        parse=partial(parse, import_type=import_type, suffix=suffix),
        key=key,
        convert=convert,
        as_sent=as_sent,
        document=document,
    )


FILE = _format("file/batch-manual", name="Batch-Manual file", suffix="BATCH-MANUAL")
DIRECT = _format("ir/direct-manual", name="Direct-Manual", suffix="DIRECT-MANUAL")
