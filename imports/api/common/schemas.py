"""Documents of the API that several features return (spec: documents.md).

`from_row` makes no queries: other rows that it needs are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from msgspec import UNSET, Meta, UnsetType, field

from imports.api.core.responses import Schema
from imports.catalogue.chart_names import table_folders
from imports.games import playtype_of
from imports.games.judging import as_of_today, ladder_indexes, optional_indexes
from imports.games.spec import Playtype as DeclaredPlaytype
from imports.integers import json_number, milliseconds
from imports.models import Chart as ChartRow
from imports.models import PersonalBest
from imports.models import Score as ScoreRow
from imports.models import Session as SessionRow
from imports.models import Song as SongRow
from imports.models import User as UserRow
from imports.pipeline.rankings.ranks import Rank as ComputedRank

Milliseconds = Annotated[int, Meta(description="Unix milliseconds.")]
Moment = Annotated[float, Meta(description="Unix milliseconds, with the fraction that the import contained.")]
Game = Annotated[str, Meta(examples=["sdvx"])]
Playtype = Annotated[str, Meta(examples=["Single"])]
Free = Annotated[dict[str, Any], Meta(description="Members that depend on the game.")]
Classes = Annotated[dict[str, str], Meta(description="The classes, keyed by class set.", examples=[{"dan": "DAN_9"}])]
Ratings = Annotated[
    dict[str, float | None], Meta(description="The ratings, keyed by name.", examples=[{"VF6": 12.214, "VF7": 12.3}])
]
Nothing = Annotated[list[Any], Meta(max_length=0, description="Always empty, as this instance does not support them.")]
Points = Annotated[float, Meta(description="The relevance of the match; higher is better.")]
Count = Annotated[int, Meta(ge=0)]


# --- songs and charts ---------------------------------------------------------------------------------


class Song(Schema):
    id: int
    title: str
    artist: str
    alt_titles: list[str]
    search_terms: list[str]
    data: Free

    @classmethod
    def from_row(cls, song: SongRow) -> Self:
        # Member by member, as for charts and bests: a response may contain tens of thousands of them.
        return cls(
            id=song.song_id,
            title=song.title,
            artist=song.artist,
            alt_titles=song.alt_titles,
            search_terms=song.search_terms,
            data=song.data,
        )


class FoundSong(Song):
    """A song in the results of a search."""

    text_score: Points = field(name="__textScore")


class Chart(Schema):
    chart_id: str
    song_id: int
    playtype: Playtype
    difficulty: str
    level: str
    level_num: float
    is_primary: bool
    versions: list[str]
    data: Free

    @classmethod
    def from_row(cls, chart: ChartRow) -> Self:
        """The song of `chart` must be loaded."""
        data = chart.data
        if "tableFolders" in data:  # clients of this API version expect a list
            data = {**data, "tableFolders": table_folders(data)}
        return cls(
            chart_id=chart.chart_id,
            song_id=chart.song.song_id,
            playtype=chart.playtype,
            difficulty=chart.difficulty,
            level=chart.level,
            level_num=json_number(chart.level_num),
            is_primary=chart.is_primary,
            versions=chart.versions,
            data=data,
        )


class Companions(Schema):
    """The songs and charts of the returned scores or bests, without duplicates."""

    songs: list[Song]
    charts: list[Chart]


# --- scores and bests ---------------------------------------------------------------------------------


class ScoreData(Schema, forbid_unknown_fields=False):
    """In addition, the metrics of the game by name, as defined by `games/:game/:playtype`."""

    judgements: dict[str, int | None]
    optional: dict[str, Any]
    enum_indexes: Annotated[dict[str, int], Meta(description="The index of the value of each enum metric.")]

    @staticmethod
    def from_stored(stored: Mapping[str, Any], playtype: DeclaredPlaytype) -> Any:
        """Returns stored metrics with the indexes of their ladders, which are computed and not stored.

        The result is a dict, as each game has other members.
        """
        return {
            **as_of_today(stored, playtype),
            "optional": {**stored["optional"], "enumIndexes": optional_indexes(stored["optional"], playtype)},
            "enumIndexes": ladder_indexes(stored, playtype),
        }


class Score(Schema):
    score_id: str
    user_id: int
    game: Game
    playtype: Playtype
    song_id: int
    chart_id: str
    is_primary: bool
    service: str
    import_type: str
    time_achieved: Moment | None
    time_added: Milliseconds
    comment: str | None
    highlight: bool
    score_data: ScoreData
    score_meta: Free
    calculated_data: Ratings

    @classmethod
    def from_row(cls, score: ScoreRow, chart: ChartRow) -> Self:
        """The song of `chart` must be loaded."""
        return cls(
            score_id=score.score_id,
            user_id=score.user_id,
            game=score.game,
            playtype=score.playtype,
            song_id=chart.song.song_id,
            chart_id=chart.chart_id,
            is_primary=chart.is_primary,
            service=score.service,
            import_type=score.import_type,
            time_achieved=json_number(score.time_achieved),
            time_added=milliseconds(score.time_added),
            comment=score.comment,
            highlight=score.highlight,
            score_data=ScoreData.from_stored(score.score_data, playtype_of(score.game, score.playtype)),
            score_meta=score.score_meta,
            calculated_data=score.calculated_data,
        )


class ComposedFrom(Schema):
    name: str
    score_id: str


class Rank(Schema):
    rank: int
    out_of: int
    rival_rank: None

    @classmethod
    def from_rank(cls, rank: ComputedRank) -> Self:
        return cls(rank=rank.rank, out_of=rank.out_of, rival_rank=None)


class Best(Schema):
    """A personal best."""

    user_id: int
    chart_id: str
    song_id: int
    game: Game
    playtype: Playtype
    is_primary: bool
    highlight: bool
    time_achieved: Moment | None
    score_data: ScoreData
    calculated_data: Ratings
    composed_from: list[ComposedFrom]

    @classmethod
    def from_row(cls, best: PersonalBest, chart: ChartRow, **more: Any) -> Self:
        """The song of `chart` must be loaded. `more`: the members of a subclass."""
        return cls(
            user_id=best.user_id,
            chart_id=chart.chart_id,
            song_id=chart.song.song_id,
            game=best.game,
            playtype=best.playtype,
            is_primary=best.is_primary,
            highlight=best.highlight,
            time_achieved=json_number(best.time_achieved),
            score_data=ScoreData.from_stored(best.score_data, playtype_of(best.game, best.playtype)),
            calculated_data=best.calculated_data,
            composed_from=best.composed_from,
            **more,
        )


class RankedBest(Best):
    ranking_data: Rank

    @classmethod
    def ranked(cls, best: PersonalBest, chart: ChartRow, rank: ComputedRank) -> Self:
        """Returns the document of a best with its rank on its chart."""
        return cls.from_row(best, chart, ranking_data=Rank.from_rank(rank))


class Scores(Schema):
    scores: list[Score]
    songs: list[Song]
    charts: list[Chart]


class Bests(Schema):
    pbs: list[RankedBest]
    songs: list[Song]
    charts: list[Chart]


# --- sessions -----------------------------------------------------------------------------------------


class IncompleteSession(Schema):
    """In lists and feeds, for sessions with more scores than are listed: their number and the URL of all scores."""

    score_ids: int
    url: str


class Session(Schema):
    session_id: str
    user_id: int
    game: Game
    playtype: Playtype
    name: str
    desc: str | None
    highlight: bool
    score_ids: list[str]
    time_inserted: Milliseconds
    time_started: Moment
    time_ended: Moment
    calculated_data: Ratings
    incomplete: IncompleteSession | UnsetType = UNSET

    @classmethod
    def from_row(cls, session: SessionRow, score_ids: Sequence[str], **more: Any) -> Self:
        """`score_ids`: the IDs of all its scores or of the first ones, in chronological order."""
        document = cls.from_attributes(
            session,
            score_ids=score_ids,
            time_inserted=milliseconds(session.time_inserted),
            time_started=json_number(session.time_started),
            time_ended=json_number(session.time_ended),
            **more,
        )
        if len(score_ids) < session.score_count:
            url = f"/api/v1/sessions/{session.session_id}"
            document.incomplete = IncompleteSession(score_ids=session.score_count, url=url)
        return document


class CalendarEntry(Schema):
    """A short form of a session."""

    session_id: str
    name: str
    desc: str | None
    highlight: bool
    time_started: Moment
    time_ended: Moment
    game: Game
    playtype: Playtype

    @classmethod
    def from_row(cls, session: SessionRow) -> Self:
        start, end = json_number(session.time_started), json_number(session.time_ended)
        return cls.from_attributes(session, time_started=start, time_ended=end)


# --- people -------------------------------------------------------------------------------------------


class User(Schema):
    id: int
    username: str
    username_lowercase: str
    about: str
    status: str | None
    join_date: Milliseconds
    last_seen: Milliseconds
    social_media: Mapping[str, Any]
    custom_pfp_location: None
    custom_banner_location: None
    badges: Nothing
    auth_level: Annotated[int, Meta(description="0 banned, 1 user, 2 moderator, 3 administrator.", ge=0, le=3)]
    is_supporter: Literal[False]

    @classmethod
    def from_row(cls, user: UserRow) -> Self:
        """Returns the public document of a user. `lastSeen`: the last request of a browser, or the last sign-in."""
        return cls.from_attributes(
            user,
            id=user.pk,
            username_lowercase=user.username.lower(),
            status=user.status or None,
            join_date=milliseconds(user.date_joined),
            last_seen=milliseconds(user.last_seen or user.last_login or user.date_joined),
            social_media={},
            custom_pfp_location=None,
            custom_banner_location=None,
            badges=[],
            auth_level=int(user.auth_level),
            is_supporter=False,
        )
