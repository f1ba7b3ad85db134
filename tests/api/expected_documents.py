"""The complete documents that result from Alice's small imports of sdvx."""

from __future__ import annotations

from calendar import timegm
from datetime import datetime
from typing import Any

from imports.models import Chart, Import, Score, Session, User


def milliseconds(moment: datetime | None) -> int:
    assert moment is not None
    return timegm(moment.utctimetuple()) * 1_000 + moment.microsecond // 1_000


def user(alice: User) -> dict[str, Any]:
    return {
        "id": alice.pk,
        "username": "Alice",
        "usernameLowercase": "alice",
        "about": "",
        "status": None,
        "joinDate": milliseconds(alice.date_joined),
        "lastSeen": milliseconds(alice.date_joined),
        "socialMedia": {},
        "customPfpLocation": None,
        "customBannerLocation": None,
        "badges": [],
        "authLevel": 1,
        "isSupporter": False,
    }


def song(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "title": f"Song {number}",
        "artist": "Somebody",
        "altTitles": [],
        "searchTerms": [],
        "data": {"displayVersion": "booth"},
    }


def chart(row: Chart, number: int) -> dict[str, Any]:
    return {
        "chartID": row.chart_id,
        "songID": number,
        "playtype": "Single",
        "difficulty": "EXH",
        "level": "16",
        "levelNum": 16,
        "isPrimary": True,
        "versions": ["booth"],
        "data": {"inGameID": number},
    }


def chart_at_shared_address(row: Chart, number: int, title: str = "") -> dict[str, Any]:
    """Returns the document of 2025 with the members that clients of 2026 need in addition."""
    its_song = {**song(number), **({"title": title} if title else {})}
    return {**chart(row, number), "game": "sdvx", "legacyChartID": row.chart_id, "song": its_song}


def score_data(score: int, grade: str, **parts: Any) -> dict[str, Any]:
    grades = ["D", "C", "B", "A", "A+", "AA", "AA+", "AAA", "AAA+", "S", "PUC"]
    return {
        "score": score,
        "lamp": "CLEAR",
        "grade": grade,
        "judgements": parts.get("judgements", {}),
        "optional": {**parts.get("optional", {}), "enumIndexes": {}},
        "enumIndexes": {"lamp": 1, "grade": grades.index(grade)},
    }


def score(row: Score, number: int, data: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "scoreID": row.score_id,
        "userID": row.user_id,
        "game": "sdvx",
        "playtype": "Single",
        "songID": number,
        "chartID": row.chart.chart_id,
        "isPrimary": True,
        "service": "Tests (BATCH-MANUAL)",
        "importType": "file/batch-manual",
        "timeAdded": milliseconds(row.time_added),
        "comment": None,
        "highlight": False,
        "scoreData": data,
        "scoreMeta": {},
        **members,
    }


def session(row: Session, score_ids: list[str], **members: Any) -> dict[str, Any]:
    return {
        "sessionID": row.session_id,
        "userID": row.user_id,
        "game": "sdvx",
        "playtype": "Single",
        "name": row.name,
        "desc": None,
        "highlight": False,
        "scoreIDs": score_ids,
        "timeInserted": milliseconds(row.time_inserted),
        "calculatedData": {"ProfileVF6": None, "ProfileVF7": None},
        **members,
    }


def an_import(job: Import, **members: Any) -> dict[str, Any]:
    return {
        "importID": job.import_id,
        "userID": job.user_id,
        "userIntent": False,
        "importType": "file/batch-manual",
        "game": "sdvx",
        "playtypes": ["Single"],
        "gptStrings": ["sdvx:Single"],
        "gameGroup": "sdvx",
        "games": ["sdvx"],
        "errors": [],
        "createdSessions": [],
        "classDeltas": [],
        "goalInfo": [],
        "questInfo": [],
        "timeStarted": milliseconds(job.time_started),
        "timeFinished": milliseconds(job.time_finished),
        **members,
    }


TYPES_OF_TACHI = (
    "file/eamusement-iidx-csv",
    "file/batch-manual",
    "file/solid-state-squad",
    "file/pli-iidx-csv",
    "file/eamusement-sdvx-csv",
    "file/mypagescraper-records-csv",
    "file/mypagescraper-player-csv",
)
"""The types of files that Tachi has, in the order of its error message."""
