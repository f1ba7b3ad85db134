"""Rows of unknown charts, and the charts that their player chooses for them.

Rows with the same chart reference are corrected together: they become a new import, of the same kind and service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.catalogue.search import find_songs
from imports.errors import ImportFailed, ProblemType
from imports.formats import BY_IMPORT_TYPE, kept_rows
from imports.formats.base import ChartReference
from imports.formats.lookalikes import differences
from imports.games import BY_SLUG
from imports.games.spec import Chart as ChartFacts
from imports.integers import parse_digits
from imports.jobs import Upload, enabled_games
from imports.models import Chart, Import, ImportProblem
from imports.models.row_corrections import open_problems
from imports.pages.components.view_models import SongName
from imports.pages.texts import problem_texts
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.scoring.reading import read
from imports.pipeline.suggestions import Kept, chart_reference_of

CORRECTABLE = frozenset({ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS, ProblemType.AMBIGUOUS})
MAX_SONGS = 12


@dataclass(frozen=True, slots=True)
class ChartOffer:
    """A song and those of its charts that can be chosen: (primary key, name)."""

    song: SongName
    charts: tuple[tuple[int, ChartName], ...]
    likeness: str = ""  # how its title differs from the row's, if it looks like it


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row without a chart: its chart reference, and the context of its file as orphans store it."""

    problem: ImportProblem
    asked: ChartReference
    context: Mapping[str, Any]


def reference_to_correct(problem_type: str, row: Kept) -> ChartReference | None:
    """Returns the chart reference of a row with this problem; None if no chart can be chosen for it."""
    return chart_reference_of(row) if problem_type in CORRECTABLE else None


def is_correctable(problem: ImportProblem) -> bool:
    """Returns whether a chart can be chosen for the row."""
    return reference_to_correct(problem.type, _kept_row(problem, {})) is not None


def open_row(problem: ImportProblem) -> OpenRow | None:
    """Returns the row of a problem; None if no chart can be chosen for it.

    Facts that its orphan lacks are read from the file, and are unknown once that is deleted.
    """
    context: Mapping[str, Any] = problem.orphan.context if problem.orphan else {}
    if not context and is_correctable(problem):
        try:
            context = read(problem.job, enabled_games(), Progress())[1].context.as_sent()
        except ImportFailed:
            return None
    asked = reference_to_correct(problem.type, _kept_row(problem, context))
    return None if asked is None else OpenRow(problem, asked, context)


def _kept_row(problem: ImportProblem, context: Mapping[str, Any]) -> Kept:
    return Kept(problem.datapoint, context, problem.job.import_type)


def find_similar_rows(row: OpenRow) -> dict[int, dict[str, Any]]:
    """Returns the open rows of the same import with the same chart reference, including this one. One query."""
    job, source = row.problem.job, BY_IMPORT_TYPE[row.problem.job.import_type]
    named: Any = row.problem.datapoint
    for member in source.identifier.split("__"):
        named = named[member]
    same = {f"datapoint__{source.identifier}": named}
    # This compares only the title or hash; the difficulty or playtype may still differ.
    alike = open_problems().filter(job=job, type__in=CORRECTABLE, **same).order_by("row")
    rows: Iterable[tuple[int, Any]] = alike.values_list("row", "datapoint")
    return {number: data for number, data in rows if source.chart_reference(data, row.context) == row.asked}


def chart_choice(asked: ChartReference, text: str | None, *, game: str) -> dict[str, Any]:
    """Returns the page context to offer charts for a chart reference. `text`: the search text, if one was entered."""
    # Starts with the row's identifier if that is a title: a number or a hash finds no song.
    wanted = (asked.identifier if asked.match_type == "songTitle" else "") if text is None else text
    return {
        "heading": problem_texts.choose_chart_heading(asked.identifier),
        "identifier": asked.identifier,
        "difficulty": asked.difficulty,
        "q": wanted,
        "offers": _chart_offers(wanted, asked, game=game),
    }


def _chart_offers(text: str, asked: ChartReference, *, game: str) -> list[ChartOffer]:
    """Returns songs with this or a similar title, with their charts of the row's playtype. Four queries."""
    if not text.strip():
        return []
    songs = [found.song for found in find_songs(text, game=game, limit=MAX_SONGS)]
    ordered = _charts(asked, game).filter(song__in=songs).order_by("level_num", "pk")
    keys = ordered.values_list("pk", flat=True)
    charts: dict[int, list[ChartFacts]] = {}
    known = charts_by_pk(keys)
    for pk in keys:
        charts.setdefault(known[pk].song.pk, []).append(known[pk])
    title = asked.identifier if asked.match_type == "songTitle" else ""
    offers = []
    for song in (charts[each.pk][0].song for each in songs if each.pk in charts):
        likeness = ""
        # The first name of the song that differs from the row's title only in look-alikes, if there is one.
        for name in (song.title, *song.alt_titles):
            if not likeness and (differs_in := differences(title, name)):
                likeness = problem_texts.likeness_text(name, differs_in)
        names = tuple((chart.pk, difficulty_name(BY_SLUG[game], chart)) for chart in charts[song.pk])
        offers.append(ChartOffer(SongName(song.title, song.artist), names, likeness))
    return offers


def _charts(asked: ChartReference, game: str) -> QuerySet[Chart]:
    """Returns the charts that may be chosen: those of the row's playtype, if it has one."""
    found = Chart.objects.filter(game=game)
    return found.filter(playtype=asked.playtype) if asked.playtype else found


def chosen_chart(text: str, asked: ChartReference, *, game: str) -> ChartFacts | None:
    """Returns the chart with this primary key, if it may be chosen for this chart reference."""
    key = parse_digits(text)
    # Only of the row's game and playtype, even if the form was manipulated.
    chart = _charts(asked, game).filter(pk=key).first() if key is not None else None
    return charts_by_pk([chart.pk])[chart.pk] if chart is not None else None


def corrected_upload(
    job: Import, context: Mapping[str, Any], rows: Mapping[int, tuple[Any, ChartFacts]], *, client: str
) -> Upload:
    """Returns an upload of these rows of an import, each with its chart."""
    datapoints, charts = [data for data, _ in rows.values()], [chart.chart_id for _, chart in rows.values()]
    return Upload(
        content=kept_rows.encode(context, datapoints, charts),
        import_type=job.import_type,
        fields={kept_rows.FIELD: str(len(rows))},
        user_intent=True,
        client=client,
    )
