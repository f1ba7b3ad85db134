"""/api/v1/users/:userID/games/:game/:playtype: a player's profile (spec: http-api-reads §3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, FloatField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common import schemas_stats
from imports.api.common.activity import FEED_QUERY, Feed, Feeds, FeedScope, feed_params, feeds
from imports.api.common.players import NO_PLAYER, Player, PlayerViewSet, PlayerViewSetV3
from imports.api.common.queries import bests_with_related, load_charts, read_snapshot, score_documents
from imports.api.common.schemas_v3 import game_id
from imports.api.core.endpoints import endpoint
from imports.api.core.parameters import RATING, Fields, choice, rating_param
from imports.api.players import schemas
from imports.models import GameStats, PersonalBest, Score
from imports.pipeline.derived.bests import on_chart
from imports.pipeline.rankings.ranks import stats_rankings, stats_ranks

DURATIONS = ("week", "month", "3mo", "year")
HISTORY_QUERY = Fields(choice("duration", "Ignored.", *DURATIONS))
HISTORY_QUERY_V3 = Fields(choice("duration", "Ignored.", *DURATIONS, "all"))
MOST_PLAYED = 100
NEIGHBOUR_COUNT = 5  # players on each side
BESTS = PersonalBest._meta.db_table
SCORES = Score._meta.db_table


class PlayerProfile(PlayerViewSet):
    """The profile of a player on a game and playtype."""

    missing_rating: float | None = None
    """What counts as the rating of a player who has none; None: below all others."""

    @endpoint(
        id="getProfile",
        returns=schemas.Profile,
        message="Retrieved user statistics for {user} ({game})",
        raises=NO_PLAYER,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Returns a player's ratings, classes and ranks on a game."""
        player = self.player()
        with read_snapshot():
            stats = player.stats().get()
            timed = player.scores().filter(time_achieved__isnull=False)
            # Simultaneous scores are ordered by ID: primary keys change when an import is reverted and restored.
            firsts = [timed.order_by(order, "score_id").first() for order in ("time_achieved", "-time_achieved")]
            ends = [score for score in firsts if score is not None]
            # One query for both charts, which are often the same.
            charts = load_charts(score.chart_id for score in ends)
            scores = score_documents(ends, charts, self.documents)
            played = player.sessions().aggregate(
                total=Sum(F("time_ended") - F("time_started")), scores=Sum("score_count", default=0)
            )
            body = self.documents.of(schemas.Profile)(
                game_stats=self.documents.of(schemas_stats.Stats).from_row(stats),
                first_score=scores[0] if scores else None,
                most_recent_score=scores[-1] if scores else None,
                total_scores=player.count_scores(in_sessions=played["scores"]),
                ranking_data=schemas_stats.places_of(stats_rankings([stats])[stats.pk]),
                playtime=int(played["total"] or 0),
            )
        return self.ok(body, user=player.user.username, game=self.game_in_words(player))

    @endpoint(
        id="getHistory",
        returns=schemas.History,
        message="Successfully returned history for the past 0 days.",
        query=HISTORY_QUERY,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def history(self, request: Request, **address: str) -> Response:
        """Returns the history of a player's ratings: a single snapshot of the current state."""
        player = self.player()
        self.query(HISTORY_QUERY)
        with read_snapshot():
            return self.ok([snapshot(player)])

    @endpoint(
        id="listMostPlayed",
        returns=schemas.PlayedBests,
        message="Returned {count} scores.",
        raises=NO_PLAYER,
    )
    @action(detail=False, url_path="most-played")
    def most_played(self, request: Request, **address: str) -> Response:
        """Lists the 100 charts that a player has played most."""
        player = self.player()
        with read_snapshot():
            counts = most_played(player)
            # In the order of the counts, which a query by key does not preserve.
            bests = player.bests().in_bulk(counts)
            related = bests_with_related([bests[key] for key in counts], self.documents)
        document = self.documents.of(schemas.PlayedBest)
        body = self.documents.of(schemas.PlayedBests)(
            pbs=[
                document.extend(best, playcount=count) for best, count in zip(related.pbs, counts.values(), strict=True)
            ],
            songs=related.songs,
            charts=related.charts,
        )
        return self.ok(body, count=len(body.pbs))

    @endpoint(
        id="getNeighbours",
        returns=schemas.Neighbours,
        message="Returned {count} nearby stats.",
        query=(RATING,),
        raises=NO_PLAYER,
    )
    @action(detail=False, url_path="leaderboard-adjacent")
    def neighbours(self, request: Request, **address: str) -> Response:
        """Returns the players directly above and below a player on the leaderboard.

        Players with the same rating are listed as below.
        """
        return self.nearby(schemas.Neighbours)

    def nearby(self, kind: Any) -> Response:
        """Returns the neighbours of a player. `kind`: the class of the body, with or without ranks of its rows."""
        player = self.player()
        ratings = player.playtype.profile_ratings
        rating = rating_param(self.request, known=ratings, default=player.playtype.default_profile_rating)
        with read_snapshot():
            mine = player.stats().get()
            above, below = neighbouring_stats(mine, rating, missing=self.missing_rating)
            place = stats_rankings([mine])[mine.pk][rating]
            # Together, so that the ranks take one query.
            rows = self.rows([*above, mine, *below], rating)
        body = self.documents.of(kind)(
            above=rows[: len(above)],
            below=rows[len(above) + 1 :],
            users=[shared.User.from_row(row.user) for row in (*above, *below)],
            this_users_stats=rows[len(above)],
            this_users_ranking=schemas_stats.Place.from_rank(place),
        )
        return self.ok(body, count=len(above) + len(below))

    def rows(self, stats: Sequence[GameStats], rating: str) -> schemas_stats.StatsRows:
        """Returns the documents of stats."""
        return [self.documents.of(schemas_stats.Stats).from_row(row) for row in stats]

    @endpoint(
        id="getPlayerActivity",
        returns=Feed,
        message="Retrieved activity.",
        query=FEED_QUERY,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def activity(self, request: Request, **address: str) -> Response:
        """Returns the recent activity of a player on a game."""
        return self.ok(self.feed())

    @endpoint(
        id="getGameSettings",
        returns=schemas.GameSettings,
        message="Returned {user} (#{user_id})'s settings.",
        raises=NO_PLAYER,
    )
    @action(detail=False, url_path="settings")
    def game_settings(self, request: Request, **address: str) -> Response:
        """Returns a player's settings of a game. They are the defaults, as this instance has no such settings."""
        player = self.player()
        body = self.documents.of(schemas.GameSettings).of_player(player.user.pk, player.game, player.playtype.name)
        return self.ok(body, user=player.user.username, user_id=player.user.pk)

    def feed(self) -> Feed:
        player = self.player()
        params, scope = feed_params(self.request), FeedScope(player.game, player.playtype.name)
        with read_snapshot():
            return feeds([scope], params, self.documents, user=player.user)[scope]

    def game_in_words(self, player: Player) -> str:
        """Returns the name of the game in the description of the response."""
        return f"{player.game} {player.playtype.name}"


class PlayerProfileV3(PlayerViewSetV3, PlayerProfile):
    """The same in the API of 2026."""

    generations = (PlayerViewSetV3.generations[0].extended(forms={schemas.GameSettings: schemas.GameSettingsV3}),)
    missing_rating = 0.0

    @endpoint(
        id="getHistory",
        returns=schemas.History,
        message="Successfully returned history for the past 0 days.",
        query=HISTORY_QUERY_V3,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def history(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the history of a player's ratings: a single snapshot of the current state."""
        player = self.player()
        self.query(HISTORY_QUERY_V3)
        with read_snapshot():
            return self.ok([snapshot(player)])

    @endpoint(
        id="getNeighbours",
        returns=schemas.RankedNeighbours,
        message="Returned {count} nearby stats.",
        query=(RATING,),
        raises=NO_PLAYER,
    )
    @action(detail=False, url_path="leaderboard-adjacent")
    def neighbours(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the players directly above and below a player on the leaderboard, with their ranks."""
        return self.nearby(schemas.RankedNeighbours)

    def rows(self, stats: Sequence[GameStats], rating: str) -> schemas_stats.StatsRows:
        ranks = stats_ranks(stats, rating)
        return [self.documents.of(schemas_stats.RankedRow).from_row(row, rank=ranks[row.pk]) for row in stats]

    @endpoint(
        id="getPlayerActivity",
        returns=Feeds,
        message="Retrieved activity.",
        query=FEED_QUERY,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def activity(self, request: Request, **address: str) -> Response:  # type: ignore[override]  # as DRF's stubs have actions
        """Returns the recent activity of a player on a game, keyed by the ID of the game."""
        return self.ok({self.kwargs["game_id"]: self.feed()})

    @endpoint(id="listRivals", returns=shared.Nothing, message="Returned {count} rivals.", raises=NO_PLAYER)
    @action(detail=False)
    def rivals(self, request: Request, **address: str) -> Response:
        """Lists a player's rivals. Always empty, as rivals are not supported."""
        self.player()
        return self.ok([], count=0)

    @endpoint(id="listChallengers", returns=shared.Nothing, message="Returned {count} challengers.", raises=NO_PLAYER)
    @action(detail=False, url_path="rivals/challengers")
    def challengers(self, request: Request, **address: str) -> Response:
        """Lists the users who have a player as a rival. Always empty, as rivals are not supported."""
        self.player()
        return self.ok([], count=0)

    def game_in_words(self, player: Player) -> str:
        return game_id(player.game, player.playtype.name)


def snapshot(player: Player) -> schemas.Snapshot:
    """Returns the current snapshot of a player for the history."""
    stats = player.stats().get()
    return schemas.Snapshot(
        timestamp=time.time_ns() // 1_000_000,
        ratings=stats.ratings,
        classes=stats.classes,
        playcount=player.count_scores(),
        rankings=schemas_stats.places_of(stats_rankings([stats])[stats.pk]),
    )


def most_played(player: Player) -> dict[int, int]:
    """Returns best -> number of scores, for the most played charts. Counted in the index `score_by_chart`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT best.id, plays.count FROM {BESTS} AS best CROSS JOIN LATERAL (
                SELECT count(*) FROM {SCORES} WHERE {on_chart("best.chart_id", "best.user_id")}
            ) AS plays
            WHERE best.user_id = %s AND best.game = %s AND best.playtype = %s
            ORDER BY plays.count DESC, best.id LIMIT %s
            """,  # noqa: S608 - only our own tables' names are pasted in
            [player.user.pk, player.game, player.playtype.name, MOST_PLAYED],
        )
        return dict(cursor.fetchall())


def neighbouring_stats(
    mine: GameStats, rating: str, *, missing: float | None
) -> tuple[Sequence[GameStats], Sequence[GameStats]]:
    """Returns the stats of the players above and below, each best first. `missing` takes the place of no rating."""
    value: Any = Cast(KeyTextTransform(rating, "ratings"), FloatField())
    if missing is not None:
        value = Coalesce(value, missing)
    others = GameStats.objects.filter(game=mine.game, playtype=mine.playtype).exclude(pk=mine.pk)
    others = others.select_related("user").annotate(rating=value)
    # Players without a rating are below all others.
    own = mine.ratings.get(rating)
    own = missing if own is None else own
    if own is None:
        return [], list(others.filter(rating=None).order_by("pk")[:NEIGHBOUR_COUNT])
    above = list(others.filter(rating__gt=own).order_by("rating", "-pk")[:NEIGHBOUR_COUNT])
    return above[::-1], list(others.filter(rating__lte=own).order_by("-rating", "pk")[:NEIGHBOUR_COUNT])
