"""Documents of games, charts, songs and the search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from imports.api.common.schemas import (
    Chart,
    Count,
    FoundSong,
    Game,
    Nothing,
    Playtype,
    RankedBest,
    Song,
    User,
)
from imports.api.common.schemas_stats import RankedRow, Stats
from imports.api.common.schemas_v3 import GameID
from imports.api.core.responses import Schema

JSONSchema = Annotated[dict[str, Any], Meta(description="A JSON Schema.")]

# --- games --------------------------------------------------------------------------------------------


class GameConfig(Schema):
    """A game, called a game group in API version 2026; `games` lists the games of that version."""

    name: str
    playtypes: list[Playtype]
    song_data: JSONSchema
    games: list[GameID]
    dynamic_content: Annotated[bool, Meta(description="Whether the charts are created by players.")]


class Games(Schema):
    supported_games: list[Game]
    configs: dict[str, GameConfig]


class PlaytypeConfig(Schema):
    provided_metrics: dict[str, Any]
    derived_metrics: dict[str, Any]
    optional_metrics: dict[str, Any]
    default_metric: str
    preferred_default_enum: str
    default_score_rating_alg: str
    default_session_rating_alg: str
    default_profile_rating_alg: str
    score_rating_algs: dict[str, Any]
    session_rating_algs: dict[str, Any]
    profile_rating_algs: dict[str, Any]
    difficulties: dict[str, Any]
    classes: dict[str, Any]
    ordered_judgements: list[str]
    versions: dict[str, str]
    supported_match_types: list[str]
    chart_data: JSONSchema
    preferences: JSONSchema
    score_meta: JSONSchema


class GameInfo(Schema):
    config: PlaytypeConfig
    score_count: Count
    player_count: Count
    chart_count: Count


class Leaders(Schema):
    game_stats: list[Stats]
    users: list[User]


class RankedLeaders(Schema):
    game_stats: list[RankedRow]
    users: list[User]


class BestLeaders(Schema):
    pbs: list[RankedBest]
    songs: list[Song]
    charts: list[Chart]
    users: list[User]


Users = list[User]

# --- songs and charts -----------------------------------------------------------------------------------


class PlayedChart(Chart):
    playcount: Annotated[int, Meta(description="The players with a best on the chart.")] = field(name="__playcount")


class Charts(Schema):
    charts: list[PlayedChart]
    songs: list[Song]


class SongAndChart(Schema):
    song: Song
    chart: Chart


class SongWithCharts(Schema):
    song: Song
    charts: list[Chart]


class Playcount(Schema):
    count: Count


class ChartBoard(Schema):
    pbs: list[RankedBest]
    users: list[User]


# --- the search -----------------------------------------------------------------------------------------


class FoundUser(User):
    is_rival: Literal[False] = field(name="__isRival")


class ChartHit(Schema):
    song: FoundSong
    chart: Chart
    playcount: Count


class HashHit(Schema):
    song: Song
    chart: Chart
    playcount: None


class ChartsWithHash(Schema):
    """The form of API version 2026."""

    charts: list[Chart]


class Found(Schema):
    users: list[FoundUser]
    charts: Annotated[dict[str, list[ChartHit]], Meta(description="`game:playtype` -> charts, best match first.")]
    folders: Nothing


class FoundByHash(Schema):
    charts: dict[str, list[HashHit]]
