"""Requests of clients that read from Tachi's API of 2026, and the response members that they use (spec: api-v3 §8).

Each test sends the requests of a client and parses the responses with types as strict as those of the client.
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
from tests.factories import HOUR, NOON, charts, create_import, score_on
from tests.pipeline.factories import import_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def played() -> User:
    """Imports three scores of Alice on two charts of maimai DX, two of them in one session."""
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
    """Asserts that the lists contain the chart and the song of each score, by `chartID` and `songID`."""
    assert {play.chartID for play in plays} <= {chart.chartID for chart in charts}
    assert {play.songID for play in plays} <= {song.id for song in songs}
    assert {chart.song.id for chart in charts} <= {song.id for song in songs}
    assert all(play.game == "maimaidx" for play in plays)


def test_maimai_session_report_reads_the_bests_of_a_player(played: User) -> None:
    response = read("/api/v1/users/alice/games/maimaidx/pbs/all", DXBests)
    assert len(response.pbs) == len({best.chartID for best in response.pbs}) == 2
    assert_joined(response.pbs, response.charts, response.songs)
    for best in response.pbs:
        assert {"Best Percent"} == {part.name for part in best.composedFrom if part.name == "Best Percent"}
    assert [best.timeAchieved for best in response.pbs] == [NOON + HOUR, NOON]


def test_maimai_session_report_reads_recent_scores(played: User) -> None:
    response = read("/api/v1/users/alice/games/maimaidx/scores/recent", DXScores)
    assert len(response.scores) == 3
    assert_joined(response.scores, response.charts, response.songs)


def test_maimai_session_report_reads_sessions_and_their_scores(played: User, settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    listed = read("/api/v1/users/alice/games/maimaidx/sessions/recent", list[DXSession])
    assert [session.timeStarted for session in listed] == [NOON + 9 * HOUR, NOON]
    for session in listed:
        assert session.game == "maimaidx"
        assert session.playtype in (UNSET, "Single")
        response = read(f"/api/v1/sessions/{session.sessionID}", DXSessionContents)
        ids = response.session.scoreIDs
        assert ids
        assert len(ids) == len(set(ids))
        assert set(ids) == {score.scoreID for score in response.scores}
        assert response.user.id == response.session.userID == played.pk
        for score in response.scores:
            assert (score.game, score.userID) == ("maimaidx", response.session.userID)
            assert score.timeAchieved is not None
            assert response.session.timeStarted <= score.timeAchieved <= response.session.timeEnded


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
def test_maidraw_joins_bests_with_their_songs_and_charts(game: str, difficulty: str, metrics: dict[str, Any]) -> None:
    data: dict[str, Any] = {"maxPlatScore": 100, "chartViewURL": ""} if game == "ongeki" else {}
    for chart in charts_of(game, 2, difficulty, 13.0):
        chart.data |= data
        chart.save()
    row = {"matchType": "inGameID", "identifier": "1", "difficulty": difficulty, "timeAchieved": NOON, **metrics}
    job = import_rows(people.alice(), f"{game}:Single", [row])
    assert Score.objects.filter(from_import=job).count() == 1
    response = read(f"/api/v1/users/alice/games/{game}/pbs/all", DrawnBests)
    (best,) = response.pbs
    (song,) = [song for song in response.songs if song.id == best.songID]
    (chart_document,) = [chart for chart in response.charts if chart.chartID == best.chartID]
    assert (chart_document.data.inGameID, chart_document.data.displayVersion) == (1, "buddies")
    assert (chart_document.versions, song.title) == (["buddies"], "Song 1")
    (score,) = read(f"/api/v1/users/alice/games/{game}/scores/{best.chartID}", list[DrawnScore])
    assert score.chartID == best.chartID


def test_maidraw_reads_the_profile_picture_of_a_player() -> None:
    people.alice()
    people.bob()
    response, other = (people.guest().get(f"/api/v1/users/{name}/pfp") for name in ("alice", "bob"))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")
    assert ElementTree.fromstring(response.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert response.content != other.content
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"] == "public, max-age=3600, stale-while-revalidate=86400"


def test_maidraw_gets_a_404_for_a_game_that_the_player_has_not_played() -> None:
    people.alice()
    response = people.guest().get("/api/v1/users/alice/games/maimaidx/pbs/all")
    assert (response.status_code, response.json()) == (
        404,
        {"success": False, "description": "The user Alice has not played maimaidx"},
    )


# --- all clients --------------------------------------------------------------------------------------


def test_a_score_has_the_id_of_its_session() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON), score_on(chart, 9_000_000))
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
