"""A small catalogue of three games, documents over it, and a player's whole state as plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import strategies as st

from imports import jobs
from imports.formats.lookup import chart_keys, song_keys
from imports.models import Chart, GameStats, Import, PersonalBest, Score, Session, Song, User
from imports.pipeline.islands import GAP
from imports.pipeline.revert import Deed, revert

SONGS = 3
DIFFICULTIES = {
    "sdvx:Single": ("NOV", "EXH", "MXM"),
    "chunithm:Single": ("BASIC", "EXPERT", "MASTER"),
    "iidx:SP": ("NORMAL", "HYPER", "ANOTHER"),
    "iidx:DP": ("NORMAL", "HYPER", "ANOTHER"),
}
NOTES = 1_000
EVENING = 1_700_000_000_000.0  # Unix milliseconds
HALF_HOUR = 1_800_000.0
_names = count(1)


def player() -> User:
    return User.objects.create(username=f"player_{next(_names)}")


def catalogue() -> None:
    """Songs 1 to 3 of each game with three charts a playtype, levels 10 to 18."""
    for gpt, difficulties in DIFFICULTIES.items():
        game, playtype = gpt.split(":")
        for number in range(1, SONGS + 1):
            song, _ = Song.objects.get_or_create(
                game=game,
                song_id=number,
                defaults={
                    "title": f"Song {number}",
                    "match_keys": song_keys({"id": number, "title": f"Song {number}", "altTitles": [], "data": {}}),
                },
            )
            for step, difficulty in enumerate(difficulties):
                _chart(gpt, song, playtype, difficulty, level=10 + number + 2 * step)


def _chart(gpt: str, song: Song, playtype: str, difficulty: str, *, level: int) -> None:
    data: dict[str, Any] = {"inGameID": song.song_id}
    if song.game == "iidx":
        data |= {"notecount": NOTES, "kaidenAverage": 1_400, "worldRecord": 1_900, "bpiCoefficient": None}
    Chart.objects.create(
        chart_id=f"{gpt}-{song.song_id}-{difficulty}",
        game=song.game,
        song=song,
        playtype=playtype,
        difficulty=difficulty,
        level=str(level),
        level_num=level,
        data=data,
        match_keys=chart_keys({"data": data}),
    )


# --- documents ------------------------------------------------------------------------------------

_TIMES = st.one_of(st.none(), st.integers(0, 40).map(lambda step: EVENING + step * HALF_HOUR))


def _row(gpt: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "matchType": st.just("tachiSongID"),
            "identifier": st.integers(1, SONGS).map(str),
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
    """Two documents drawn from one pool of rows, so that they may share some."""

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


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A playtype and rows of it. Equal rows are equal in everything, so that it cannot matter which came first."""
    gpt = draw(st.sampled_from(sorted(DIFFICULTIES)))
    rows = draw(st.lists(_row(gpt), max_size=8, unique_by=_identity))
    for row in rows:
        at = int.from_bytes(_identity(row).encode(), "big") % 41
        row["timeAchieved"] = EVENING + at * HALF_HOUR if at else None
        row.get("optional", {}).pop("bp", None)
        row.get("optional", {}).pop("gauge", None)
    return gpt, rows


def _identity(row: dict[str, Any]) -> str:
    """What makes two rows the same score."""
    metrics = {k: v for k, v in row.items() if k not in ("timeAchieved", "optional")}
    return json.dumps([metrics, row.get("optional", {}).get("exScore")], sort_keys=True)


# --- deeds ----------------------------------------------------------------------------------------


def bring(user: User, gpt: str, rows: list[dict[str, Any]], **more: Any) -> Import:
    """Imports rows and returns the finished import."""
    game, playtype = gpt.split(":")
    document = {"meta": {"game": game, "playtype": playtype, "service": "World"}, "scores": rows, **more}
    job = jobs.submit(
        user, jobs.Upload(content=json.dumps(document).encode(), import_type="file/batch-manual", user_intent=True)
    )
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    return job


def take_back(job: Import, *, keep_shared: bool = False) -> None:
    job.refresh_from_db()
    revert(job, Deed(by=job.user, keep_shared=keep_shared))


# --- state ----------------------------------------------------------------------------------------


def state_of(user: User) -> dict[str, Any]:
    """Scores, sessions, bests and stats of a player as values that two histories can be compared by."""
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
    """The sessions as somebody would find them on paper: sort by time, cut at gaps of more than two hours."""
    found: list[list[Score]] = []
    timed = Score.objects.filter(user=user, time_achieved__isnull=False)
    for score in timed.order_by("game", "playtype", "time_achieved", "pk"):
        last = found[-1][-1] if found else None
        if (
            last is not None
            and (last.game, last.playtype) == (score.game, score.playtype)
            and (score.time_achieved or 0) - (last.time_achieved or 0) <= GAP
        ):
            found[-1].append(score)
        else:
            found.append([score])
    return sorted(sorted(score.score_id for score in island) for island in found)
