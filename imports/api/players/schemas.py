"""Documents of players: their profiles, scores, bests and sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType, field

from imports.api.common.schemas import (
    CalendarEntry,
    Chart,
    Classes,
    Companions,
    Count,
    FoundSong,
    Game,
    Milliseconds,
    Nothing,
    Playtype,
    Points,
    RankedBest,
    Ratings,
    Score,
    Session,
    Song,
    User,
)
from imports.api.common.schemas_stats import Place, PlacesByRating, RankedRow, RankedStats, Stats
from imports.api.common.schemas_v3 import GameID, game_id
from imports.api.core.responses import Empty, Schema
from imports.models import Session as SessionRow

# --- scores and bests -----------------------------------------------------------------------------------


class OneScore(Schema):
    """The last three members are present with `?getRelated`."""

    score: Score
    user: User | UnsetType = UNSET
    song: Song | UnsetType = UNSET
    chart: Chart | UnsetType = UNSET


class FoundScores(Schema):
    scores: list[Score]
    songs: list[FoundSong]
    charts: list[Chart]


ScoresOnChart = list[Score]


class FoundBests(Schema):
    pbs: list[RankedBest]
    songs: list[FoundSong]
    charts: list[Chart]


class PlayedBest(RankedBest):
    playcount: Annotated[int, Meta(description="The number of scores on the chart.")] = field(name="__playcount")


class PlayedBests(Schema):
    pbs: list[PlayedBest]
    songs: list[Song]
    charts: list[Chart]


class OneBest(Schema):
    """`scores` is present with `?getComposition`."""

    pb: RankedBest
    chart: Chart
    scores: list[Score] | UnsetType = UNSET


class ResolvedBest(Schema):
    chart: Chart
    song: Song
    pb: RankedBest


class RivalsOnChart(Schema):
    pbs: Nothing
    rivals: Nothing


class BestNeighbours(Schema):
    pb: RankedBest
    chart: Chart
    adjacent_above: list[RankedBest]
    adjacent_below: list[RankedBest]
    users: list[User]


class Jubility(Companions):
    pick_up: list[RankedBest]
    other: list[RankedBest]


# --- sessions -------------------------------------------------------------------------------------------


class ScoreInfo(Schema):
    """The comparison of a score with the player's best before the session. `deltas`: the increase of each metric."""

    score_id: str
    is_new_score: bool
    deltas: dict[str, float] | UnsetType = UNSET


class FoundSession(Session, kw_only=True):
    text_score: Points = field(name="__textScore")


class SessionWithInfo(Session, kw_only=True):
    score_info: list[ScoreInfo] = field(name="__scoreInfo")

    @classmethod
    def with_info(cls, session: SessionRow, score_ids: Sequence[str], info: list[ScoreInfo]) -> Self:
        """Returns the document of a session with the score info of each of its scores."""
        return cls.from_row(session, score_ids, score_info=info)


FoundSessions = list[FoundSession]
SessionsWithInfo = list[SessionWithInfo]
Calendar = list[CalendarEntry]


class SessionContents(Schema):
    session: Session
    scores: list[Score]
    songs: list[Song]
    charts: list[Chart]
    user: User
    score_info: list[ScoreInfo]
    index: Annotated[int, Meta(description="The number of the player's earlier sessions of the game.", ge=0)]


class AdjacentSessions(Schema):
    """The previous and next sessions of the same player and game."""

    prev: Session | None
    next: Session | None


class LastSession(Schema):
    score_info: list[ScoreInfo]
    session: Session


# --- players --------------------------------------------------------------------------------------------


Users = list[User]
AllStats = list[RankedStats]


class Friends(Schema):
    friends: Nothing


class Counts(Schema):
    scores: Count
    sessions: Count


class RecentSummary(Schema):
    recent_playcount: Count
    recent_sessions: list[Session]
    recent_folders: Nothing
    recent_folder_stats: Empty
    recent_achieved_goals: Nothing
    recent_goals: Nothing
    recent_improved_goals: Nothing


class Profile(Schema):
    game_stats: Stats
    first_score: Score | None
    most_recent_score: Score | None
    total_scores: Count
    ranking_data: PlacesByRating
    playtime: Annotated[int, Meta(description="The time spent in sessions, in milliseconds.", ge=0)]


class Snapshot(Schema):
    timestamp: Milliseconds
    ratings: Ratings
    classes: Classes
    playcount: Count
    rankings: PlacesByRating


History = list[Snapshot]


class Neighbours(Schema):
    above: list[Stats]
    below: list[Stats]
    users: list[User]
    this_users_stats: Stats
    this_users_ranking: Place


class RankedNeighbours(Schema):
    above: list[RankedRow]
    below: list[RankedRow]
    users: list[User]
    this_users_stats: RankedRow
    this_users_ranking: Place


# --- settings -------------------------------------------------------------------------------------------


class Preferences(Schema):
    invisible: bool = False
    developer_mode: bool = False
    advanced_mode: bool = False
    contentious_content: bool = False
    deletable_scores: bool = True


class UserSettings(Schema):
    """The same for all users."""

    user_id: int
    following: Nothing
    preferences: Preferences


class GamePreferences(Schema, kw_only=True):
    """The preferred ratings and tables of a player, which are the defaults of the game."""

    preferred_score_alg: None = None
    preferred_session_alg: None = None
    preferred_profile_alg: None = None
    preferred_default_enum: None = None
    default_table: None = None
    preferred_ranking: None = None
    stats: Nothing
    game_specific: Mapping[str, Any]


class GameSettings(Schema):
    """The same for all users."""

    user_id: int
    game: Game
    playtype: Playtype
    preferences: GamePreferences
    rivals: Nothing

    @classmethod
    def of_player(cls, user_id: int, game: str, playtype: str) -> Self:
        preferences = GamePreferences(stats=[], game_specific=GAME_SPECIFIC.get(game, {}))
        return cls(user_id=user_id, game=game, playtype=playtype, preferences=preferences, rivals=[])


class GameSettingsV3(Schema):
    """The same for all users."""

    user_id: int
    game: GameID
    preferences: GamePreferences
    rivals: Nothing

    @classmethod
    def of_player(cls, user_id: int, game: str, playtype: str) -> Self:
        settings = GameSettings.of_player(user_id, game, playtype)
        return cls.from_attributes(settings, game=game_id(game, playtype))


# The defaults of Tachi.
GAME_SPECIFIC: dict[str, dict[str, Any]] = {
    "iidx": {"display2DXTra": False, "bpiTarget": 0},
    "bms": {"displayTables": None},
    "jubeat": {"jubilityTarget": None},
}
