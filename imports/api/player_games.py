"""/api/v1/users/:userID/games/:game/:playtype: a player's profile (spec: http-api-reads §3)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.db import connection
from django.db.models import F, FloatField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters, queries
from imports.api.activity import GPT, feeds, wish_of
from imports.api.documents import (
    Document,
    place_document,
    ranking_document,
    score_document,
    stats_document,
    user_document,
)
from imports.api.loading import bests_with_companions, charts_of, one_moment
from imports.api.players import Player, PlayerResource
from imports.api.responses import success
from imports.formats import schema
from imports.models import GameStats, PersonalBest, Score
from imports.pipeline.ranking import stats_rankings

HISTORY_QUERY = {"duration": parameters.maybe(schema.one_of(("week", "month", "3mo", "year")))}
MOST_PLAYED = 100
REACH = 5  # players above, and below
BESTS = PersonalBest._meta.db_table
SCORES = Score._meta.db_table


class PlayerGame(PlayerResource):
    """What a player is on a game and playtype."""

    def list(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """The profile."""
        player = self.player()
        with one_moment():
            body = _profile(player)
        name = player.user.username
        return success(f"Retrieved user statistics for {name} ({game} {playtype})", body)

    @action(detail=False)
    def history(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Of now alone: no snapshots of earlier days are stored."""
        player = self.player()
        parameters.query(request, HISTORY_QUERY)
        with one_moment():
            body = [_snapshot(player)]
        return success("Successfully returned history for the past 0 days.", body)

    @action(detail=False, url_path="most-played")
    def most_played(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        player = self.player()
        with one_moment():
            body = _most_played(player)
        return success(f"Returned {len(body['pbs'])} scores.", body)

    @action(detail=False, url_path="leaderboard-adjacent")
    def neighbours(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """The players just above and below; equals count as below."""
        player = self.player()
        ratings = player.playtype.profile_ratings
        rating = queries.rating(request, known=ratings, usual=player.playtype.default_profile_rating)
        with one_moment():
            body = _neighbours(player, rating)
        return success(f"Returned {len(body['above']) + len(body['below'])} nearby stats.", body)

    @action(detail=False)
    def activity(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        player = self.player()
        wish, scope = wish_of(request), GPT(game, playtype)
        with one_moment():
            return success("Retrieved activity.", feeds([scope], wish, user=player.user)[str(scope)])


def _profile(player: Player) -> Document:
    """Times of play in milliseconds."""
    stats = player.stats().get()
    timed = player.scores().filter(time_achieved__isnull=False)
    ends = [timed.order_by("time_achieved", "pk").first(), timed.order_by("-time_achieved", "-pk").first()]
    charts = charts_of(score.chart_id for score in ends if score)
    first, last = (score and score_document(score, charts[score.chart_id]) for score in ends)
    return {
        "gameStats": stats_document(stats),
        "firstScore": first,
        "mostRecentScore": last,
        "totalScores": player.scores().count(),
        "rankingData": ranking_document(stats_rankings([stats])[stats.pk]),
        "playtime": int(player.sessions().aggregate(total=Sum(F("time_ended") - F("time_started")))["total"] or 0),
    }


def _snapshot(player: Player) -> Document:
    stats = player.stats().get()
    return {
        "timestamp": time.time_ns() // 1_000_000,
        "ratings": stats.ratings,
        "classes": stats.classes,
        "playcount": player.scores().count(),
        "rankings": ranking_document(stats_rankings([stats])[stats.pk]),
    }


def _most_played(player: Player) -> Document:
    """Counted from the bests, one on each chart, in the index `score_by_chart`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT best.id, plays.count FROM {BESTS} AS best CROSS JOIN LATERAL (
                SELECT count(*) FROM {SCORES} AS score
                WHERE score.chart_id = best.chart_id AND score.user_id = best.user_id
            ) AS plays
            WHERE best.user_id = %s AND best.game = %s AND best.playtype = %s
            ORDER BY plays.count DESC, best.id LIMIT %s
            """,  # noqa: S608 - only our own tables' names are pasted in
            [player.user.pk, player.game, player.playtype.name, MOST_PLAYED],
        )
        counts = dict(cursor.fetchall())
    bests = player.bests().in_bulk(counts)
    body = bests_with_companions([bests[key] for key in counts])
    pbs = [{**best, "__playcount": count} for best, count in zip(body["pbs"], counts.values(), strict=True)]
    return {**body, "pbs": pbs}


def _neighbours(player: Player, rating: str) -> Document:
    mine = player.stats().get()
    above, below = _stats_around(mine, rating)
    return {
        "above": [stats_document(row) for row in above],
        "below": [stats_document(row) for row in below],
        "users": [user_document(row.user) for row in (*above, *below)],
        "thisUsersStats": stats_document(mine),
        "thisUsersRanking": place_document(stats_rankings([mine])[mine.pk][rating]),
    }


def _stats_around(mine: GameStats, rating: str) -> tuple[Sequence[GameStats], Sequence[GameStats]]:
    """The stats above and below, each best first."""
    value = Cast(KeyTextTransform(rating, "ratings"), FloatField())
    others = GameStats.objects.filter(game=mine.game, playtype=mine.playtype).exclude(pk=mine.pk)
    others = others.select_related("user").annotate(rating=value)
    own = mine.ratings.get(rating)
    if own is None:
        return [], list(others.filter(rating=None).order_by("pk")[:REACH])
    above = list(others.filter(rating__gt=own).order_by("rating", "-pk")[:REACH])
    return above[::-1], list(others.filter(rating__lte=own).order_by("-rating", "pk")[:REACH])
