"""Rows whose chart nobody knew, and the chart that their player says they were played on.

Rows that ask in the same way are mended together: they become a new import, of the same kind and service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imports.catalogue_search import find_songs
from imports.chart_names import ChartName, difficulty_name
from imports.errors import ImportFailed, ProblemType
from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Playtype
from imports.jobs import Upload, offered_games
from imports.models import Chart, Import, ImportProblem
from imports.pages.parts import SongName
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.progress import Progress
from imports.pipeline.run import read

MENDABLE = frozenset({ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS, ProblemType.AMBIGUOUS})
ASKS_WITH = ("matchType", "identifier", "difficulty", "artist")
SONGS_SHOWN = 12
ITG_HASH, ITG_HASHES = "itgChartHash", "hashGSv3"
"""How charts are named where songs do not name them: match type, and the member of their data."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A song and those of its charts that can be chosen: (primary key, name)."""

    song: SongName
    charts: tuple[tuple[int, ChartName], ...]


def is_mendable(problem: ImportProblem) -> bool:
    return problem.type in MENDABLE and isinstance(problem.datapoint, dict) and "identifier" in problem.datapoint


def asked_by(problem: ImportProblem) -> dict[str, Any]:
    """What a mendable row asks for its chart with."""
    return _asked(problem.datapoint or {})


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in ASKS_WITH}


def rows_like(problem: ImportProblem) -> list[dict[str, Any]]:
    """The rows of the same import that ask as this one does, this one among them. One query."""
    wanted = asked_by(problem)
    alike = ImportProblem.objects.filter(
        job=problem.job_id, type__in=MENDABLE, datapoint__identifier=wanted["identifier"]
    )
    rows: Iterable[Any] = alike.order_by("row").values_list("datapoint", flat=True)
    return [row for row in rows if _asked(row) == wanted]


def playtype_of(problem: ImportProblem) -> Playtype | None:
    """The playtype that the file was of; None for one that is not there any more.

    What the row's orphan, or the import, does not tell is looked up in the file.
    """
    job = problem.job
    name = problem.orphan.context["playtype"] if problem.orphan else next(iter(job.playtypes), None)
    try:
        name = name or read(job, offered_games(), Progress())[1].context.playtype.name
    except ImportFailed:  # the file is gone
        return None
    return BY_SLUG[job.game].by_name.get(name) if job.game in BY_SLUG else None


def offers(text: str, problem: ImportProblem) -> list[Offer]:
    """Songs that are called so, or nearly so, with their charts of the import's playtype. Four queries."""
    job, playtype = problem.job, playtype_of(problem)
    if playtype is None or not text.strip():
        return []
    songs = [found.song for found in find_songs(text, game=job.game, most=SONGS_SHOWN)]
    keys = Chart.objects.filter(song__in=songs, playtype=playtype.name).order_by("level_num", "pk")
    charts: dict[int, list[ChartFacts]] = {}
    known = charts_by_pk(keys.values_list("pk", flat=True))
    for pk in keys.values_list("pk", flat=True):
        if naming(known[pk], playtype) is not None:
            charts.setdefault(known[pk].song.pk, []).append(known[pk])
    return [_offer(job, charts[song.pk]) for song in songs if song.pk in charts]


def _offer(job: Import, charts: Sequence[ChartFacts]) -> Offer:
    song = charts[0].song
    named = tuple((chart.pk, difficulty_name(BY_SLUG[job.game], chart)) for chart in charts)
    return Offer(SongName(song.title, song.artist), named)


def chosen_chart(text: str, problem: ImportProblem) -> ChartFacts | None:
    """The chart of the import's playtype with this primary key."""
    job, playtype = problem.job, playtype_of(problem)
    if playtype is None or not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    chart = Chart.objects.filter(pk=int(text), game=job.game, playtype=playtype.name).first()
    return charts_by_pk([chart.pk])[chart.pk] if chart is not None else None


def naming(chart: ChartFacts, playtype: Playtype) -> dict[str, str] | None:
    """The members of a row that name exactly this chart; None where a row cannot."""
    if "tachiSongID" in playtype.match_types:
        return {
            "matchType": "tachiSongID",
            "identifier": str(chart.song.song_id),
            "difficulty": chart.difficulty,
        }
    value = chart.data.get(ITG_HASHES)
    if ITG_HASH in playtype.match_types and value:
        return {"matchType": ITG_HASH, "identifier": value[0] if isinstance(value, list) else value}
    return None


def mended(problem: ImportProblem, chart: ChartFacts, *, client: str) -> Upload | None:
    """A file of this row and those like it, on this chart. None where a file cannot name it.

    A chart that is not primary is named with a version that has it; otherwise the version of the file does not matter.
    """
    job, playtype = problem.job, playtype_of(problem)
    name = naming(chart, playtype) if playtype is not None else None
    if playtype is None or name is None or not (chart.is_primary or chart.versions):
        return None
    others = [{key: value for key, value in row.items() if key not in ASKS_WITH} for row in rows_like(problem)]
    context = {
        "game": job.game,
        "playtype": playtype.name,
        "service": job.service,
        "version": None if chart.is_primary else chart.versions[0],
    }
    content = BY_IMPORT_TYPE[job.import_type].document(context, [{**name, **row} for row in others])
    return Upload(content=content, import_type=job.import_type, user_intent=True, client=client)
