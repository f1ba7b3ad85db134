"""Rows whose titles look like known ones: what they mean for sure, or likely, and an upload that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from django.db.models import Q

from imports.catalogue.fuzzy import pattern
from imports.errors import ProblemType
from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG
from imports.games.spec import Chart as ChartFacts
from imports.jobs import Upload
from imports.models import Chart, Import, ImportProblem, Song
from imports.models.row_corrections import open_problems
from imports.pages.imports.row_correction import corrected_upload
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.suggestions import Kept, Match, chart_reference_of, sure_matches

TITLE = "songTitle"
UNKNOWN = (ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS)
MAX_ROWS = 2_000  # rows that are looked at together; those beyond have their turn once these are in
MAX_LIKELY_TITLES = 30  # titles that are looked for: a search of the catalogue each
MAX_CANDIDATES = 100  # songs that are compared with a title
LEAST_PERCENT = 75  # of likeness, from which another title is suggested
LEAST_PART = 2  # letters of a title by which songs are looked for

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class LikelyMatch:
    """A song whose title is much like a row's. `chart` is None where it has none such as the row names."""

    title: str
    chart: ChartFacts | None
    percent: int
    is_one_letter: bool


def likely_matches(rows: Mapping[K, Kept]) -> dict[K, LikelyMatch]:
    """The likeliest song for the title of each row, if one is much like it.

    A query for each title, of `MAX_LIKELY_TITLES` at most, and two more.
    """
    asked = {}
    for name, row in rows.items():
        question = chart_reference_of(row)
        game = str(row.context.get("game")) if isinstance(row.context, dict) else ""
        if question is not None and question.match_type == TITLE and game in BY_SLUG:
            asked[name] = (game, question)
    titles = list(dict.fromkeys((game, question.identifier) for game, question in asked.values()))
    songs: dict[tuple[str, str], tuple[Song, int, bool]] = {}
    for game, title in titles[:MAX_LIKELY_TITLES]:
        if likeliest := _likeliest_song(game, title):
            songs[game, title] = likeliest
    charts = list(Chart.objects.filter(song__in=[song for song, _, _ in songs.values()], is_primary=True))
    facts = charts_by_pk([chart.pk for chart in charts])
    matches = {}
    for name, (game, question) in asked.items():
        if (game, question.identifier) not in songs:
            continue
        song, percent, is_one_letter = songs[game, question.identifier]
        named = [
            facts[chart.pk]
            for chart in charts
            if chart.song_id == song.pk
            and chart.difficulty == question.difficulty
            and question.playtype in (None, chart.playtype)
        ]
        # Of several the row does not say which it means.
        chart = named[0] if len(named) == 1 else None
        matches[name] = LikelyMatch(song.title, chart, percent, is_one_letter)
    return matches


def _likeliest_song(game: str, title: str) -> tuple[Song, int, bool] | None:
    """The song, how likely it is in percent, and whether one letter differs. One query.

    Whatever differs in one or two places leaves a third of the title as it is: songs are looked for by that.
    """
    parts = {title[len(title) * place // 3 : len(title) * (place + 1) // 3].strip() for place in range(3)}
    where = Q()
    for part in parts:
        if len(part) >= LEAST_PART:
            where |= Q(title__icontains=part)
    if not where:
        return None
    found: tuple[Song, int, bool] | None = None
    wanted = pattern(title)
    for song in Song.objects.filter(where, game=game).order_by("pk")[:MAX_CANDIDATES]:
        likeness = SequenceMatcher(None, wanted, pattern(song.title), autojunk=False)
        percent = int(likeness.ratio() * 100)
        if percent >= LEAST_PERCENT and (found is None or percent > found[1]):
            changes = [each for each in likeness.get_opcodes() if each[0] != "equal"]
            # One letter is missing, added or another one.
            is_one = len(changes) == 1 and max(changes[0][2] - changes[0][1], changes[0][4] - changes[0][3]) == 1
            found = (song, percent, is_one)
    return found


def find_matches(problems: Sequence[ImportProblem]) -> dict[int, Match]:
    """Row -> what it can only have meant. The problems come with their imports and orphans. Two queries."""
    return sure_matches(
        {
            problem.row: Kept(problem.datapoint, problem.orphan.context, problem.job.import_type)
            for problem in problems
            if problem.type in UNKNOWN and problem.orphan is not None
        }
    )


def find_import_matches(job: Import) -> dict[int, Match]:
    """The same for all of an import. Three queries."""
    return find_matches(_unknown_rows(job))


def corrected_rows(job: Import, *, client: str) -> tuple[Upload, list[int]] | None:
    """An upload of all rows with a sure match, on their charts, and their numbers in the import. None without any."""
    problems = {problem.row: problem for problem in _unknown_rows(job)}
    matches = find_matches(list(problems.values()))
    if not matches:
        return None
    orphan = problems[next(iter(matches))].orphan
    context = orphan.context if orphan is not None else {}  # the matches are of rows with orphans
    rows = {row: (problems[row].datapoint, match.chart) for row, match in matches.items()}
    return corrected_upload(job, context, rows, client=client), list(matches)


def _unknown_rows(job: Import) -> list[ImportProblem]:
    """The rows that name an unknown title. They come with their orphans."""
    source = BY_IMPORT_TYPE.get(job.import_type)
    if source is None or source.asks_by_title is None:
        return []
    asking = {f"datapoint__{member}": value for member, value in source.asks_by_title.items()}
    found = open_problems().filter(job=job, type__in=UNKNOWN, **asking)
    return list(found.select_related("orphan", "job").order_by("row")[:MAX_ROWS])
