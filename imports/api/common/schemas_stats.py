"""The documents of players' stats: ratings, classes and ranks."""

from __future__ import annotations

from typing import Annotated, Any, Self

from msgspec import Meta, field

from imports.api.common.schemas import Classes, Game, Milliseconds, Playtype, Ratings
from imports.api.core.responses import Schema
from imports.integers import milliseconds
from imports.models.results.stats import ClassAchievement, GameStats
from imports.pipeline.rankings.ranks import Rank as ComputedRank
from imports.pipeline.rankings.ranks import Ranking


class Place(Schema):
    ranking: int | None
    out_of: int

    @classmethod
    def from_rank(cls, rank: ComputedRank) -> Self:
        return cls(ranking=rank.rank, out_of=rank.out_of)


PlacesByRating = Annotated[dict[str, Place], Meta(description="The ranks, keyed by rating.")]


def places_of(ranking: Ranking) -> dict[str, Place]:
    return {name: Place.from_rank(place) for name, place in ranking.items()}


class Stats(Schema):
    user_id: int
    game: Game
    playtype: Playtype
    ratings: Ratings
    classes: Classes

    @classmethod
    def from_row(cls, stats: GameStats, **more: Any) -> Self:
        return cls.from_attributes(stats, **more)


StatsRows = list[Stats]


class RankedStats(Stats):
    ranking_data: PlacesByRating = field(name="__rankingData")


class RankedRow(Stats):
    """`rank`: one plus the number of players with a higher rating; players without a rating count as 0."""

    rank: int


class Achievement(Schema):
    """A class that a player reached."""

    user_id: int
    game: Game
    playtype: Playtype
    class_set: str
    class_old_value: str | None
    class_value: str
    time_achieved: Milliseconds

    @classmethod
    def from_row(cls, achievement: ClassAchievement) -> Self:
        return cls.from_attributes(
            achievement,
            class_old_value=achievement.old_value,
            class_value=achievement.new_value,
            time_achieved=milliseconds(achievement.time_achieved),
        )
