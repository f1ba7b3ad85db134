"""The bodies of what is read of players, scores and games, as types."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from imports.api.openapi import documents as d
from imports.api.openapi.bodies import Companions, Count
from imports.api.openapi.documents import Document

# --- scores, bests, sessions --------------------------------------------------------------------------


class OneScore(Document):
    """The last three with `?getRelated`."""

    score: d.Score
    user: d.User | UnsetType = UNSET
    song: d.Song | UnsetType = UNSET
    chart: d.Chart | UnsetType = UNSET


class Scores(Companions):
    scores: list[d.Score]


class FoundScores(Document):
    scores: list[d.Score]
    songs: list[d.FoundSong]
    charts: list[d.Chart]


class Bests(Companions):
    pbs: list[d.RankedBest]


class FoundBests(Document):
    pbs: list[d.RankedBest]
    songs: list[d.FoundSong]
    charts: list[d.Chart]


class PlayedBests(Companions):
    pbs: list[d.PlayedBest]


class OneBest(Document):
    """`scores` with `?getComposition`."""

    pb: d.RankedBest
    chart: d.Chart
    scores: list[d.Score] | UnsetType = UNSET


class BestNeighbours(Document):
    pb: d.RankedBest
    chart: d.Chart
    adjacent_above: list[d.RankedBest]
    adjacent_below: list[d.RankedBest]
    users: list[d.User]


class Jubility(Companions):
    pick_up: list[d.RankedBest]
    other: list[d.RankedBest]


class SessionContents(Companions):
    session: d.Session
    scores: list[d.Score]
    user: d.User
    score_info: list[d.ScoreInfo]


class LastSession(Document):
    session: d.Session
    score_info: list[d.ScoreInfo]


# --- players ------------------------------------------------------------------------------------------


class Counts(Document):
    scores: Count
    sessions: Count


class RecentSummary(Document):
    recent_playcount: Count
    recent_sessions: list[d.Session]
    recent_folders: d.Nothing
    recent_folder_stats: d.Empty
    recent_achieved_goals: d.Nothing
    recent_goals: d.Nothing
    recent_improved_goals: d.Nothing


class Profile(Document):
    game_stats: d.Stats
    first_score: d.Score | None
    most_recent_score: d.Score | None
    total_scores: Count
    ranking_data: dict[str, d.Place]
    playtime: Annotated[int, Meta(description="Milliseconds in sessions.", ge=0)]


class Snapshot(Document):
    timestamp: d.Milliseconds
    ratings: d.Ratings
    classes: d.Classes
    playcount: Count
    rankings: dict[str, d.Place]


class Neighbours(Document):
    above: list[d.Stats]
    below: list[d.Stats]
    users: list[d.User]
    this_users_stats: d.Stats
    this_users_ranking: d.Place


# --- games --------------------------------------------------------------------------------------------

Schema = Annotated[dict[str, Any], Meta(description="A JSON Schema.")]


class GameConfig(Document):
    name: str
    playtypes: list[d.Playtype]
    song_data: Schema


class Games(Document):
    supported_games: list[d.Game]
    configs: dict[str, GameConfig]


class PlaytypeConfig(Document):
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
    chart_data: Schema
    preferences: Schema
    score_meta: Schema


class GameInfo(Document):
    config: PlaytypeConfig
    score_count: Count
    player_count: Count
    chart_count: Count


class Leaders(Document):
    game_stats: list[d.Stats]
    users: list[d.User]


class BestLeaders(Bests):
    users: list[d.User]


class Charts(Document):
    songs: list[d.Song]
    charts: list[d.PlayedChart]


class SongAndChart(Document):
    song: d.Song
    chart: d.Chart


class SongWithCharts(Document):
    song: d.Song
    charts: list[d.Chart]


class Playcount(Document):
    count: Count


class ChartBoard(Document):
    pbs: list[d.RankedBest]
    users: list[d.User]
