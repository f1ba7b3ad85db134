"""The scores or personal bests of a player as Tachi's API hands them out (spec: documents, http-api-reads §4-§5).

`…/scores/all` and `…/pbs/all` of 2025 and of 2026, and what exports hold under `scores/` and `bests/`: an envelope, or
only its body, with the rows, their songs and their charts. A best is read as one play. Where it was put together from
several, its judgements are left out, as they are of one of these and the lamp may be of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document, kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions, Sample
from imports.formats.batch_manual_rows import Row as Fields
from imports.formats.batch_manual_rows import plain, play_of
from imports.formats.lookup import CHART_ID, first_of_version
from imports.formats.match_keys import CHART_FIELDS, fold_title
from imports.formats.parsing.tachi_documents import (
    Body,
    Companions,
    Document,
    Envelope,
    elements_of,
    fields_of,
    game_and_playtype,
    open_body,
    read_sent,
)
from imports.formats.schema import Violation
from imports.formats.skipped import refuse_too_many
from imports.formats.text import cut, storable, without_mark
from imports.games import javascript
from imports.games.spec import Chart, Game, Song

IMPORT_TYPE = "file/tachi-scores"
SERVICE = "Tachi"
NO_SCORES = "There are no scores in this file."
MAX_SERVICE = 80  # characters of a service's name that a score bears


class Row(Struct, gc=False):
    """A score with its chart and song as the file tells of them, which many rows share. `sent`: its own JSON."""

    sent: Raw
    fields: Fields
    playtype: str
    service: str
    chart: Document
    song: Document


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a whole answer. Raises ImportFailed, status 400."""
    body = open_body(data)
    game, raws = _game_of(body, options)
    companions = Companions(body)
    rows: list[Row | RowProblem] = []
    skipped = 0
    for index, raw in enumerate(raws):
        try:
            rows.append(_row(raw, companions, game))
        except Violation as violation:
            said = _sentence(violation, body.list_name, index)
            # What is merely unknown waits as an orphan: only what is wrong is refused.
            if not (options.skip_invalid or violation.is_unknown) or violation.message == json_document.TOO_LONG:
                raise ImportFailed(said) from None
            skipped += 1
            refuse_too_many(skipped)
            sent = storable(_kept(raw, companions))
            rows.append(RowProblem(index, ProblemType.INVALID, said, sent, is_unknown=violation.is_unknown))
    return Parsed(context=_context(game, body.list_name), rows=rows, received=options.now)


def check_meta(data: bytes, options: ParseOptions) -> None:
    """Raises the ImportFailed of `parse` where it is for the JSON or for the first score's game."""
    _game_of(open_body(data), options)


def _game_of(body: Body, options: ParseOptions) -> tuple[Game, list[Raw]]:
    """The game of the first score, which has to be that of all, and the scores."""
    raws = elements_of(getattr(body, body.list_name))
    if not raws:
        raise ImportFailed(NO_SCORES)
    try:
        game, _ = game_and_playtype(read_sent(raws[0]))
    except Violation as violation:
        raise ImportFailed(_sentence(violation, body.list_name, 0)) from None
    return options.game(game.slug), raws


def _sentence(violation: Violation, name: str, index: int) -> str:
    return cut(f"Invalid scores of Tachi: {violation.under(f'.{name}[{index}]')}")


def _row(raw: Raw, companions: Companions, game: Game) -> Row:
    """Raises Violation."""
    sent = read_sent(raw)
    theirs, playtype = game_and_playtype(sent)
    if theirs is not game:
        raise Violation("All scores of a file have to be of one game.", path=".game")
    chart, song = companions.of(sent.chart_id, sent.song_id)
    fields = fields_of(sent, playtype)
    return Row(raw, fields, playtype.name, (sent.service or "")[:MAX_SERVICE], chart, song)


def _context(game: Game, list_name: str) -> Context:
    return Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        score_service=SERVICE,
        is_mixed=True,
        facts={"list": list_name},
    )


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """The chart by the ID that the score has: of 2025 or of 2026."""
    return context.game.slug, CHART_ID, row.fields.identifier


def more_keys(row: Row, context: Context) -> Iterator[Key]:
    """The chart by its other IDs, and the songs with its title."""
    for kind, value in _identities(row):
        yield context.game.slug, kind, value
    if title := _text(row.song, "title"):
        yield context.game.slug, "title", fold_title(title)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """The chart by its ID, else by its hash or its number in the game, else by its title and difficulty."""
    for kind, value in [(CHART_ID, row.fields.identifier), *_identities(row)]:
        charts = catalogue.charts.get((context.game.slug, kind, value), ())
        fitting = [chart for chart in charts if chart.playtype == row.playtype]
        if kind in ("inGameID", "inGameStrID"):
            fitting = [chart for chart in fitting if chart.difficulty == row.chart.get("difficulty")]
        if found := _first(fitting, row):
            return found
    found = _by_title(row, context, catalogue)
    if found is None:
        said = f"Cannot find chart {_name(row)}."
        return RowProblem(index, ProblemType.NOT_FOUND, cut(said), as_sent(row))
    return found


def _identities(row: Row) -> Iterator[tuple[str, str]]:
    """What else the file says of the chart that tells it from others, the surest first."""
    legacy = _text(row.chart, "legacyChartID")
    if legacy:
        yield CHART_ID, legacy
    data = row.chart.get("data")
    members = data if isinstance(data, dict) else {}
    for name in sorted(CHART_FIELDS, key=lambda name: CHART_FIELDS[name] != "hash"):
        values = members.get(name)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str | int | float):
                yield CHART_FIELDS[name], javascript.text(value)


