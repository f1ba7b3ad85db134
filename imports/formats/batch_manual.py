"""BATCH-MANUAL: JSON documents written by players or their programs (spec: import-pipeline §3-§4).

Two import types share it: an uploaded file, and a request's body (DIRECT-MANUAL). Valid documents are decoded directly
into typed rows; all others go through exact checks, which report the first violation in Tachi's words.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document, schema
from imports.formats.base import (
    Catalogue,
    ChartReference,
    Context,
    Draft,
    Format,
    Key,
    Parsed,
    ParseOptions,
    Sample,
)
from imports.formats.batch_manual_rows import Reader, Row, needs_full_check, optional_string, plain, play_of, reader_of
from imports.formats.kept_rows import as_sent
from imports.formats.lookup import Refusal, key_of, resolve
from imports.formats.schema import ABSENT, Check, Violation
from imports.formats.skipped import cut_off_row, refuse_too_many
from imports.formats.text import cut, is_too_deep, storable, without_cut_character, without_mark
from imports.games import by_id
from imports.games.spec import Chart, Game, Playtype

T = TypeVar("T")


NO_GAME = "Could not retrieve meta.game - is this valid BATCH-MANUAL?"
NOTHING_BEHIND_MARK = "Invalid JSON. (Behind its byte order mark the file has no meta.game.)"
NOT_AN_ARRAY = "Value was not an array."

_OF_A_ROW = re.compile(r"Invalid BATCH-MANUAL: scores\[\d+\]")

META = schema.strict_object(
    {
        "service": schema.length_between(3, 60),
        "game": schema.anything,  # checked before
        "playtype": schema.anything,
        "version": optional_string,
    }
)


class Document(Struct):
    """The undecoded parts of a document."""

    meta: Raw | UnsetType = UNSET
    scores: Raw | UnsetType = UNSET
    classes: Raw | UnsetType = UNSET


class StrictDocument(Document, forbid_unknown_fields=True):
    """A document without any other parts."""


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions, *, import_type: str, suffix: str, is_file: bool) -> Parsed:
    """Reads a document. Raises ImportFailed, status 400, in the order of the specification's table."""
    read = partial(_parse, options=options, import_type=import_type, suffix=suffix)
    parsed, rest = _read(data, read, cut_off=is_file and options.skip_invalid)
    if rest is not None:
        text = without_cut_character(rest).decode(errors="replace")
        parsed.rows.append(cut_off_row(len(parsed.rows), text, is_row=text.startswith("{")))
    return parsed


def check_meta(data: bytes, options: ParseOptions, *, is_file: bool) -> None:
    """Raises the ImportFailed of `parse` if it is about the JSON, the document or its meta."""

    def check(data: bytes) -> None:
        sent = _value("meta", _open(data).meta)
        _game_of(sent, options)
        _checked("meta", META, sent)

    _read(data, check, cut_off=is_file and options.skip_invalid)


def _read(data: bytes, read: Callable[[bytes], T], *, cut_off: bool) -> tuple[T, bytes | None]:
    """Returns the result of `read` for a document, and None. Raises ImportFailed.

    With `cut_off`, a document that ends too early is read up to its last complete row; the bytes after it are returned
    instead of None.
    """
    unmarked = without_mark(data)
    try:
        return _read_as_sent(unmarked, read), None
    except ImportFailed as failure:
        ends_early = cut_off and failure.message == json_document.ENDS_TOO_EARLY
        if ends_early and (parts := json_document.without_cut_off_element(unmarked)):
            whole, rest = parts
            with contextlib.suppress(ImportFailed):  # e.g. without meta, which may have followed the rows
                return _read_as_sent(whole, read), rest
        # Tachi refuses a byte order mark as invalid JSON; we do so only if no BATCH-MANUAL document follows it.
        is_ours = len(unmarked) == len(data) or failure.message != NO_GAME
        raise (failure if is_ours else ImportFailed(NOTHING_BEHIND_MARK)) from None


def _read_as_sent(data: bytes, read: Callable[[bytes], T]) -> T:
    try:
        return read(data)
    except Violation as violation:
        raise ImportFailed(_sentence(violation)) from None
    except json_document.UNREADABLE as error:
        # JavaScript accepts a lone surrogate, msgspec does not: such a text is reported as one that cannot be stored.
        marked = json_document.lone_surrogates_as_nul(data)
        if marked == data:
            raise json_document.invalid_json(data, error) from None
    return _read_as_sent(marked, read)


def is_skippable(message: str) -> bool:
    """Returns whether a failure is about a row that `skip_invalid` would have skipped."""
    unskippable = (f"{json_document.TOO_DEEP}.", f"{json_document.TOO_LONG}.")
    return _OF_A_ROW.match(message) is not None and not message.endswith(unskippable)


def _parse(data: bytes, options: ParseOptions, *, import_type: str, suffix: str) -> Parsed:
    document = _open(data)
    sent = _value("meta", document.meta)
    game, playtype = _game_of(sent, options)
    meta = _checked("meta", META, sent)
    rows = _rows(document.scores, data, reader_of(playtype), skip_invalid=options.skip_invalid)
    provided = (classes for classes in playtype.classes.values() if classes.is_provided)
    check = schema.strict_object({classes.name: schema.optional(schema.one_of(classes.ids)) for classes in provided})
    given = _checked("classes", schema.optional(check), _value("classes", document.classes))
    # Last, as in Tachi: unknown members are reported only if everything else is valid.
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
    # A null class counts as absent, but an object without any class still counts as sent classes.
    classes = {name: id_ for name, id_ in given.items() if id_ is not None} if isinstance(given, dict) else None
    by_playtype = None if classes is None else {playtype.name: classes}
    return Parsed(context=context, rows=rows, classes=by_playtype, received=options.now)


