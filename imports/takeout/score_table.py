"""The scores of a player on a playtype as a table for spreadsheets."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from imports.games.judging import as_of_today
from imports.games.spec import Playtype
from imports.integers import MAX_TIMESTAMP_MS
from imports.models import Score, User
from imports.takeout.csv_cells import csv_line, escape_formula

CHUNK_ROWS = 250
COLUMNS = ("scoreID", "chartID", "title", "artist", "difficulty", "level", "timeAchieved", "service", "comment")


def score_table(user: User, game: str, playtype: Playtype) -> Iterator[bytes]:
    """Yields the lines of the table, oldest score first, those without a time last."""
    metrics, ratings = tuple(playtype.metrics), tuple(playtype.score_ratings)
    counts = [f"judgement {name}" for name in playtype.judgements]
    optional = tuple(playtype.optional)
    # Without a byte order mark spreadsheets misread Japanese.
    yield codecs.BOM_UTF8 + csv_line([*COLUMNS, *metrics, *ratings, *counts, *optional])
    mine = Score.objects.filter(user=user, game=game, playtype=playtype.name)
    for score in mine.select_related("chart__song").order_by("time_achieved", "pk").iterator(chunk_size=CHUNK_ROWS):
        data = as_of_today(score.score_data, playtype)
        values = [
            *(data.get(name) for name in metrics),
            *(score.calculated_data.get(name) for name in ratings),
            *(data["judgements"].get(name) for name in playtype.judgements),
            *(data["optional"].get(name) for name in optional),
        ]
        chart, song = score.chart, score.chart.song
        texts = (chart.chart_id, song.title, song.artist, chart.difficulty, chart.level)
        remarks = (score.service, score.comment or "")
        described = [*map(escape_formula, texts), _time(score.time_achieved), *map(escape_formula, remarks)]
        yield csv_line([score.score_id, *described, *map(_cell, values)])


def _time(value: float | None) -> str:
    if value is None or not 0 <= value <= MAX_TIMESTAMP_MS:
        return ""
    return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _cell(value: Any) -> Any:
    """Returns numbers unchanged, so that a spreadsheet can calculate with them, and other values escaped."""
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    return escape_formula(value if isinstance(value, str) else msgspec.json.encode(value).decode())
