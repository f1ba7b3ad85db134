"""Songs by their titles, and their charts, as the formats of files other than BATCH-MANUAL ask for them. Pure."""

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
    """Why a row is left out."""
    return RowProblem(index, kind, cut(message), sent, kept_as=kept_as)


def title_key(title: str, context: Context) -> Key:
    """What to load for a title."""
    return context.game.slug, "title", fold_title(title)


def one_song_titled(
    title: str, row: Struct, index: int, context: Context, catalogue: Catalogue, *, ignore_case: bool = False
) -> Song | RowProblem:
    """The one song that a row can mean, or why there is none: no song has the title, or several have it."""
    songs = list({song.pk: song for song in catalogue.songs.get(title_key(title, context), ())}.values())
    if not ignore_case:
        songs = [song for song in songs if title == song.title or title in song.alt_titles]
    if len(songs) == 1:
        return songs[0]
    if not songs:
        said = f"Could not find song with title {title}" if ignore_case else f"Could not find song for {title}."
        return problem(index, ProblemType.NOT_FOUND, said, as_sent(row))
    said, advice = "title", "Please try and use a different song resolution method."
    if ignore_case:
        said, advice = "case-insensitive title", "Please try adding an artist field."
    said = f"Multiple songs exist with the {said} {title}. We cannot resolve this. {advice}"
    return problem(index, ProblemType.AMBIGUOUS, said, as_sent(row))


def primary_chart_at(
    song: Song, row: Struct, index: int, context: Context, catalogue: Catalogue, *, difficulty: str, level: str
) -> Chart | RowProblem:
    """The primary chart of a song, if it has the level that the row names."""
    chart = chart_of(song, catalogue, playtype=context.playtype.name, difficulty=difficulty)
    name = f"{song.title} [{difficulty}]"
    if chart is None:
        return problem(index, ProblemType.NOT_FOUND, f"Could not find chart for {name}.", as_sent(row))
    if chart.level != level:
        said = f"{name} - Should be level {chart.level}, but found level {level}."
        return problem(index, ProblemType.INVALID, said, as_sent(row))
    return chart


def chart_of(
    song: Song, catalogue: Catalogue, *, playtype: str, difficulty: str, version: str | None = None
) -> Chart | None:
    """The chart of a song that is played in a version; without one, the primary chart."""
    charts = catalogue.charts_of.get(song.pk, ())
    fitting = (chart for chart in charts if chart.playtype == playtype and chart.difficulty == difficulty)
    return first_of_version(fitting, version)
