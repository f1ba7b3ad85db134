"""Rows whose chart nobody knew, and the chart that their player says they were played on.

Rows that ask in the same way are corrected together: they become a new import, of the same kind and service.
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
from imports.pages.texts import import_texts
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
    likeness: str = ""  # in what its title differs from the row's, if it looks like it


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row that was left out: what it asks for its chart with, and the context of its file as orphans have it."""

    problem: ImportProblem
    asked: ChartReference
    context: Mapping[str, Any]


def is_correctable(problem: ImportProblem) -> bool:
    """Whether a chart can be chosen for it."""
    return problem.type in CORRECTABLE and chart_reference_of(_kept_row(problem, {})) is not None


def open_row(problem: ImportProblem) -> OpenRow | None:
    """The row of a problem; None where no chart can be chosen for it.

    What its orphan does not tell is looked up in the file, and unknown once that is gone.
    """
    context: Mapping[str, Any] = problem.orphan.context if problem.orphan else {}
    if not context and is_correctable(problem):
        try:
            context = read(problem.job, enabled_games(), Progress())[1].context.as_sent()
        except ImportFailed:
            return None
    asked = chart_reference_of(_kept_row(problem, context)) if is_correctable(problem) else None
    return None if asked is None else OpenRow(problem, asked, context)


def _kept_row(problem: ImportProblem, context: Mapping[str, Any]) -> Kept:
    return Kept(problem.datapoint, context, problem.job.import_type)


def find_similar_rows(row: OpenRow) -> dict[int, dict[str, Any]]:
    """The rows of the same import that are left out and ask as this one does, this one among them. One query."""
    job, source = row.problem.job, BY_IMPORT_TYPE[row.problem.job.import_type]
    named: Any = row.problem.datapoint
    for member in source.identifier.split("__"):
        named = named[member]
    same = {f"datapoint__{source.identifier}": named}
    # This compares the title or hash alone; the difficulty or playtype may still be another one.
    alike = open_problems().filter(job=job, type__in=CORRECTABLE, **same).order_by("row")
    rows: Iterable[tuple[int, Any]] = alike.values_list("row", "datapoint")
    return {number: data for number, data in rows if source.chart_reference(data, row.context) == row.asked}


def chart_offers(text: str, row: OpenRow) -> list[ChartOffer]:
    """Songs that are called so, or nearly so, with their charts of the row's playtype. Four queries."""
    job = row.problem.job
    if not text.strip():
        return []
    songs = [found.song for found in find_songs(text, game=job.game, most=MAX_SONGS)]
    keys = _charts(row).filter(song__in=songs).order_by("level_num", "pk").values_list("pk", flat=True)
    charts: dict[int, list[ChartFacts]] = {}
    known = charts_by_pk(keys)
    for pk in keys:
        charts.setdefault(known[pk].song.pk, []).append(known[pk])
    title = row.asked.identifier if row.asked.match_type == "songTitle" else ""
    offers = []
    for song in (charts[each.pk][0].song for each in songs if each.pk in charts):
        likeness = ""
        # The first name of the song that differs from the row's in look-alikes only, if one does.
        for name in (song.title, *song.alt_titles):
            if not likeness and (differs_in := differences(title, name)):
                likeness = import_texts.likeness_text(name, differs_in)
        names = tuple((chart.pk, difficulty_name(BY_SLUG[job.game], chart)) for chart in charts[song.pk])
        offers.append(ChartOffer(SongName(song.title, song.artist), names, likeness))
    return offers


def _charts(row: OpenRow) -> QuerySet[Chart]:
    """The charts that may be chosen: those of the playtype, if the row is of one."""
    found = Chart.objects.filter(game=row.problem.job.game)
    return found.filter(playtype=row.asked.playtype) if row.asked.playtype else found


def chosen_chart(text: str, row: OpenRow) -> ChartFacts | None:
    """The chart with this primary key, if it may be chosen for the row."""
    key = parse_digits(text)
    # Of the row's game and playtype only, whatever the form was made to send.
    chart = _charts(row).filter(pk=key).first() if key is not None else None
    return charts_by_pk([chart.pk])[chart.pk] if chart is not None else None


def corrected_upload(
    job: Import, context: Mapping[str, Any], rows: Mapping[int, tuple[Any, ChartFacts]], *, client: str
) -> Upload:
    """An upload of these rows of an import, each with its chart."""
    datapoints, charts = [data for data, _ in rows.values()], [chart.chart_id for _, chart in rows.values()]
    return Upload(
        content=kept_rows.encode(context, datapoints, charts),
        import_type=job.import_type,
        fields={kept_rows.FIELD: str(len(rows))},
        user_intent=True,
        client=client,
    )
