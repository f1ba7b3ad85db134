"""A small catalogue of three games, import documents for it, and a player's whole state as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from imports import jobs
from imports.formats.match_keys import chart_keys, song_keys
from imports.games import playtype_of
from imports.models import (
    Chart,
    DailyRatings,
    GameStats,
    Import,
    PersonalBest,
    RankingEntry,
    Score,
    Session,
    Song,
    User,
)
from imports.pipeline.derived.islands import SESSION_GAP_MS
from imports.pipeline.undo.revert import RevertRequest, revert

SONGS = 3
UNRELEASED = SONGS + 1  # the number of a song that is released later
DIFFICULTIES = {
    "sdvx:Single": ("NOV", "EXH", "MXM"),
    "chunithm:Single": ("BASIC", "EXPERT", "MASTER"),
    "iidx:SP": ("NORMAL", "HYPER", "ANOTHER"),
    "iidx:DP": ("NORMAL", "HYPER", "ANOTHER"),
}
STEEP = {
    "chunithm": 5
}  # factors of levels so high that two or three scores reach a class, although the rating averages fifty scores
NOTES = 1_000
EVENING = 1_700_000_000_000.0  # Unix milliseconds
HALF_HOUR = 1_800_000.0
_names = count(1)


@contextmanager
def undone() -> Iterator[None]:
    """Rolls back all changes of its block, so that the database stays small over many examples."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def player() -> User:
    return User.objects.create(username=f"player_{next(_names)}")


def catalogue() -> None:
    """Creates songs 1 to 3 of each game with three charts a playtype, levels 11 to 17, times STEEP."""
    _release(DIFFICULTIES, range(1, SONGS + 1))


def release(game: str, number: int = UNRELEASED) -> None:
    """Creates a new song of the game."""
    _release([gpt for gpt in DIFFICULTIES if gpt.startswith(f"{game}:")], [number])


def _release(gpts: Iterable[str], numbers: Iterable[int]) -> None:
    released = [(gpt, number) for gpt in gpts for number in numbers]
    songs = {(game_of(gpt), number): _song(game_of(gpt), number) for gpt, number in released}
    Song.objects.bulk_create(songs.values())
    Chart.objects.bulk_create(
        _chart(gpt, songs[game_of(gpt), number], difficulty, step=step)
        for gpt, number in released
        for step, difficulty in enumerate(DIFFICULTIES[gpt])
    )


def game_of(gpt: str) -> str:
    return gpt.split(":", maxsplit=1)[0]


def _song(game: str, number: int) -> Song:
    fields = {"id": number, "title": f"Song {number}", "altTitles": [], "data": {}}
    return Song(game=game, song_id=number, title=f"Song {number}", match_keys=song_keys(fields))


def _chart(gpt: str, song: Song, difficulty: str, *, step: int) -> Chart:
    level = (10 + song.song_id + 2 * step) * STEEP.get(song.game, 1)
    data: dict[str, Any] = {"inGameID": song.song_id}
    if song.game == "iidx":
        data |= {"notecount": NOTES, "kaidenAverage": 1_400, "worldRecord": 1_900, "bpiCoefficient": None}
    return Chart(
        chart_id=f"{gpt}-{song.song_id}-{difficulty}",
        game=song.game,
        song=song,
        playtype=gpt.split(":")[1],
        difficulty=difficulty,
        level=str(level),
        level_num=level,
        data=data,
        match_keys=chart_keys({"data": data}),
    )


# --- documents ------------------------------------------------------------------------------------

_TIMES = st.one_of(st.none(), st.integers(0, 40).map(lambda step: EVENING + step * HALF_HOUR))


def _row(gpt: str, *, songs: int = SONGS) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "matchType": st.just("tachiSongID"),
            "identifier": st.integers(1, songs).map(str),
            "difficulty": st.sampled_from(DIFFICULTIES[gpt]),
            "timeAchieved": _TIMES,
            **METRICS[gpt.split(":", maxsplit=1)[0]],
        }
    )


METRICS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "sdvx": {
        "score": st.sampled_from([8_000_000, 9_000_000, 9_700_000, 9_900_000]),
        "lamp": st.sampled_from(["FAILED", "CLEAR", "EXCESSIVE CLEAR", "ULTIMATE CHAIN"]),
        "optional": st.fixed_dictionaries({}, optional={"exScore": st.sampled_from([100, 2_000])}),
    },
    "chunithm": {
        "score": st.sampled_from([900_000, 1_000_000, 1_007_500]),
        "noteLamp": st.sampled_from(["NONE", "FULL COMBO"]),
        "clearLamp": st.sampled_from(["FAILED", "CLEAR", "HARD"]),
    },
    "iidx": {
        "score": st.sampled_from([500, 1_000, 1_500, 1_800]),
        "lamp": st.sampled_from(["FAILED", "CLEAR", "HARD CLEAR", "FULL COMBO"]),
        "optional": st.fixed_dictionaries(
            {}, optional={"bp": st.sampled_from([0, 5, 40]), "gauge": st.sampled_from([2, 80.5])}
        ),
    },
}


