"""The JSON documents of the rows in an export. Scores, bests, songs and charts are as in Tachi's API."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from imports.games.judging import as_of_today
from imports.games.spec import Playtype
from imports.integers import json_number, milliseconds
from imports.models import (
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
from_json = msgspec.json.decode


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
        "apiTokens": [  # without their secrets, which are not stored
            {
                "identifier": token.identifier,
                "permissions": token.permissions,
                "createdAt": milliseconds(token.created_at),
                "lastUsedAt": _moment(token.last_used_at),
                "expiresAt": _moment(token.expires_at),
            }
            for token in user.tokens.order_by("pk")
        ],
    }


# --- scores and bests ---------------------------------------------------------------------------------


OF_CHARTS = ("chart_id", "chart__chart_id", "chart__is_primary", "chart__song_id", "chart__song__song_id")


def score_rows(scores: QuerySet[Score]) -> QuerySet[Score, Any]:
    """Returns rows for `score` as named tuples, because model instances take three times as long to create."""
    return scores.annotate(**texts("score_data", "score_meta", "calculated_data")).values_list(
        "score_id", "user_id", "game", "playtype", *OF_CHARTS, "service", "import_type", "from_import__import_id",
        "time_achieved", "time_added", "comment", "highlight", "pin_place",
        "score_data_text", "score_meta_text", "calculated_data_text", named=True,
    )  # fmt: skip


def score(row: Any, playtype: Playtype) -> Document:
    """Returns a score. `row`: from `score_rows`."""
    return {
        "scoreID": row.score_id,
        "userID": row.user_id,
        "game": row.game,
        "playtype": row.playtype,
        "songID": row.chart__song__song_id,
        "chartID": row.chart__chart_id,
        "isPrimary": row.chart__is_primary,
        "service": row.service,
        "importType": row.import_type,
        "importID": row.from_import__import_id,
        "timeAchieved": json_number(row.time_achieved),
        "timeAdded": milliseconds(row.time_added),
        "comment": row.comment,
        "highlight": row.highlight,
        "pinPlace": row.pin_place,
        "scoreData": as_of_today(from_json(row.score_data_text), playtype),
        "scoreMeta": from_json(row.score_meta_text),
        "calculatedData": from_json(row.calculated_data_text),
    }


def best_rows(bests: QuerySet[PersonalBest]) -> QuerySet[PersonalBest, Any]:
    """Returns rows for `best` as named tuples."""
    return bests.annotate(**texts("score_data", "calculated_data", "composed_from")).values_list(
        "user_id", "game", "playtype", *OF_CHARTS, "is_primary", "highlight", "time_achieved",
        "score_data_text", "calculated_data_text", "composed_from_text", named=True,
    )  # fmt: skip


def best(row: Any, playtype: Playtype) -> Document:
    """Returns a personal best. `row`: from `best_rows`."""
    return {
        "userID": row.user_id,
        "game": row.game,
        "playtype": row.playtype,
        "songID": row.chart__song__song_id,
        "chartID": row.chart__chart_id,
        "isPrimary": row.is_primary,
        "highlight": row.highlight,
        "timeAchieved": json_number(row.time_achieved),
        "scoreData": as_of_today(from_json(row.score_data_text), playtype),
        "calculatedData": from_json(row.calculated_data_text),
        "composedFrom": from_json(row.composed_from_text),
    }


def texts(*names: str) -> dict[str, Cast]:
    """Returns annotations with the JSON text of these columns, which msgspec decodes faster than Django does."""
    return {f"{name}_text": Cast(name, TextField()) for name in names}


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
    """Returns a chart. `row` must have its song loaded."""
    return {
        "chartID": row.chart_id,
        "songID": row.song.song_id,
        "playtype": row.playtype,
        "difficulty": row.difficulty,
        "level": row.level,
        "levelNum": json_number(row.level_num),
        "isPrimary": row.is_primary,
        "versions": row.versions,
        "data": row.data,
    }


def blacklisted(row: ScoreBlacklist) -> Document:
    return {"scoreID": row.score_id, "timeAdded": milliseconds(row.time_added), "score": row.score}


# --- sessions and classes -----------------------------------------------------------------------------


def session(row: Session | SessionIdentity) -> Document:
    """Returns a session. `edited` lists the members that the player has set."""
    edited = {"name": row.name_edited, "desc": row.desc_edited, "highlight": row.highlight_edited}
    return {
        "sessionID": row.session_id,
        "game": row.game,
        "playtype": row.playtype,
        "name": row.name,
        "desc": row.desc,
        "highlight": row.highlight,
        "edited": [name for name, is_edited in edited.items() if is_edited],
        "timeStarted": json_number(row.time_started),
        "timeEnded": json_number(row.time_ended),
        "timeInserted": milliseconds(row.time_inserted),
        "anchor": json_number(row.anchor),
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
    """Returns an import. `input_path`: the path of its input in the ZIP; None if that is no longer stored."""
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
    """Returns a row that was left out. `row` must have its import loaded."""
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
