"""The JSON of each kind of row that an export has. Scores, bests, songs and charts are as in Tachi's API."""

from __future__ import annotations

from typing import Any

from imports.games.judging import as_of_today
from imports.games.spec import Playtype
from imports.integers import milliseconds
from imports.models import (
    APIToken,
    Chart,
    ClassAchievement,
    GameStats,
    HookSettings,
    Import,
    ImportProblem,
    OrphanScore,
    PersonalBest,
    Score,
    ScoreBlacklist,
    Session,
    SessionIdentity,
    Song,
    User,
)

Document = dict[str, Any]


def number(value: float | None) -> float | None:
    """A number as JavaScript writes it: whole ones without a point."""
    return int(value) if value is not None and value.is_integer() else value


def _moment(value: Any) -> int | None:
    return None if value is None else milliseconds(value)


def account(user: User) -> Document:
    return {
        "id": user.pk,
        "username": user.username,
        "about": user.about,
        "status": user.status or None,
        "joinDate": milliseconds(user.date_joined),
        "lastSeen": _moment(user.last_seen),
        "email": user.email or None,
        "lastLogin": _moment(user.last_login),
        "hookSettings": [
            {"hook": each.hook, "cards": each.cards, "forceStaticImport": each.force_static_import}
            for each in HookSettings.objects.filter(user=user).order_by("hook")
        ],
        "apiTokens": [_token(each) for each in user.tokens.order_by("pk")],
    }


def _token(token: APIToken) -> Document:
    """Never the secret, which is stored nowhere."""
    return {
        "identifier": token.identifier,
        "permissions": token.permissions,
        "createdAt": milliseconds(token.created_at),
        "lastUsedAt": _moment(token.last_used_at),
        "expiresAt": _moment(token.expires_at),
    }


# --- scores and bests ---------------------------------------------------------------------------------


def score(row: Score, playtype: Playtype) -> Document:
    """`row` comes with its chart, that with its song, and with its import."""
    return {
        "scoreID": row.score_id,
        "userID": row.user_id,
        "game": row.game,
        "playtype": row.playtype,
        "songID": row.chart.song.song_id,
        "chartID": row.chart.chart_id,
        "isPrimary": row.chart.is_primary,
        "service": row.service,
        "importType": row.import_type,
        "importID": row.from_import.import_id,
        "timeAchieved": number(row.time_achieved),
        "timeAdded": milliseconds(row.time_added),
        "comment": row.comment,
        "highlight": row.highlight,
        "scoreData": as_of_today(row.score_data, playtype),
        "scoreMeta": row.score_meta,
        "calculatedData": row.calculated_data,
    }


def best(row: PersonalBest, playtype: Playtype) -> Document:
    """`row` comes with its chart, and that with its song."""
    return {
        "userID": row.user_id,
        "game": row.game,
        "playtype": row.playtype,
        "songID": row.chart.song.song_id,
        "chartID": row.chart.chart_id,
        "isPrimary": row.is_primary,
        "highlight": row.highlight,
        "timeAchieved": number(row.time_achieved),
        "scoreData": as_of_today(row.score_data, playtype),
        "calculatedData": row.calculated_data,
        "composedFrom": row.composed_from,
    }


def song(row: Song) -> Document:
    return {
        "id": row.song_id,
        "title": row.title,
        "artist": row.artist,
        "altTitles": row.alt_titles,
        "searchTerms": row.search_terms,
        "data": row.data,
    }


def chart(row: Chart) -> Document:
    """`row` comes with its song."""
    return {
        "chartID": row.chart_id,
        "songID": row.song.song_id,
        "playtype": row.playtype,
        "difficulty": row.difficulty,
        "level": row.level,
        "levelNum": number(row.level_num),
        "isPrimary": row.is_primary,
        "versions": row.versions,
        "data": row.data,
    }


def blacklisted(row: ScoreBlacklist) -> Document:
    return {"scoreID": row.score_id, "timeAdded": milliseconds(row.time_added), "score": row.score}


# --- sessions and classes -----------------------------------------------------------------------------


def session(row: Session | SessionIdentity) -> Document:
    """`edited`: what of it the player has set."""
    edited = {"name": row.name_edited, "desc": row.desc_edited, "highlight": row.highlight_edited}
    return {
        "sessionID": row.session_id,
        "game": row.game,
        "playtype": row.playtype,
        "name": row.name,
        "desc": row.desc,
        "highlight": row.highlight,
        "edited": [name for name, is_edited in edited.items() if is_edited],
        "timeStarted": number(row.time_started),
        "timeEnded": number(row.time_ended),
        "timeInserted": milliseconds(row.time_inserted),
        "anchor": number(row.anchor),
    }


def stats(row: GameStats) -> Document:
    return {"game": row.game, "playtype": row.playtype, "ratings": row.ratings, "classes": row.classes}


def achievement(row: ClassAchievement) -> Document:
    """`row` comes with its import."""
    return {
        "game": row.game,
        "playtype": row.playtype,
        "classSet": row.class_set,
        "classOldValue": row.old_value,
        "classValue": row.new_value,
        "timeAchieved": milliseconds(row.time_achieved),
        "importID": row.from_import and row.from_import.import_id,
    }


# --- imports ------------------------------------------------------------------------------------------


def import_(row: Import, input_path: str | None) -> Document:
    """`input_path`: where in the ZIP what was sent is; None where it is not stored any more."""
    return {
        "importID": row.import_id,
        "importType": row.import_type,
        "state": row.state,
        "game": row.game or None,
        "playtypes": row.playtypes,
        "service": row.service,
        "userIntent": row.user_intent,
        "client": row.client,
        "timeQueued": milliseconds(row.time_queued),
        "timeStarted": _moment(row.time_started),
        "timeFinished": _moment(row.time_finished),
        "timeReverted": _moment(row.reverted_at),
        "revertReason": row.revert_reason,
        "errorMessage": row.error_message,
        "rows": row.row_count,
        "scores": row.score_count,
        "duplicates": row.duplicate_count,
        "problems": row.problem_count,
        "classDeltas": row.class_deltas,
        "ratingChanges": row.rating_changes,
        "input": input_path,
        "fields": row.input.fields if input_path else None,
    }


def problem(row: ImportProblem) -> Document:
    """A row that was left out. `row` comes with its import."""
    return {
        "importID": row.job.import_id,
        "row": row.row,
        "type": row.type,
        "message": row.message,
        "datapoint": row.datapoint,
    }


def orphan(row: OrphanScore) -> Document:
    """`row` comes with its import."""
    return {
        "orphanID": row.orphan_id,
        "importID": row.from_import.import_id,
        "importType": row.import_type,
        "game": row.game,
        "context": row.context,
        "data": row.data,
        "errorMessage": row.error_message,
        "timeInserted": milliseconds(row.time_inserted),
    }
