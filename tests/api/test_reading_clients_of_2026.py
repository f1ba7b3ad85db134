"""Requests of clients of Tachi's API of 2026 that read, and what each relies on (spec: api-v3 §8).

Each test asks what the client asks, and reads the answer with types as strict as the client's own.
"""

from __future__ import annotations

from typing import Annotated, Any
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType
from pytest_django import Settings

from imports.models import Score, Session, User
from tests import people
from tests.api.clients_of_2026 import Positive, Text, charts_of, maimaidx_row, read
from tests.factories import HOUR, NOON, an_import, charts, score_on
from tests.pipeline.factories import import_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def played() -> User:
    """Three scores of Alice's on two charts of maimai DX, two of them in a session."""
    charts_of("maimaidx", 2, "DX Master", 13.4)
    rows = [
        maimaidx_row(1, 99.5, timeAchieved=NOON),
        maimaidx_row(2, 98.25, timeAchieved=NOON + HOUR),
        maimaidx_row(1, 97.0, timeAchieved=NOON + 9 * HOUR),
    ]
    import_rows(people.alice(), "maimaidx:Single", rows)
    return people.alice()


# --- maimai-session-report ----------------------------------------------------------------------------


class DXChartData(msgspec.Struct):
    displayVersion: Text  # noqa: N815 - the API's names, here and below
    inGameID: int  # noqa: N815


class DXSong(msgspec.Struct):
    id: Text
    title: str
    artist: str


class DXChart(msgspec.Struct):
    chartID: Text  # noqa: N815
    levelNum: Positive  # noqa: N815
    difficulty: str
    data: DXChartData
    versions: list[str]
    song: DXSong


class DXScoreData(msgspec.Struct):
    percent: Annotated[float, Meta(ge=0, le=101)]
    lamp: str


class DXCalculated(msgspec.Struct):
    rate: int


class DXPart(msgspec.Struct):
    name: str
    scoreID: Text  # noqa: N815


class DXPlay(msgspec.Struct):
    chartID: Text  # noqa: N815
    songID: Text  # noqa: N815
    userID: int  # noqa: N815
    game: str
    scoreData: DXScoreData  # noqa: N815
    calculatedData: DXCalculated  # noqa: N815
    timeAchieved: int | None  # noqa: N815
    playtype: str | UnsetType = UNSET


class DXBest(DXPlay, kw_only=True):
    composedFrom: list[DXPart]  # noqa: N815


class DXScore(DXPlay, kw_only=True):
    scoreID: Text  # noqa: N815


class DXBests(msgspec.Struct):
    pbs: list[DXBest]
    charts: list[DXChart]
    songs: list[DXSong]


class DXScores(msgspec.Struct):
    scores: list[DXScore]
    charts: list[DXChart]
    songs: list[DXSong]


class DXSession(msgspec.Struct):
    sessionID: Text  # noqa: N815
    userID: int  # noqa: N815
    game: str
    timeStarted: int  # noqa: N815
    timeEnded: int  # noqa: N815
    scoreIDs: list[str]  # noqa: N815
    playtype: str | UnsetType = UNSET


class DXUser(msgspec.Struct):
    id: int
    username: str


class DXSessionContents(msgspec.Struct):
    session: DXSession
    scores: list[DXScore]
    user: DXUser


def assert_joined(plays: list[Any], charts: list[DXChart], songs: list[DXSong]) -> None:
    """Each play finds its chart by `chartID` and its song by `id`."""
    assert {play.chartID for play in plays} <= {chart.chartID for chart in charts}
    assert {play.songID for play in plays} <= {song.id for song in songs}
    assert {chart.song.id for chart in charts} <= {song.id for song in songs}
    assert all(play.game == "maimaidx" for play in plays)


def test_maimai_session_report_reads_the_bests_of_a_player(played: User) -> None:
    answer = read("/api/v1/users/alice/games/maimaidx/pbs/all", DXBests)
    assert len(answer.pbs) == len({best.chartID for best in answer.pbs}) == 2
    assert_joined(answer.pbs, answer.charts, answer.songs)
    for best in answer.pbs:
        assert {"Best Percent"} == {part.name for part in best.composedFrom if part.name == "Best Percent"}
    assert [best.timeAchieved for best in answer.pbs] == [NOON + HOUR, NOON]


def test_maimai_session_report_reads_recent_scores(played: User) -> None:
    answer = read("/api/v1/users/alice/games/maimaidx/scores/recent", DXScores)
    assert len(answer.scores) == 3
    assert_joined(answer.scores, answer.charts, answer.songs)


