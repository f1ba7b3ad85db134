"""The charts of a playtype that are played most, and those of songs that somebody searches for (spec: §7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from rest_framework.request import Request

from imports.api import queries
from imports.api.documents import Document, chart_document, song_document
from imports.api.errors import Refused
from imports.api.game_resource import Played
from imports.api.loading import charts_of
from imports.api.remembered import remembered
from imports.catalogue_search import find_songs
from imports.models import Chart, PersonalBest, Score, User

LISTED = 100
BESTS = PersonalBest._meta.db_table
SCORES = Score._meta.db_table
CHARTS = Chart._meta.db_table
FOR_NOBODY = "You must be authorised as a user to use the requesterHasPlayed option."


@dataclass(frozen=True, slots=True)
class ChartWish:
    """What is asked for. `search` None: no text was given; an empty one was."""

    search: str | None
    by: User | None  # only charts of songs that they have played
    with_extra_sets: bool

    @property
    def is_everything(self) -> bool:
        return self.search is None and self.by is None


def chart_wish(request: Request, user: User | None) -> ChartWish:
    """Raises Refused with 401 for a guest who asks for what they have played."""
    has_played = queries.text(request, "requesterHasPlayed") is not None
    if has_played and user is None:
        raise Refused(FOR_NOBODY, status=401)
    return ChartWish(
        search=queries.text(request, "search"),
        by=user if has_played else None,
        with_extra_sets="noIntelligentOmit" in request.query_params,
    )


def chart_list(played: Played, wish: ChartWish) -> Document:
    """`{charts, songs}`, the most played first. Without a wish the counts are at most ten minutes old."""
    if wish.is_everything:
        counts = remembered(f"most-played:{played}", lambda: _most_played(played, wish))
    else:
        counts = _most_played(played, wish)
    charts = charts_of(counts)
    songs = {chart.song_id: chart.song for chart in charts.values()}
    return {
        "charts": [
            {**chart_document(charts[key]), "__playcount": count}
            for key, count in counts.items()
            if key in charts and (wish.with_extra_sets or not _is_extra(charts[key]))
        ],
        "songs": [song_document(song) for song in songs.values()],
    }


def _is_extra(chart: Chart) -> bool:
    """IIDX's 2dxtra sets: hidden by the original except from players who chose to see them. Nobody can choose here."""
    return chart.game == "iidx" and chart.data.get("2dxtraSet") is not None


def _most_played(played: Played, wish: ChartWish) -> dict[int, int]:
    """Chart -> its number of players."""
    conditions, values = ["chart.game = %(game)s", "chart.playtype = %(playtype)s"], dict[str, Any](played.names)
    if wish.search is not None:
        conditions.append("chart.song_id = ANY(%(songs)s)")
        values["songs"] = [found.song.pk for found in find_songs(wish.search, game=played.game.slug)]
    if wish.by is not None:
        conditions.append(
            f"""chart.song_id IN (SELECT sibling.song_id FROM {BESTS} best JOIN {CHARTS} sibling
            ON sibling.id = best.chart_id WHERE best.user_id = %(user)s
            AND best.game = %(game)s AND best.playtype = %(playtype)s)"""  # noqa: S608 - our own tables' names
        )
        values["user"] = wish.by.pk
    return _counted(conditions, values)


def _counted(conditions: Sequence[str], values: Mapping[str, Any]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart.id, (SELECT count(*) FROM {BESTS} best WHERE best.chart_id = chart.id) AS players
            FROM {CHARTS} chart WHERE {" AND ".join(conditions)} ORDER BY players DESC, chart.id LIMIT {LISTED}
            """,  # noqa: S608 - only our own words are pasted in
            values,
        )
        return dict(cursor.fetchall())


def score_counts(charts: Sequence[int]) -> Mapping[int, int]:
    """Chart -> its number of scores, counted in the index `score_by_chart`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT wanted.id, (SELECT count(*) FROM {SCORES} score WHERE score.chart_id = wanted.id)
            FROM unnest(%s::bigint[]) AS wanted (id)
            """,  # noqa: S608 - only our own table's name is pasted in
            [list(charts)],
        )
        return dict(cursor.fetchall())
