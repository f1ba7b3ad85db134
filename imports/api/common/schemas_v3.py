"""Documents of Tachi's API of 2026 ("v3") that several features return (spec: api-v3 §3.7).

Each replaces the document of 2025 of the same name and is built from the same rows: a game has one ID, songs and charts
have the IDs of 2026, charts contain their song, scores have the ID of their session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from imports.api.common import schemas as v2
from imports.api.common import schemas_stats
from imports.api.common.schemas import Classes, Free, Milliseconds, Moment, Ratings
from imports.api.core.responses import Schema
from imports.catalogue.chart_names import table_folders
from imports.games import BY_SLUG, VERSIONED_IN_SONG_OR_CHART, playtype_of
from imports.integers import json_number, milliseconds
from imports.models import Chart as ChartRow
from imports.models import ClassAchievement, GameStats, PersonalBest
from imports.models import Score as ScoreRow
from imports.models import Session as SessionRow
from imports.models import Song as SongRow
from imports.pipeline.rankings.ranks import Rank as ComputedRank

GameID = Annotated[str, Meta(examples=["sdvx", "iidx-sp"])]


def game_id(game: str, playtype: str) -> str:
    """`iidx`, `SP` -> `iidx-sp`."""
    return BY_SLUG[game].ids[playtype]


class SongV3(Schema):
    id: str
    title: str
    artist: str
    alt_titles: list[str]
    search_terms: list[str]
    data: Free

    @classmethod
    def from_row(cls, song: SongRow) -> Self:
        return cls(
            id=song.v3_id,
            title=song.title,
            artist=song.artist,
            alt_titles=song.alt_titles,
            search_terms=song.search_terms,
            data=song.data,
        )


class ChartV3(Schema):
    chart_id: str
    legacy_chart_id: str
    game: GameID
    song: SongV3
    difficulty: str
    level: str
    level_num: float
    is_primary: bool
    versions: list[str]
    data: Free

    @classmethod
    def from_row(cls, chart: ChartRow, **more: Any) -> Self:
        """The song of `chart` must be loaded."""
        data = chart.data
        if "tableFolders" in data:  # seeds of 2025 have a list
            data = {**data, "tableFolders": {each["table"]: each["level"] for each in table_folders(data)}}
        if chart.game in VERSIONED_IN_SONG_OR_CHART and "displayVersion" in chart.song.data:
            data = {"displayVersion": chart.song.data["displayVersion"], **data}
        return cls(
            chart_id=chart.v3_id,
            legacy_chart_id=chart.chart_id,
            game=game_id(chart.game, chart.playtype),
            song=SongV3.from_row(chart.song),
            difficulty=chart.difficulty,
            level=chart.level,
            level_num=json_number(chart.level_num),
            is_primary=chart.is_primary,
            versions=chart.versions,
            data=data,
            **more,
        )


class ScoreV3(Schema):
    score_id: str
    user_id: int
    game: GameID
    song_id: str
    chart_id: str
    session_id: str | None
    is_primary: bool
    service: str
    import_type: str
    time_achieved: Moment | None
    time_added: Milliseconds
    comment: str | None
    highlight: bool
    score_data: v2.ScoreData
    score_meta: Free
    calculated_data: Ratings

    @classmethod
    def from_row(cls, score: ScoreRow, chart: ChartRow, session_id: str | None = None, **more: Any) -> Self:
        """The song of `chart` must be loaded."""
        return cls(
            score_id=score.score_id,
            user_id=score.user_id,
            game=game_id(score.game, score.playtype),
            song_id=chart.song.v3_id,
            chart_id=chart.v3_id,
            session_id=session_id,
            is_primary=chart.is_primary,
            service=score.service,
            import_type=score.import_type,
            time_achieved=json_number(score.time_achieved),
            time_added=milliseconds(score.time_added),
            comment=score.comment,
            highlight=score.highlight,
            score_data=v2.ScoreData.from_stored(score.score_data, playtype_of(score.game, score.playtype)),
            score_meta=score.score_meta,
            calculated_data=score.calculated_data,
            **more,
        )


class BestV3(Schema):
    """A personal best."""

    user_id: int
    chart_id: str
    song_id: str
    game: GameID
    is_primary: bool
    highlight: bool
    time_achieved: Moment | None
    score_data: v2.ScoreData
    calculated_data: Ratings
    composed_from: list[v2.ComposedFrom]

    @classmethod
    def from_row(cls, best: PersonalBest, chart: ChartRow, **more: Any) -> Self:
        """The song of `chart` must be loaded. `more`: the members of a subclass."""
        return cls(
            user_id=best.user_id,
            chart_id=chart.v3_id,
            song_id=chart.song.v3_id,
            game=game_id(best.game, best.playtype),
            is_primary=best.is_primary,
            highlight=best.highlight,
            time_achieved=json_number(best.time_achieved),
            score_data=v2.ScoreData.from_stored(best.score_data, playtype_of(best.game, best.playtype)),
            calculated_data=best.calculated_data,
            composed_from=best.composed_from,
            **more,
        )


class RankedBestV3(BestV3):
    ranking_data: v2.Rank

    @classmethod
    def ranked(cls, best: PersonalBest, chart: ChartRow, rank: ComputedRank) -> Self:
        """Returns the document of a best with its rank on its chart."""
        return cls.from_row(best, chart, ranking_data=v2.Rank.from_rank(rank))


class SessionV3(Schema):
    session_id: str
    user_id: int
    game: GameID
    name: str
    desc: str | None
    highlight: bool
    score_ids: list[str]
    time_inserted: Milliseconds
    time_started: Moment
    time_ended: Moment
    calculated_data: Ratings
    incomplete: v2.IncompleteSession | UnsetType = UNSET

    @classmethod
    def from_row(cls, session: SessionRow, score_ids: Sequence[str], **more: Any) -> Self:
        """The same as `Session.from_row` of 2025."""
        # So that the rule of `incomplete` is in one place.
        v2_document = v2.Session.from_row(session, score_ids)
        more = {"game": game_id(session.game, session.playtype), **more}
        return cls.from_attributes(v2_document, incomplete=v2_document.incomplete, **more)


class CalendarEntryV3(Schema):
    """A short form of a session."""

    session_id: str
    name: str
    desc: str | None
    highlight: bool
    time_started: Moment
    time_ended: Moment
    game: GameID

    @classmethod
    def from_row(cls, session: SessionRow, **more: Any) -> Self:
        v2_document = v2.CalendarEntry.from_row(session)
        return cls.from_attributes(v2_document, game=game_id(session.game, session.playtype), **more)


class StatsV3(Schema):
    user_id: int
    game: GameID
    ratings: Ratings
    classes: Classes

    @classmethod
    def from_row(cls, stats: GameStats, **more: Any) -> Self:
        return cls.from_attributes(stats, game=game_id(stats.game, stats.playtype), **more)


class AchievementV3(Schema):
    """A class that a player reached."""

    user_id: int
    game: GameID
    class_set: str
    class_old_value: str | None
    class_value: str
    time_achieved: Milliseconds

    @classmethod
    def from_row(cls, achievement: ClassAchievement, **more: Any) -> Self:
        v2_document = schemas_stats.Achievement.from_row(achievement)
        return cls.from_attributes(v2_document, game=game_id(achievement.game, achievement.playtype), **more)
