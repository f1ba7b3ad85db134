"""Look-up of songs by title, and of their charts, for the file formats other than BATCH-MANUAL."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from imports.errors import ProblemType, RowProblem
from imports.formats.base import Catalogue, Context, Key
from imports.formats.kept_rows import as_sent
from imports.formats.lookup import first_of_version
from imports.formats.match_keys import fold_title
from imports.formats.text import cut
from imports.games.spec import Chart, Song


def problem(index: int, kind: ProblemType, message: str, sent: Any, *, kept_as: str = "") -> RowProblem:
    """Returns the problem of a row that is left out, with its message cut."""
    return RowProblem(index, kind, cut(message), sent, kept_as=kept_as)


def title_key(title: str, context: Context) -> Key:
    """Returns the key of the songs to load for a title."""
    return context.game.slug, "title", fold_title(title)


def one_song_titled(
    title: str, row: Struct, index: int, context: Context, catalogue: Catalogue, *, ignore_case: bool = False
) -> Song | RowProblem:
    """Returns the song with a row's title, or a problem if no song or several songs have it."""
    songs = list({song.pk: song for song in catalogue.songs.get(title_key(title, context), ())}.values())
    if not ignore_case:
        songs = [song for song in songs if title == song.title or title in song.alt_titles]
    if len(songs) == 1:
        return songs[0]
    if not songs:
        message = f"Could not find song with title {title}" if ignore_case else f"Could not find song for {title}."
        return problem(index, ProblemType.NOT_FOUND, message, as_sent(row))
    criterion, advice = "title", "Please try and use a different song resolution method."
    if ignore_case:
        criterion, advice = "case-insensitive title", "Please try adding an artist field."
    message = f"Multiple songs exist with the {criterion} {title}. We cannot resolve this. {advice}"
    return problem(index, ProblemType.AMBIGUOUS, message, as_sent(row))


def primary_chart_at(
    song: Song, row: Struct, index: int, context: Context, catalogue: Catalogue, *, difficulty: str, level: str
) -> Chart | RowProblem:
    """Returns the primary chart of a song with the row's level, or a problem."""
    chart = chart_of(song, catalogue, playtype=context.playtype.name, difficulty=difficulty)
    name = f"{song.title} [{difficulty}]"
    if chart is None:
        return problem(index, ProblemType.NOT_FOUND, f"Could not find chart for {name}.", as_sent(row))
    if chart.level != level:
        message = f"{name} - Should be level {chart.level}, but found level {level}."
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    return chart


def chart_of(
    song: Song, catalogue: Catalogue, *, playtype: str, difficulty: str, version: str | None = None
) -> Chart | None:
    """Returns the chart of a song in a version; without a version, the primary chart. None if there is none."""
    charts = catalogue.charts_of.get(song.pk, ())
    fitting = (chart for chart in charts if chart.playtype == playtype and chart.difficulty == difficulty)
    return first_of_version(fitting, version)
