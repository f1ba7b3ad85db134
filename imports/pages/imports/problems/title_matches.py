"""Sure and likely matches for rows whose titles resemble known ones, and uploads with the sure matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection

from imports.catalogue.fuzzy import pattern
from imports.errors import ProblemType
from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG
from imports.games.spec import Chart as ChartFacts
from imports.jobs import Upload
from imports.models import Chart, Import, ImportProblem, Song
from imports.models.row_corrections import open_problems
from imports.pages.imports.problems.row_correction import corrected_upload
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.suggestions import Kept, Match, chart_reference_of, sure_matches

TITLE = "songTitle"
UNKNOWN = (ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS)
MAX_ROWS = 2_000  # rows of one step; the rest follows once these are imported
MAX_LIKELY_TITLES = 100  # titles of one search: each is compared with the titles of its game
MAX_CANDIDATES = 100  # songs that are compared with a title
LEAST_PERCENT = 75  # similarity from which another title is suggested
LEAST_PART = 2  # letters of the shortest part of a title that is searched for

K = TypeVar("K")

# The first line of the search text is the title, without case and accents.
CANDIDATES = f"""
    SELECT wanted.place, song.id, song.title
    FROM unnest(%(games)s::text[], %(first)s::text[], %(second)s::text[], %(third)s::text[])
        WITH ORDINALITY AS wanted (game, first, second, third, place)
    CROSS JOIN LATERAL (
        SELECT id, title FROM {Song._meta.db_table}
        WHERE game = wanted.game AND (
            (length(first) >= %(least)s AND strpos(split_part(search_text, E'\\n', 1), first) > 0)
            OR (length(second) >= %(least)s AND strpos(split_part(search_text, E'\\n', 1), second) > 0)
            OR (length(third) >= %(least)s AND strpos(split_part(search_text, E'\\n', 1), third) > 0))
        ORDER BY id LIMIT %(most)s
    ) song ORDER BY wanted.place, song.id
"""  # noqa: S608 - only our own table's name is pasted in


@dataclass(frozen=True, slots=True)
class LikelyMatch:
    """A song with a title similar to a row's. `chart` is None unless exactly one chart fits."""

    title: str
    chart: ChartFacts | None
    percent: int
    is_one_letter: bool


def likely_matches(rows: Mapping[K, Kept]) -> dict[K, LikelyMatch]:
    """Returns the likeliest song for the title of each row that has a similar one.

    Three queries; for at most `MAX_LIKELY_TITLES` titles.
    """
    asked = {}
    for name, row in rows.items():
        question = chart_reference_of(row)
        game = str(row.context.get("game")) if isinstance(row.context, dict) else ""
        if question is not None and question.match_type == TITLE and game in BY_SLUG:
            asked[name] = (game, question)
    titles = list(dict.fromkeys((game, question.identifier) for game, question in asked.values()))
    songs = _likeliest_songs(titles[:MAX_LIKELY_TITLES])
    charts = list(Chart.objects.filter(song__in=[key for key, *_ in songs.values()], is_primary=True))
    facts = charts_by_pk([chart.pk for chart in charts])
    matches = {}
    for name, (game, question) in asked.items():
        if (game, question.identifier) not in songs:
            continue
        key, title, percent, is_one_letter = songs[game, question.identifier]
        named = [
            facts[chart.pk]
            for chart in charts
            if chart.song_id == key
            and chart.difficulty == question.difficulty
            and question.playtype in (None, chart.playtype)
        ]
        # With several charts, the row does not say which one it means.
        chart = named[0] if len(named) == 1 else None
        matches[name] = LikelyMatch(title, chart, percent, is_one_letter)
    return matches


def _likeliest_songs(titles: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str, int, bool]]:
    """Returns (game, title) -> (song's key, its title, percent of similarity, whether one letter differs). One query.

    A title that differs in one or two places has an unchanged third: songs are searched for by the thirds.
    """
    wanted = [pattern(title) for _, title in titles]
    parameters: dict[str, Any] = {
        "games": [game for game, _ in titles],
        **{
            name: [title[len(title) * place // 3 : len(title) * (place + 1) // 3].strip() for title in wanted]
            for place, name in enumerate(("first", "second", "third"))
        },
        "least": LEAST_PART,
        "most": MAX_CANDIDATES,
    }
    found: dict[tuple[str, str], tuple[int, str, int, bool]] = {}
    if not titles:
        return found
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, parameters)
        candidates: list[tuple[int, int, str]] = cursor.fetchall()
    likeness = SequenceMatcher(autojunk=False)
    for place, rows in groupby(candidates, key=lambda row: row[0] - 1):
        likeness.set_seq2(wanted[place])  # SequenceMatcher caches what it computes of the second text
        for _, key, title in rows:
            likeness.set_seq1(pattern(title))
            best = max(LEAST_PERCENT, found[titles[place]][2] + 1) if titles[place] in found else LEAST_PERCENT
            # Upper bounds first: they are cheap.
            bounds = (likeness.real_quick_ratio, likeness.quick_ratio, likeness.ratio)
            if all(int(bound() * 100) >= best for bound in bounds):
                changes = [each for each in likeness.get_opcodes() if each[0] != "equal"]
                # One letter is missing, added or different.
                is_one = len(changes) == 1 and max(changes[0][2] - changes[0][1], changes[0][4] - changes[0][3]) == 1
                found[titles[place]] = (key, title, int(likeness.ratio() * 100), is_one)
    return found


def find_matches(problems: Sequence[ImportProblem]) -> dict[int, Match]:
    """Returns row -> its sure match. The problems must have their imports and orphans selected. Two queries."""
    return sure_matches(
        {
            problem.row: Kept(problem.datapoint, problem.orphan.context, problem.job.import_type)
            for problem in problems
            if problem.type in UNKNOWN and problem.orphan is not None
        }
    )


def find_import_matches(job: Import) -> dict[int, Match]:
    """Returns the sure matches of an import's rows. Three queries."""
    return find_matches(_unknown_rows(job))


def corrected_rows(job: Import, *, client: str) -> tuple[Upload, list[int]] | None:
    """Returns an upload of all rows with a sure match, and their row numbers in the import; None without matches."""
    problems = {problem.row: problem for problem in _unknown_rows(job)}
    matches = find_matches(list(problems.values()))
    if not matches:
        return None
    orphan = problems[next(iter(matches))].orphan
    context = orphan.context if orphan is not None else {}  # only rows with orphans have matches
    rows = {row: (problems[row].datapoint, match.chart) for row, match in matches.items()}
    return corrected_upload(job, context, rows, client=client), list(matches)


def _unknown_rows(job: Import) -> list[ImportProblem]:
    """Returns the problems of rows with unknown titles, with their orphans."""
    source = BY_IMPORT_TYPE.get(job.import_type)
    if source is None or source.asks_by_title is None:
        return []
    asking = {f"datapoint__{member}": value for member, value in source.asks_by_title.items()}
    found = open_problems().filter(job=job, type__in=UNKNOWN, **asking)
    return list(found.select_related("orphan", "job").order_by("row")[:MAX_ROWS])
