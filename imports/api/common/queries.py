"""The queries for documents of many rows; their number does not depend on the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from imports.api.common import schemas
from imports.api.common.generations import V2, Generation
from imports.api.common.shortened import fair_share
from imports.models import Chart, PersonalBest, Score, Session, Song
from imports.pipeline.rankings.ranks import best_ranks

SCORES = Score._meta.db_table
SESSIONS = Session._meta.db_table
LISTED_SCORES = 3_000  # IDs of scores in all sessions of a list together
# By their times: scores have no column for their session, which may change with any import. LATERAL with a LIMIT looks
# up each session separately: only the listed scores are read, and without statistics about the player PostgreSQL cannot
# choose to compare each session with each score.
SCORES_OF_SESSIONS = f"""
    SELECT session.id, score.score_id FROM {SESSIONS} AS session CROSS JOIN LATERAL (
        SELECT id, score_id, time_achieved FROM {SCORES} AS each
        WHERE (each.user_id, each.game, each.playtype) = (session.user_id, session.game, session.playtype)
          AND each.time_achieved BETWEEN session.time_started AND session.time_ended
        ORDER BY each.time_achieved, each.id LIMIT %(limit)s) AS score
    WHERE session.id = ANY(%(keys)s) ORDER BY score.time_achieved, score.id
"""  # noqa: S608 - only our own tables' names are pasted in


# The last session that began before a score is its session unless it ended before: sessions do not overlap.
SESSIONS_OF_SCORES = f"""
    SELECT score.id, session.session_id FROM {SCORES} AS score CROSS JOIN LATERAL (
        SELECT each.session_id, each.time_ended FROM {SESSIONS} AS each
        WHERE (each.user_id, each.game, each.playtype) = (score.user_id, score.game, score.playtype)
          AND each.time_started <= score.time_achieved
        ORDER BY each.time_started DESC LIMIT 1) AS session
    WHERE score.id = ANY(%s) AND session.time_ended >= score.time_achieved
"""  # noqa: S608 - only our own tables' names are pasted in


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Makes all queries inside read the same snapshot of the database."""
    outermost = not connection.in_atomic_block
    # One transaction: a revert between two queries would leave a document half from before it and half from after.
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def load_charts(keys: Iterable[int]) -> dict[int, Chart]:
    """Returns charts with their songs by primary key, in the order of their keys. Charts of one song share its row."""
    # Match keys are for the look-ups of imports: no document has them.
    charts = {chart.pk: chart for chart in Chart.objects.filter(pk__in=set(keys)).defer("match_keys").order_by("pk")}
    songs = Song.objects.defer("match_keys").in_bulk({chart.song_id for chart in charts.values()})
    for chart in charts.values():
        chart.song = songs[chart.song_id]
    return charts


def related_songs_and_charts(charts: Iterable[Chart], documents: Generation = V2) -> dict[str, Any]:
    """Returns the documents of charts and their songs, `{songs, charts}`. The songs must be loaded."""
    listed = list(charts)
    # Several charts of a list may have the same song, which is listed once.
    songs = {chart.song.pk: chart.song for chart in listed}
    song_document, chart_document = documents.of(schemas.Song), documents.of(schemas.Chart)
    return {
        "songs": [song_document.from_row(song) for song in songs.values()],
        "charts": [chart_document.from_row(chart) for chart in listed],
    }


def score_documents(
    scores: Sequence[Score], charts: Mapping[int, Chart], documents: Generation = V2
) -> list[schemas.Score]:
    """Returns the documents of scores. `charts`: by primary key, with their songs loaded."""
    document: Any = documents.of(schemas.Score)
    # Only documents with the ID of the session need the look-up of sessions.
    if "session_id" not in document.__struct_fields__:
        return [document.from_row(score, charts[score.chart_id]) for score in scores]
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS_OF_SCORES, [[score.pk for score in scores]])
        sessions = dict(cursor.fetchall())
    return [document.from_row(score, charts[score.chart_id], sessions.get(score.pk)) for score in scores]


def scores_with_related(scores: Sequence[Score], documents: Generation = V2) -> schemas.Scores:
    charts = load_charts(score.chart_id for score in scores)
    return documents.of(schemas.Scores)(
        scores=score_documents(scores, charts, documents), **related_songs_and_charts(charts.values(), documents)
    )


def bests_with_related(bests: Sequence[PersonalBest], documents: Generation = V2) -> schemas.Bests:
    """Returns the documents of bests with their ranks, and their charts and songs."""
    charts = load_charts(best.chart_id for best in bests)
    # Ranks are not stored: the imports of other players change them all the time.
    ranks = best_ranks(bests)
    document = documents.of(schemas.RankedBest)
    return documents.of(schemas.Bests)(
        pbs=[document.ranked(best, charts[best.chart_id], ranks[best.pk]) for best in bests],
        **related_songs_and_charts(charts.values(), documents),
    )


def only_calendar_columns(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Limits a query to the columns of calendar entries, as each column of ten thousand rows costs time."""
    return sessions.only("session_id", "name", "desc", "highlight", "time_started", "time_ended", "game", "playtype")


def listed_sessions_of(sessions: Sequence[Session], documents: Generation = V2) -> list[schemas.Session]:
    """Returns the documents of sessions for a list or feed, each with at most its fair share of listed scores.

    If scores are left out, `incomplete` has their total number and the URL of the complete list.
    """
    limit = fair_share([session.score_count for session in sessions], total=LISTED_SCORES)
    return session_documents(sessions, documents, limit=limit)


def session_documents(
    sessions: Sequence[Session], documents: Generation = V2, *, limit: int | None = None
) -> list[schemas.Session]:
    """Returns the documents of sessions with the IDs of their first `limit` scores in chronological order."""
    score_ids: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(SCORES_OF_SESSIONS, {"keys": [session.pk for session in sessions], "limit": limit})
        for key, score_id in cursor.fetchall():
            score_ids[key].append(score_id)
    return [documents.of(schemas.Session).from_row(session, score_ids[session.pk]) for session in sessions]