def _first(charts: Sequence[Chart], row: Row) -> Chart | None:
    """Of charts with one number those that are primary if this one is, or that share a version with it."""
    if row.chart.get("isPrimary", True):
        return first_of_version(charts, None) or (charts[0] if len(charts) == 1 else None)
    versions = row.chart.get("versions")
    sharing = [c for c in charts if isinstance(versions, list) and set(c.versions).intersection(map(str, versions))]
    return min(sharing or charts, key=lambda chart: (chart.is_primary, chart.chart_id), default=None)


def _by_title(row: Row, context: Context, catalogue: Catalogue) -> Chart | None:
    title, artist, difficulty = (
        _text(row.song, "title"),
        _text(row.song, "artist"),
        _text(row.chart, "difficulty"),
    )
    if not title:
        return None
    songs: dict[int, Song] = {
        song.pk: song for song in catalogue.songs.get((context.game.slug, "title", fold_title(title)), ())
    }
    if len(songs) > 1:
        songs = {pk: song for pk, song in songs.items() if fold_title(song.artist) == fold_title(artist)}
    if len(songs) != 1:
        return None
    charts = catalogue.charts_of.get(next(iter(songs)), ())
    return _first([c for c in charts if c.playtype == row.playtype and c.difficulty == difficulty], row)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _name(row: Row) -> str:
    title = _text(row.song, "title")
    return f"{title} [{_text(row.chart, 'difficulty')}]" if title else row.fields.identifier


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """The score that the row is on a chart."""
    play = play_of(row.fields, context.game.by_name[row.playtype])
    fields = row.fields
    return Draft(
        index,
        chart,
        play,
        plain(fields.score_meta),
        fields.comment or None,
        fields.time_achieved or None,
        service=row.service,
    )


# --- as sent ------------------------------------------------------------------------------------------------


def as_sent(row: Row) -> Document:
    """The score with its chart and song."""
    return {"score": json_document.value_of(row.sent), "chart": row.chart, "song": row.song}


def _kept(raw: Raw, companions: Companions) -> Document:
    """The same of a row that cannot be read."""
    try:
        score = msgspec.json.decode(raw)
    except json_document.UNREADABLE:
        return {"score": None, "chart": {}, "song": {}}
    members = score if isinstance(score, dict) else {}
    chart, song = companions.of(members.get("chartID"), members.get("songID"))
    return {"score": score, "chart": chart, "song": song}


def _read_kept(sent: Any) -> Row:
    """Raises Violation."""
    raw = Raw(msgspec.json.encode(sent["score"]))
    read = read_sent(raw)
    _, playtype = game_and_playtype(read)
    service = (read.service or "")[:MAX_SERVICE]
    return Row(raw, fields_of(read, playtype), playtype.name, service, sent["chart"], sent["song"])


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """A file of just these rows."""
    charts = {str(row["chart"].get("chartID")): row["chart"] for row in rows if row["chart"]}
    songs = {str(row["song"].get("id")): row["song"] for row in rows if row["song"]}
    scores = [row["score"] for row in rows]
    return msgspec.json.encode(
        {context["list"]: scores, "songs": list(songs.values()), "charts": list(charts.values())}
    )


def chart_reference(row: Mapping[str, Any], _context: Mapping[str, Any]) -> ChartReference | None:
    """What a row that was sent asks for its chart with, where the file tells of its song."""
    title = _text(row["song"], "title")
    if not title:
        return None
    score = row["score"] if isinstance(row["score"], dict) else {}
    return ChartReference(
        match_type="songTitle",
        identifier=title,
        difficulty=_text(row["chart"], "difficulty") or None,
        artist=_text(row["song"], "artist") or None,
        playtype=_text(score, "playtype") or None,
    )


def recognizes(data: bytes) -> bool:
    """Whether it is an object with scores or bests and their charts, in an envelope or not."""
    if without_mark(data).lstrip()[:1] != b"{":
        return False
    try:
        envelope = msgspec.json.decode(without_mark(data), type=Envelope)
    except json_document.UNREADABLE:
        return False
    return bool((envelope.body if isinstance(envelope.body, Body) else envelope).list_name)


FILE = Format(
    import_type=IMPORT_TYPE,
    name="Scores from Tachi (Kamaitachi, Bokutachi)",
    parse=parse,
    check_meta=check_meta,
    key=key,
    more_keys=more_keys,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer_with(_read_kept, import_type=IMPORT_TYPE),
    document=document,
    chart_reference=chart_reference,
    asks_by_title={},
    identifier="song__title",
    recognizes=recognizes,
    sample=Sample(
        file_name="scores-all.json",
        content=b"""{
  "success": true,
  "description": "Returned 1 PBs.",
  "body": {
    "scores": [
      {
        "game": "sdvx", "playtype": "Single", "songID": 1, "chartID": "0123456789012345678901234567890123456789",
        "service": "Example (BATCH-MANUAL)", "comment": null, "timeAchieved": 1763891400000, "scoreMeta": {},
        "scoreData": { "score": 9876543, "lamp": "CLEAR", "judgements": {}, "optional": { "enumIndexes": {} } }
      }
    ],
    "songs": [{ "id": 1, "title": "Sunset Overclock", "artist": "", "altTitles": [], "searchTerms": [], "data": {} }],
    "charts": [
      {
        "chartID": "0123456789012345678901234567890123456789", "songID": 1, "playtype": "Single",
        "difficulty": "EXH", "level": "16", "levelNum": 16, "isPrimary": true, "versions": [], "data": {}
      }
    ]
  }
}
""",
    ),
)
