"""The most played charts of a playtype, and the charts of the songs of a search (spec: §7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from rest_framework.request import Request

from imports.api.catalogue import schemas
from imports.api.catalogue.caching import cached
from imports.api.catalogue.views import GamePlaytype
from imports.api.common import schemas as shared
from imports.api.common.generations import Generation
from imports.api.common.queries import load_charts
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import optional_text, switch
from imports.catalogue.search import find_songs
from imports.models import Chart, PersonalBest, Score, User

MAX_LISTED = 100
BESTS = PersonalBest._meta.db_table
SCORES = Score._meta.db_table
CHARTS = Chart._meta.db_table

SEARCH = optional_text("search", "The title of the song.")
HAS_PLAYED = optional_text("requesterHasPlayed", "Only songs that you have played. Enabled if present, with any value.")
WITH_EXTRA_SETS = switch("noIntelligentOmit", "Includes the 2dxtra charts of IIDX.")
CHARTS_QUERY = (SEARCH, HAS_PLAYED, WITH_EXTRA_SETS)


class UserRequired(APIError):
    status = 401
    message = "You must be authorised as a user to use the requesterHasPlayed option."


@dataclass(frozen=True, slots=True)
class ChartQuery:
    """The parameters of a list of charts (spec: http-api-reads §7.1).

    In the API of 2026 charts are listed by their number of scores instead of players, `by` selects charts instead of
    songs, and IIDX's 2dxtra sets are never listed (spec: api-v3 §2.8).
    """

    search: str | None  # None if absent; an empty text is a search
    by: User | None  # only charts of songs that this user has played
    with_extra_sets: bool
    of_2026: bool = False

    @property
    def is_everything(self) -> bool:
        return self.search is None and self.by is None


def chart_query(request: Request, user: User | None, *, of_2026: bool) -> ChartQuery:
    """Returns the parameters of a request. Raises UserRequired for a guest who requests played charts."""
    has_played = HAS_PLAYED.of(request) is not None
    if has_played and user is None:
        raise UserRequired()
    search = SEARCH.of(request)
    return ChartQuery(
        # In the API of 2026 an empty text is no search.
        search=(search or None) if of_2026 else search,
        by=user if has_played else None,
        with_extra_sets=WITH_EXTRA_SETS.is_in(request) and not of_2026,
        of_2026=of_2026,
    )


def chart_list(played: GamePlaytype, query: ChartQuery, documents: Generation) -> schemas.Charts:
    """Returns charts, most played first. Without a search text or a player the counts are at most ten minutes old."""
    if query.is_everything:
        counted = "scores" if query.of_2026 else "players"
        counts = cached(f"most-played:{played}:{counted}", lambda: _most_played(played, query))
    else:
        counts = _most_played(played, query)
    charts = load_charts(counts)
    songs = {chart.song_id: chart.song for chart in charts.values()}
    chart_document, listed = documents.of(shared.Chart), documents.of(schemas.PlayedChart)
    # Tachi hides IIDX's 2dxtra sets unless a player has enabled them in a setting, which does not exist here.
    return documents.of(schemas.Charts)(
        charts=[
            listed.extend(chart_document.from_row(charts[key]), playcount=count)
            for key, count in counts.items()
            if key in charts and (query.with_extra_sets or charts[key].data.get("2dxtraSet") is None)
        ],
        songs=[documents.of(shared.Song).from_row(song) for song in songs.values()],
    )


def _most_played(played: GamePlaytype, query: ChartQuery) -> dict[int, int]:
    """Returns chart -> its number of players (or of scores), for the `MAX_LISTED` most played charts."""
    conditions, values = ["chart.game = %(game)s", "chart.playtype = %(playtype)s"], dict[str, Any](played.names)
    if query.search is not None:
        conditions.append("chart.song_id = ANY(%(songs)s)")
        values["songs"] = [found.song.pk for found in find_songs(query.search, game=played.game.slug)]
    if query.of_2026:
        conditions.append("chart.data->>'2dxtraSet' IS NULL")
    if query.by is not None and query.of_2026:
        conditions.append(f"chart.id IN (SELECT chart_id FROM {BESTS} WHERE user_id = %(user)s)")  # noqa: S608
        values["user"] = query.by.pk
    elif query.by is not None:
        conditions.append(
            f"""chart.song_id IN (SELECT sibling.song_id FROM {BESTS} best JOIN {CHARTS} sibling
            ON sibling.id = best.chart_id WHERE best.user_id = %(user)s
            AND best.game = %(game)s AND best.playtype = %(playtype)s)"""  # noqa: S608 - our own tables' names
        )
        values["user"] = query.by.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart.id, (
                SELECT count(*) FROM {SCORES if query.of_2026 else BESTS} AS play WHERE play.chart_id = chart.id
            ) AS plays
            FROM {CHARTS} chart WHERE {" AND ".join(conditions)} ORDER BY plays DESC, chart.id LIMIT {MAX_LISTED}
            """,  # noqa: S608 - only our own words are pasted in
            values,
        )
        return dict(cursor.fetchall())


def score_counts(charts: Sequence[int]) -> Mapping[int, int]:
    """Returns chart -> its number of scores, counted in the index `score_by_chart`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT wanted.id, (SELECT count(*) FROM {SCORES} score WHERE score.chart_id = wanted.id)
            FROM unnest(%s::bigint[]) AS wanted (id)
            """,  # noqa: S608 - only our own table's name is pasted in
            [list(charts)],
        )
        return dict(cursor.fetchall())