@dataclass(frozen=True)
class Overlap:
    """Two documents with rows drawn from one pool, so that they may share some."""

    gpt: str
    first: list[dict[str, Any]]
    second: list[dict[str, Any]]

    @property
    def shares(self) -> bool:
        return any(row in self.first for row in self.second)


@st.composite
def overlaps(draw: st.DrawFn) -> Overlap:
    gpt = draw(st.sampled_from(sorted(DIFFICULTIES)))
    pool = draw(st.lists(_row(gpt), min_size=1, max_size=14, unique_by=_identity))
    picks = st.lists(st.integers(0, len(pool) - 1), max_size=10)
    first, second = ([pool[i] for i in draw(picks)] for _ in range(2))
    return Overlap(gpt, first, second)


@dataclass(frozen=True)
class Document:
    """The content of an import: rows of one playtype, and provided classes."""

    gpt: str
    rows: list[dict[str, Any]]
    classes: dict[str, str]


@st.composite
def documents(draw: st.DrawFn, *, differing: bool = False) -> list[Document]:
    """Draws documents for one or two playtypes that share many rows, with a few rows of an unknown song.

    Rows of the same score are equal in all fields, so that their order does not matter; if `differing`, each
    document has its own times and comments.
    """
    gpts = draw(st.lists(st.sampled_from(sorted(DIFFICULTIES)), min_size=1, max_size=2, unique=True))
    pools = {gpt: draw(_pool(gpt)) for gpt in gpts}
    return [
        Document(
            gpt,
            [varied_row(row, number if differing else 0) for row in pools[gpt] if draw(st.booleans())],
            draw(st.sampled_from(CLASSES)) if gpt == "sdvx:Single" else {},
        )
        for number, gpt in enumerate(draw(st.lists(st.sampled_from(gpts), min_size=2, max_size=4)))
    ]