def test_maimai_session_report_reads_sessions_and_the_scores_of_one(played: User, settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    listed = read("/api/v1/users/alice/games/maimaidx/sessions/recent", list[DXSession])
    assert [session.timeStarted for session in listed] == [NOON + 9 * HOUR, NOON]
    for session in listed:
        assert session.game == "maimaidx"
        assert session.playtype in (UNSET, "Single")
        answer = read(f"/api/v1/sessions/{session.sessionID}", DXSessionContents)
        ids = answer.session.scoreIDs
        assert ids
        assert len(ids) == len(set(ids))
        assert set(ids) == {score.scoreID for score in answer.scores}
        assert answer.user.id == answer.session.userID == played.pk
        for score in answer.scores:
            assert (score.game, score.userID) == ("maimaidx", answer.session.userID)
            assert score.timeAchieved is not None
            assert answer.session.timeStarted <= score.timeAchieved <= answer.session.timeEnded


# --- maidraw ------------------------------------------------------------------------------------------


class DrawnBest(msgspec.Struct):
    chartID: Text  # noqa: N815
    songID: Text  # noqa: N815
    scoreData: dict[str, Any]  # noqa: N815
    calculatedData: dict[str, float | None]  # noqa: N815


class DrawnBests(msgspec.Struct):
    pbs: list[DrawnBest]
    charts: list[DXChart]
    songs: list[DXSong]


class DrawnScore(msgspec.Struct):
    scoreID: Text  # noqa: N815
    chartID: Text  # noqa: N815
    scoreData: dict[str, Any]  # noqa: N815


@pytest.mark.parametrize(
    ("game", "difficulty", "metrics"),
    [
        ("maimaidx", "DX Master", {"percent": 99.5, "lamp": "CLEAR"}),
        ("chunithm", "MASTER", {"score": 1_000_000, "noteLamp": "NONE", "clearLamp": "CLEAR"}),
        (
            "ongeki",
            "MASTER",
            {"score": 1_000_000, "noteLamp": "CLEAR", "bellLamp": "NONE", "platinumScore": 0},
        ),
    ],
)
def test_maidraw_joins_the_bests_of_its_games_with_songs_and_charts(
    game: str, difficulty: str, metrics: dict[str, Any]
) -> None:
    data: dict[str, Any] = {"maxPlatScore": 100, "chartViewURL": ""} if game == "ongeki" else {}
    for chart in charts_of(game, 2, difficulty, 13.0):
        chart.data |= data
        chart.save()
    row = {"matchType": "inGameID", "identifier": "1", "difficulty": difficulty, "timeAchieved": NOON, **metrics}
    job = import_rows(people.alice(), f"{game}:Single", [row])
    assert Score.objects.filter(from_import=job).count() == 1
    answer = read(f"/api/v1/users/alice/games/{game}/pbs/all", DrawnBests)
    (best,) = answer.pbs
    (song,) = [song for song in answer.songs if song.id == best.songID]
    (chart_document,) = [chart for chart in answer.charts if chart.chartID == best.chartID]
    assert (chart_document.data.inGameID, chart_document.data.displayVersion) == (1, "buddies")
    assert (chart_document.versions, song.title) == (["buddies"], "Song 1")
    (score,) = read(f"/api/v1/users/alice/games/{game}/scores/{best.chartID}", list[DrawnScore])
    assert score.chartID == best.chartID


def test_maidraw_shows_a_picture_of_the_player() -> None:
    people.alice()
    people.bob()
    response, other = (people.guest().get(f"/api/v1/users/{name}/pfp") for name in ("alice", "bob"))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")
    assert ElementTree.fromstring(response.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert response.content != other.content
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"] == "public, max-age=3600, stale-while-revalidate=86400"


def test_maidraw_is_told_why_there_is_nothing() -> None:
    people.alice()
    response = people.guest().get("/api/v1/users/alice/games/maimaidx/pbs/all")
    assert (response.status_code, response.json()) == (
        404,
        {"success": False, "description": "The user Alice has not played maimaidx"},
    )


# --- what all of them may ask -------------------------------------------------------------------------


def test_a_score_names_its_session() -> None:
    (chart,) = charts(1)
    an_import(people.alice(), score_on(chart, timeAchieved=NOON), score_on(chart, 9_000_000))
    session = Session.objects.get()
    for path in (
        "/api/v1/users/alice/games/sdvx/scores/recent",
        "/api/v1/users/alice/games/sdvx/scores/all",
    ):
        scores = read(path, dict[str, Any])["scores"]
        assert {score["timeAchieved"]: score["sessionID"] for score in scores} == {
            NOON: session.session_id,
            None: None,
        }, path
