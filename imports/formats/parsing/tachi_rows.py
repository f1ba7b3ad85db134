"""Rows that are scores or bests of Tachi's API: reads them, finds their charts, makes drafts. No database access."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Key
from imports.formats.batch_manual_rows import Row as Fields
from imports.formats.batch_manual_rows import plain, play_of
from imports.formats.lookup import CHART_ID, first_of_version
from imports.formats.match_keys import CHART_FIELDS, fold_title
from imports.formats.parsing.tachi_documents import Companions, Document, fields_of, game_and_playtype, read_sent
from imports.formats.schema import Violation
from imports.formats.skipped import refuse_too_many
from imports.formats.text import cut, storable
from imports.games import javascript
from imports.games.spec import Chart, Game, Song

MAX_SERVICE = 80  # characters of the name of a score's service


class Row(Struct, gc=False):
    """A score with its chart and song from the file, which many rows share. `sent`: the score's own JSON.

    `is_highlighted`: the score is highlighted if it is new.
    """

    sent: Raw
    fields: Fields
    playtype: str
    service: str
    chart: Document
    song: Document
    is_highlighted: bool = False


def read_rows(
    raws: Sequence[Raw],
    companions: Companions,
    game: Game,
    *,
    skip_invalid: bool,
    describe: Callable[[Violation, int], str],
    first: int = 0,
    is_own: bool = False,
) -> list[Row | RowProblem]:
    """Returns the scores of a file. Raises ImportFailed for an invalid row, unless such rows are skipped.

    `first`: the import's row index of the first score. describe(violation, index in the file) -> message.
    """
    rows: list[Row | RowProblem] = []
    skipped = 0
    for index, raw in enumerate(raws):
        try:
            rows.append(read_row(raw, companions, game, is_own=is_own))
        except Violation as violation:
            message = describe(violation, index)
            # Rows with unknown values become orphans; only invalid ones are refused.
            if not (skip_invalid or violation.is_unknown) or violation.message == json_document.TOO_LONG:
                raise ImportFailed(message) from None
            skipped += 1
            refuse_too_many(skipped)
            sent = storable(unreadable_as_sent(raw, companions))
            is_unknown = violation.is_unknown
            rows.append(RowProblem(first + index, ProblemType.INVALID, message, sent, is_unknown=is_unknown))
    return rows


def read_row(raw: Raw, companions: Companions, game: Game, *, is_own: bool = False) -> Row:
    """Returns the row of a score. `is_own`: the score is from an export of ours. Raises Violation."""
    sent = read_sent(raw)
    theirs, playtype = game_and_playtype(sent)
    if theirs is not game:
        raise Violation("All scores of a file have to be of one game.", path=".game")
    chart, song = companions.of(sent.chart_id, sent.song_id)
    fields = fields_of(sent, playtype, is_own=is_own)
    highlighted = is_own and sent.highlight is True
    return Row(raw, fields, playtype.name, (sent.service or "")[:MAX_SERVICE], chart, song, highlighted)


def key(row: Row, context: Context) -> Key:
    """Returns the key of the chart's ID in the score, of 2025 or of 2026."""
    return context.game.slug, CHART_ID, row.fields.identifier


def more_keys(row: Row, context: Context) -> Iterator[Key]:
    """Yields the keys of the chart's other IDs, and of the songs with its title."""
    for kind, value in _identities(row):
        yield context.game.slug, kind, value
    if title := _text(row.song, "title"):
        yield context.game.slug, "title", fold_title(title)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart by its ID, else by its hash or in-game number, else by title and difficulty, or a problem."""
    for kind, value in [(CHART_ID, row.fields.identifier), *_identities(row)]:
        charts = catalogue.charts.get((context.game.slug, kind, value), ())
        fitting = [chart for chart in charts if chart.playtype == row.playtype]
        if kind in ("inGameID", "inGameStrID"):
            fitting = [chart for chart in fitting if chart.difficulty == row.chart.get("difficulty")]
        if found := _first(fitting, row):
            return found
    found = _by_title(row, context, catalogue)
    if found is None:
        title = _text(row.song, "title")
        name = f"{title} [{_text(row.chart, 'difficulty')}]" if title else row.fields.identifier
        message = f"Cannot find chart {name}."
        return RowProblem(index, ProblemType.NOT_FOUND, cut(message), as_sent(row))
    return found


def _identities(row: Row) -> Iterator[tuple[str, str]]:
    """Yields (kind, value) of the chart's other identifiers in the file, the most reliable first."""
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
    """Returns the chart that fits a row: a primary one if the row's is, else preferably one that shares a version."""
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


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft:
    """Returns the score of a row on a chart."""
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
        is_highlighted=row.is_highlighted,
    )


def as_sent(row: Row) -> Document:
    """Returns the score with its chart and song as JSON data."""
    return {"score": json_document.value_of(row.sent), "chart": row.chart, "song": row.song}


def unreadable_as_sent(raw: Raw, companions: Companions) -> Document:
    """Returns what `as_sent` does, for a row that cannot be read."""
    try:
        score = msgspec.json.decode(raw)
    except json_document.UNREADABLE:
        return {"score": None, "chart": {}, "song": {}}
    members = score if isinstance(score, dict) else {}
    chart, song = companions.of(members.get("chartID"), members.get("songID"))
    return {"score": score, "chart": chart, "song": song}


def read_kept(sent: Any, *, is_own: bool = False) -> Row:
    """Reads a row that `as_sent` returned. Raises Violation."""
    raw = Raw(msgspec.json.encode(sent["score"]))
    read = read_sent(raw)
    _, playtype = game_and_playtype(read)
    service = (read.service or "")[:MAX_SERVICE]
    fields = fields_of(read, playtype, is_own=is_own)
    highlighted = is_own and read.highlight is True
    return Row(raw, fields, playtype.name, service, sent["chart"], sent["song"], highlighted)


def companions_of(rows: Sequence[Any]) -> dict[str, list[Document]]:
    """Returns the songs and charts of rows as sent, without duplicates."""
    charts = {str(row["chart"].get("chartID")): row["chart"] for row in rows if row["chart"]}
    songs = {str(row["song"].get("id")): row["song"] for row in rows if row["song"]}
    return {"songs": list(songs.values()), "charts": list(charts.values())}


def chart_reference(row: Mapping[str, Any], _context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a sent row identifies its chart; None if the file lacks its song."""
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