def varied_row(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Returns a row of the same score with another time and comment; rows of the unknown song stay as they are,

    because orphans store them. `number` 0 changes nothing.
    """
    if not number or row["identifier"] == str(UNRELEASED):
        return row
    step = (round((row["timeAchieved"] - EVENING) / HALF_HOUR) if row["timeAchieved"] else 0) + 7 * number
    return {
        **row,
        "timeAchieved": EVENING + step % 25 * HALF_HOUR if step % 25 else None,
        "comment": f"told {number} times",
    }


def _pool(gpt: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rows = st.lists(_row(gpt, songs=UNRELEASED), min_size=2, max_size=8, unique_by=_identity)
    return rows.map(lambda drawn: [_made_equal(row) for row in drawn])


def _made_equal(row: dict[str, Any]) -> dict[str, Any]:
    """Returns the row with a time derived from its identity, without the optional metrics outside its identity."""
    at = int.from_bytes(sha256(_identity(row).encode()).digest(), "big") % 25
    optional = {name: value for name, value in row.get("optional", {}).items() if name == "exScore"}
    return {**row, "timeAchieved": EVENING + at * HALF_HOUR if at else None, "optional": optional}


def rows_between(gpt: str, start: float, end: float) -> list[dict[str, Any]]:
    """Returns rows an hour and a half apart that join sessions ending at `start` and starting at `end`."""
    metrics: dict[str, dict[str, Any]] = {
        "sdvx": {"score": 7_000_000, "lamp": "CLEAR"},
        "chunithm": {"score": 800_000, "noteLamp": "NONE", "clearLamp": "CLEAR"},
        "iidx": {"score": 600, "lamp": "CLEAR"},
    }
    fixed = metrics[gpt.split(":", maxsplit=1)[0]]
    base = {"matchType": "tachiSongID", "identifier": "1", "difficulty": DIFFICULTIES[gpt][0], "optional": {}}
    first, last = (round((time - EVENING) / HALF_HOUR) for time in (start, end))
    return [
        {**base, **fixed, "score": fixed["score"] + step, "timeAchieved": EVENING + step * HALF_HOUR}
        for step in range(first + 3, last, 3)
    ]


CLASSES: list[dict[str, str]] = [{}, {}, {"dan": "DAN_3"}, {"dan": "DAN_9"}]


def _identity(row: dict[str, Any]) -> str:
    """Returns a key that is equal for rows of the same score."""
    metrics = {k: v for k, v in row.items() if k not in ("timeAchieved", "optional", "comment")}
    return json.dumps([metrics, row.get("optional", {}).get("exScore")], sort_keys=True)


def score_name(gpt: str, row: dict[str, Any]) -> str:
    """Returns a key of the score of a row, unique across playtypes."""
    return f"{gpt} {_identity(row)}"


def row_of(score: Score) -> dict[str, Any]:
    """Returns a row that imports this score. `score` is loaded with its chart and song."""
    playtype = playtype_of(score.game, score.playtype)
    optional = {name: value for name, value in score.score_data["optional"].items() if value is not None}
    return {
        "matchType": "tachiSongID",
        "identifier": str(score.chart.song.song_id),
        "difficulty": score.chart.difficulty,
        "timeAchieved": score.time_achieved,
        **{name: score.score_data[name] for name in playtype.provided},
        "optional": optional,
        **({"comment": score.comment} if score.comment else {}),
    }


def sdvx_row(**changes: Any) -> dict[str, Any]:
    base = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR"}
    return {**base, **changes}


EVENING_ROWS = [sdvx_row(score=9_000_000 + i, timeAchieved=EVENING + i * HALF_HOUR) for i in range(12)]


# --- operations ----------------------------------------------------------------------------------------


def import_rows(user: User, gpt: str, rows: list[dict[str, Any]], **more: Any) -> Import:
    """Imports rows and returns the finished import."""
    job = submit_rows(user, gpt, rows, **more)
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    return job


def submit_rows(user: User, gpt: str, rows: list[dict[str, Any]], **more: Any) -> Import:
    """Submits rows and returns the queued import."""
    game, playtype = gpt.split(":")
    document = {"meta": {"game": game, "playtype": playtype, "service": "World"}, "scores": rows, **more}
    upload = jobs.Upload(content=json.dumps(document).encode(), import_type="file/batch-manual", user_intent=True)
    return jobs.submit(user, upload)


def revert_import(job: Import, *, keep_shared: bool = False) -> None:
    job.refresh_from_db()
    revert(job, RevertRequest(by=job.user, keep_shared=keep_shared))


# --- state ----------------------------------------------------------------------------------------


NOTHING: dict[str, Any] = {
    part: [] for part in ("scores", "rated", "sessions", "bests", "stats", "days", "ranking_entries")
}
"""`state_of` a player without imports."""


def state_of(user: User) -> dict[str, Any]:
    """Returns scores, sessions, bests and stats of a player as comparable values."""
    scores = list(Score.objects.filter(user=user).order_by("score_id"))
    return {
        "scores": [_values(s, "score_id chart_id comment time_achieved score_data score_meta service") for s in scores],
        "rated": [(s.score_id, s.calculated_data, s.best_keys) for s in scores],
        "sessions": sorted(
            (
                [
                    *_values(s, "game playtype time_started time_ended score_count calculated_data"),
                    _members(s, scores),
                    sorted((part.score_count, part.created) for part in s.parts.all()),
                ]
                for s in Session.objects.filter(user=user)
            ),
            key=str,
        ),
        "bests": sorted(
            (
                _values(
                    b, "chart_id score_id highlight time_achieved score_data calculated_data composed_from rank_keys"
                )
                for b in PersonalBest.objects.filter(user=user)
            ),
            key=str,
        ),
        "stats": sorted(
            (_values(s, "game playtype ratings classes") for s in GameStats.objects.filter(user=user)), key=str
        ),
        "days": sorted(
            (_values(d, "game playtype day score_count ratings") for d in DailyRatings.objects.filter(user=user)),
            key=str,
        ),
        "ranking_entries": sorted(
            (_values(s, "game playtype ranking value until") for s in RankingEntry.objects.filter(user=user)), key=str
        ),
    }


def _values(row: Any, names: str) -> list[Any]:
    return [getattr(row, name) for name in names.split()]


def _members(session: Session, scores: list[Score]) -> list[str]:
    return sorted(
        s.score_id
        for s in scores
        if s.time_achieved is not None
        and (s.game, s.playtype) == (session.game, session.playtype)
        and session.time_started <= s.time_achieved <= session.time_ended
    )


def islands_by_hand(user: User) -> list[list[str]]:
    """Returns the score IDs of each session, found independently: sort by time, cut at gaps of more than two hours."""
    found: list[list[Score]] = []
    timed = Score.objects.filter(user=user, time_achieved__isnull=False)
    for score in timed.order_by("game", "playtype", "time_achieved", "pk"):
        last = found[-1][-1] if found else None
        if (
            last is not None
            and (last.game, last.playtype) == (score.game, score.playtype)
            and (score.time_achieved or 0) - (last.time_achieved or 0) <= SESSION_GAP_MS
        ):
            found[-1].append(score)
        else:
            found.append([score])
    return sorted(sorted(score.score_id for score in island) for island in found)
