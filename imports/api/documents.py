"""Rows -> the API's documents, member by member (spec: documents.md). No queries: what is needed is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from imports.games import playtype_of
from imports.games.judging import ladder_indexes
from imports.games.spec import Playtype
from imports.models import (
    Chart,
    ClassAchievement,
    GameStats,
    PersonalBest,
    Score,
    Session,
    Song,
    User,
)
from imports.pipeline.ranking import Rank, Ranking

Document = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def number(value: float | None) -> float | None:
    """As JavaScript writes it: whole numbers without a point."""
    return int(value) if value is not None and value.is_integer() else value


# --- scores and bests -------------------------------------------------------------------------------


def score_document(score: Score, chart: Chart) -> Document:
    """`chart` comes with its song."""
    playtype = playtype_of(score.game, score.playtype)
    return {
        "scoreID": score.score_id,
        "userID": score.user_id,
        "game": score.game,
        "playtype": score.playtype,
        "songID": chart.song.song_id,
        "chartID": chart.chart_id,
        "isPrimary": chart.is_primary,
        "service": score.service,
        "importType": score.import_type,
        "timeAchieved": number(score.time_achieved),
        "timeAdded": milliseconds(score.time_added),
        "comment": score.comment,
        "highlight": score.highlight,
        "scoreData": score_data(score.score_data, playtype),
        "scoreMeta": score.score_meta,
        "calculatedData": score.calculated_data,
    }


def best_document(best: PersonalBest, chart: Chart, rank: Rank | None) -> Document:
    """A personal best. `chart` comes with its song. Without a rank it says nothing of ranks."""
    ranking = {"rankingData": {"rank": rank.rank, "outOf": rank.out_of, "rivalRank": None}} if rank else {}
    return {
        "userID": best.user_id,
        "chartID": chart.chart_id,
        "songID": chart.song.song_id,
        "game": best.game,
        "playtype": best.playtype,
        "isPrimary": best.is_primary,
        "highlight": best.highlight,
        "timeAchieved": number(best.time_achieved),
        "scoreData": score_data(best.score_data, playtype_of(best.game, best.playtype)),
        "calculatedData": best.calculated_data,
        "composedFrom": best.composed_from,
        **ranking,
    }


def score_data(stored: Mapping[str, Any], playtype: Playtype) -> Document:
    """Stored metrics with the indexes of their ladders, which are computed and not stored."""
    return {
        **stored,
        "optional": {**stored["optional"], "enumIndexes": {}},
        "enumIndexes": ladder_indexes(stored, playtype),
    }


# --- songs and charts -------------------------------------------------------------------------------


def song_document(song: Song) -> Document:
    return {
        "id": song.song_id,
        "title": song.title,
        "artist": song.artist,
        "altTitles": song.alt_titles,
        "searchTerms": song.search_terms,
        "data": song.data,
    }


def chart_document(chart: Chart) -> Document:
    """`chart` comes with its song."""
    return {
        "chartID": chart.chart_id,
        "songID": chart.song.song_id,
        "playtype": chart.playtype,
        "difficulty": chart.difficulty,
        "level": chart.level,
        "levelNum": number(chart.level_num),
        "isPrimary": chart.is_primary,
        "versions": chart.versions,
        "data": chart.data,
    }


def companions(charts: Iterable[Chart]) -> Document:
    """The `songs` and `charts` that go with scores or bests, each once."""
    songs = {chart.song.pk: chart.song for chart in charts}
    return {
        "songs": [song_document(song) for song in songs.values()],
        "charts": [chart_document(chart) for chart in charts],
    }


# --- sessions, stats, people ------------------------------------------------------------------------


def session_document(session: Session, score_ids: Sequence[str]) -> Document:
    """`score_ids` in the order in which they were achieved."""
    return {
        "sessionID": session.session_id,
        "userID": session.user_id,
        "game": session.game,
        "playtype": session.playtype,
        "name": session.name,
        "desc": session.desc,
        "highlight": session.highlight,
        "scoreIDs": score_ids,
        "timeInserted": milliseconds(session.time_inserted),
        "timeStarted": number(session.time_started),
        "timeEnded": number(session.time_ended),
        "calculatedData": session.calculated_data,
    }


def calendar_entry(session: Session) -> Document:
    """A session in a few words."""
    return {
        "sessionID": session.session_id,
        "name": session.name,
        "desc": session.desc,
        "highlight": session.highlight,
        "timeStarted": number(session.time_started),
        "timeEnded": number(session.time_ended),
        "game": session.game,
        "playtype": session.playtype,
    }


def stats_document(stats: GameStats, ranking: Ranking | None = None) -> Document:
    """`ranking`: profile rating -> where the player stands in it. Without it nothing is said of ranks."""
    return {
        "userID": stats.user_id,
        "game": stats.game,
        "playtype": stats.playtype,
        "ratings": stats.ratings,
        "classes": stats.classes,
        **({} if ranking is None else {"__rankingData": ranking_document(ranking)}),
    }


def ranking_document(ranking: Ranking) -> Document:
    return {name: place_document(place) for name, place in ranking.items()}


def place_document(place: Rank) -> Document:
    return {"ranking": place.rank, "outOf": place.out_of}


def achievement_document(achievement: ClassAchievement) -> Document:
    return {
        "userID": achievement.user_id,
        "game": achievement.game,
        "playtype": achievement.playtype,
        "classSet": achievement.class_set,
        "classOldValue": achievement.old_value,
        "classValue": achievement.new_value,
        "timeAchieved": milliseconds(achievement.time_achieved),
    }


def user_document(user: User) -> Document:
    """What everybody may know of a player. `lastSeen` is the last use of the API by a browser, or the last sign-in."""
    return {
        "id": user.pk,
        "username": user.username,
        "usernameLowercase": user.username.lower(),
        "about": user.about,
        "status": user.status or None,
        "joinDate": milliseconds(user.date_joined),
        "lastSeen": milliseconds(user.last_seen or user.last_login or user.date_joined),
        "socialMedia": {},
        "customPfpLocation": None,
        "customBannerLocation": None,
        "badges": [],
        "authLevel": int(user.auth_level),
        "isSupporter": False,
    }
