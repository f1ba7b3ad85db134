"""The queries behind documents of many rows: a fixed number of them, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from imports.api.documents import (
    Document,
    best_document,
    companions,
    score_document,
    session_document,
)
from imports.models import Chart, PersonalBest, Score, Session, Song
from imports.pipeline.ranking import best_ranks

SCORES = Score._meta.db_table
SESSIONS = Session._meta.db_table


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of one moment, however many queries it takes."""
    outermost = not connection.in_atomic_block
    # One transaction: a revert between two queries would leave a document half from before it and half from after.
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def charts_of(keys: Iterable[int]) -> dict[int, Chart]:
    """Charts with their songs, by primary key, in the order of their keys. Charts of one song share its row."""
    charts = {chart.pk: chart for chart in Chart.objects.filter(pk__in=set(keys)).defer("match_keys").order_by("pk")}
    songs = Song.objects.defer("match_keys").in_bulk({chart.song_id for chart in charts.values()})
    for chart in charts.values():
        chart.song = songs[chart.song_id]
    return charts


def scores_with_companions(scores: Sequence[Score]) -> Document:
    """`{scores, songs, charts}`."""
    charts = charts_of(score.chart_id for score in scores)
    documents = [score_document(score, charts[score.chart_id]) for score in scores]
    return {"scores": documents, **companions(charts.values())}


def bests_with_companions(bests: Sequence[PersonalBest]) -> Document:
    """`{pbs, songs, charts}`, each best with its rank among everybody's."""
    charts = charts_of(best.chart_id for best in bests)
    ranks = best_ranks(bests)
    documents = [best_document(best, charts[best.chart_id], ranks[best.pk]) for best in bests]
    return {"pbs": documents, **companions(charts.values())}


def sessions_of(sessions: Sequence[Session]) -> list[Document]:
    """Sessions with the IDs of their scores, in the order in which they were achieved."""
    score_ids: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT session.id, score.score_id FROM {SESSIONS} AS session
            JOIN {SCORES} AS score ON (score.user_id, score.game, score.playtype)
                 = (session.user_id, session.game, session.playtype)
                 AND score.time_achieved BETWEEN session.time_started AND session.time_ended
            WHERE session.id = ANY(%s) ORDER BY score.time_achieved, score.id
            """,  # noqa: S608 - only our own tables' names are pasted in
            [[session.pk for session in sessions]],
        )
        for key, score_id in cursor.fetchall():
            score_ids[key].append(score_id)
    return [session_document(session, score_ids[session.pk]) for session in sessions]