def _sentence(violation: Violation) -> str:
    return cut(f"Invalid BATCH-MANUAL: {violation}")


def _open(data: bytes) -> Document:
    # Nearly all documents have no other parts, and need no check for them at the end.
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
    """Returns the game and playtype of either form of meta: `{game: "iidx-sp"}` or `{game: "iidx", playtype: "SP"}`."""
    if not isinstance(meta, dict) or "game" not in meta:
        raise ImportFailed(NO_GAME)
    if "playtype" not in meta:
        return _chosen("game", meta["game"], by_id(options.games), separator=". It must be one of ")
    game = _chosen("game group", meta["game"], {game.slug: game for game in options.games})
    return game, _chosen("playtype", meta["playtype"], game.by_name)


def _chosen(what: str, value: Any, known: Mapping[str, T], *, separator: str = " - expected any of ") -> T:
    found = known.get(value) if isinstance(value, str) else None
    if found is None:
        raise ImportFailed(cut(f"Invalid {what} '{schema.written(value)}'{separator}{', '.join(known)}."))
    return found


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
        message = "Cannot use X-Infer-Score-Timestamp if the importing score already has a timeAchieved set."
        raise ImportFailed(message)
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
    if not (suspicious and b"\\u0000" in data):
        # All rows at once, if every one is certainly valid.
        with contextlib.suppress(*json_document.UNREADABLE):
            rows: list[Any] = reader.decoder.decode(part)
            if not any(map(needs_full_check, rows)):
                return rows
    return list(_checked_rows(part, reader, suspicious=suspicious, skip_invalid=skip_invalid))


def _checked_rows(part: Raw, reader: Reader, *, suspicious: bool, skip_invalid: bool) -> Iterator[Row | RowProblem]:
    """Yields the rows. An invalid row raises Violation or, with `skip_invalid`, is yielded as a problem."""
    skipped = 0
    try:
        for index, value in enumerate(json_document.elements(part)):
            try:
                if suspicious:
                    json_document.refuse_unstorable(value)
                # The fast way again for this element: one bad row must not make the valid ones slow.
                row = None
                with contextlib.suppress(msgspec.ValidationError):
                    row = msgspec.convert(value, reader.row)
                yield reader.check(value) if row is None or needs_full_check(row) else row
            except Violation as violation:
                violation.under(f"[{index}]")
                if not skip_invalid or is_too_deep(value):
                    raise
                skipped += 1
                refuse_too_many(skipped)
                message = _sentence(violation.under(".scores"))
                unknown = violation.is_unknown
                yield RowProblem(index, ProblemType.INVALID, message, storable(value), is_unknown=unknown)
    except Violation as violation:
        raise violation.under(".scores") from None


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key | None:
    """Returns the key of the song or chart to load for a row."""
    return key_of(row, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart of a row, or a problem if there is none."""
    found = resolve(row, context, catalogue)
    if isinstance(found, Refusal):
        return RowProblem(index, found.type, found.message, as_sent(row), is_unknown=found.is_unknown)
    return found


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart."""
    play = play_of(row, context.playtype)
    return Draft(index, chart, play, plain(row.score_meta), row.comment or None, row.time_achieved or None)


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """Returns a file of only these rows."""
    meta = {name: value for name, value in context.items() if value is not None}
    return msgspec.json.encode({"meta": meta, "scores": rows})


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a sent row identifies its chart."""
    identifier = row.get("identifier")
    if not isinstance(identifier, str):
        return None
    texts = {name: value for name in ("difficulty", "artist") if isinstance(value := row.get(name), str)}
    return ChartReference(
        match_type=str(row.get("matchType")),
        identifier=identifier,
        difficulty=texts.get("difficulty"),
        artist=texts.get("artist"),
        playtype=context.get("playtype"),
        version=context.get("version"),
    )


def recognizes(data: bytes) -> bool:
    """Returns whether the data begins like a JSON object."""
    return without_mark(data).lstrip()[:1] == b"{"


SAMPLE = Sample(
    file_name="batch-manual.json",
    content=b"""{
  "meta": { "game": "sdvx", "playtype": "Single", "service": "Example" },
  "scores": [
    {
      "score": 9876543, "lamp": "CLEAR",
      "matchType": "songTitle", "identifier": "Sunset Overclock", "difficulty": "EXH"
    }
  ]
}
""",
)


def _format(import_type: str, *, name: str, suffix: str, addresses: tuple[str, ...] = ()) -> Format:
    is_file = import_type.startswith("file/")  # a request that is cut off never arrives
    read = partial(parse, import_type=import_type, suffix=suffix, is_file=is_file)

    def restore(context: Mapping[str, Any], rows: Sequence[Any], options: ParseOptions) -> Parsed:
        # A row stored by an earlier release may violate today's schema; the others must still be read.
        return read(document(context, rows), replace(options, skip_invalid=True, infer_time_achieved=False))

    return Format(
        import_type=import_type,
        name=name,
        parse=read,
        check_meta=partial(check_meta, is_file=is_file),
        key=key,
        find=find,
        draft=draft,
        as_sent=as_sent,
        restore=restore,
        document=document,
        chart_reference=chart_reference,
        asks_by_title={"matchType": "songTitle"},
        recognizes=recognizes,
        sample=SAMPLE,
        addresses=addresses,
    )


FILE = _format("file/batch-manual", name="Batch-Manual file", suffix="BATCH-MANUAL")
DIRECT = _format(
    "ir/direct-manual", name="Direct-Manual", suffix="DIRECT-MANUAL", addresses=("/ir/direct-manual/import",)
)
