"""Requests of clients that were written for Tachi's API of 2026, and what each relies on (spec: api-v3 §8).

Each test asks what the client asks, and reads the answer with types as strict as the client's own.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from xml.etree import ElementTree

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from msgspec import UNSET, Meta, UnsetType
from pytest_django import Settings

from imports.formats.match_keys import chart_keys
from imports.models import Chart, Import, Permission, Score, Session, Song, User
from tests import people
from tests.factories import HOUR, NOON, a_song, an_import, batch_manual, charts, process, score_on
from tests.hashed_charts import beatoraja, bms_chart, program, send
from tests.pipeline.factories import import_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[float, Meta(gt=0)]


class Success(msgspec.Struct):
    success: bool
    description: str
    body: msgspec.Raw


def read(path: str, kind: type[T]) -> T:
    """The body of what a guest gets, as a client's types have it."""
    response: Any = people.guest().get(path)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == 200, content
    envelope = msgspec.json.decode(content, type=Success)
    assert envelope.success is True
    return msgspec.json.decode(envelope.body, type=kind)


def charts_of(game: str, count: int, difficulty: str, level: float) -> list[Chart]:
    """Charts of songs of an arcade game, whose in-game IDs are their songs' numbers."""
    made = []
    for number in range(1, count + 1):
        song = a_song(number, game=game)
        data = {"inGameID": number, "displayVersion": "buddies"}
        made.append(
            Chart.objects.create(
                chart_id=f"{number:040x}",
                game=game,
                song=song,
                playtype="Single",
                difficulty=difficulty,
                level=f"{level:.0f}",
                level_num=level,
                versions=["buddies"],
                data=data,
                match_keys=chart_keys({"data": data}),
            )
        )
    return made


def maimaidx_row(number: int, percent: float, **more: Any) -> dict[str, Any]:
    row = {"matchType": "inGameID", "identifier": str(number), "difficulty": "DX Master", "percent": percent}
    return {**row, "lamp": "CLEAR", **more}


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


# --- Kamaissless ------------------------------------------------------------------------------------


def test_kamaissless_uploads_a_file() -> None:
    """A form whose import type comes before the file."""
    (chart,) = charts(1)
    file = SimpleUploadedFile("scores.json", msgspec.json.encode(batch_manual(score_on(chart))), "application/json")
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/api/v1/import/file", {"importType": "file/batch-manual", "scoreData": file})
    assert 200 <= response.status_code < 300
    assert process(Import.objects.get()).state == "completed"


# --- kt-ongeki ----------------------------------------------------------------------------------------


class Accepted(msgspec.Struct):
    url: Text
    importID: Text  # noqa: N815


class Progress(msgspec.Struct):
    description: Text


class Problem(msgspec.Struct):
    type: str
    message: str


class ImportResult(msgspec.Struct):
    importID: Text  # noqa: N815
    scoreIDs: list[str]  # noqa: N815
    errors: list[Problem]
    createdSessions: list[dict[str, str]]  # noqa: N815
    classDeltas: list[dict[str, str | None]]  # noqa: N815


class Poll(msgspec.Struct):
    importStatus: Annotated[str, Meta(pattern="^(ongoing|completed)$")]  # noqa: N815
    progress: Progress | UnsetType = UNSET
    import_: ImportResult | UnsetType = msgspec.field(name="import", default=UNSET)


def ongeki_document(meta: dict[str, str]) -> dict[str, Any]:
    scores = [
        {
            "matchType": "inGameID", "identifier": str(number), "difficulty": "MASTER", "score": 1_005_000,
            "noteLamp": "ALL BREAK", "bellLamp": "FULL BELL", "platinumScore": 2_000, "timeAchieved": NOON,
            "judgements": {"cbreak": 900, "break": 3, "hit": 0, "miss": 0},
            "optional": {"damage": 0, "bellCount": 100, "totalBellCount": 100},
        }
        for number in (1, 99)
    ]  # fmt: skip
    return {"meta": meta, "scores": scores}


@pytest.mark.parametrize(
    "meta",
    [
        {"game": "ongeki", "playtype": "Single", "service": "kt-ongeki"},
        {"game": "ongeki", "service": "kt-ongeki"},
    ],
    ids=["as it sends", "as in 2026"],
)
def test_kt_ongeki_sends_scores_and_polls_until_they_are_in(meta: dict[str, str]) -> None:
    """One song of two is unknown; the score of the other comes in, with its stars as a ladder."""
    for chart in charts_of("ongeki", 1, "MASTER", 14.2):
        chart.data |= {"maxPlatScore": 2_800, "chartViewURL": "", "isBonusTrack": False}
        chart.save()
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/ir/direct-manual/import", ongeki_document(meta), content_type="application/json")
    assert response.status_code == 202
    envelope = msgspec.json.decode(response.content, type=Success)
    accepted = msgspec.json.decode(envelope.body, type=Accepted)
    assert accepted.url.endswith(f"/api/v1/imports/{accepted.importID}/poll-status")

    before = read(accepted.url.partition("testserver")[2], Poll)
    assert (before.importStatus, before.import_) == ("ongoing", UNSET)
    assert before.progress is not UNSET
    process(Import.objects.get(import_id=accepted.importID))
    after = read(accepted.url.partition("testserver")[2], Poll)
    assert after.importStatus == "completed"
    assert after.import_ is not UNSET
    assert after.import_.importID == accepted.importID
    assert len(after.import_.scoreIDs) == 1
    assert after.import_.errors == [Problem("SongOrChartNotFound", "Cannot find chart inGameID:99.")]
    assert [delta["set"] for delta in after.import_.classDeltas] == ["colour"]
    score = read(f"/api/v1/scores/{after.import_.scoreIDs[0]}", dict[str, Any])["score"]
    assert (score["game"], score["scoreData"]["platinumStars"]) == ("ongeki", "0-star")
    assert score["scoreData"]["enumIndexes"]["platinumStars"] == 0


def test_kt_ongeki_is_told_what_is_wrong_with_a_document() -> None:
    """Either at once or by the poll: with success false and a description."""
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    document = ongeki_document({"game": "ongeki", "playtype": "Double", "service": "kt-ongeki"})
    response = client.post("/ir/direct-manual/import", document, content_type="application/json")
    assert (response.status_code, response.json()["success"]) == (400, False)
    assert response.json()["description"].startswith("Invalid playtype 'Double'")


# --- mikado -------------------------------------------------------------------------------------------


class MikadoChartData(msgspec.Struct):
    inGameID: int  # noqa: N815


class MikadoChart(msgspec.Struct):
    chartID: str  # noqa: N815
    difficulty: str
    data: MikadoChartData


class MikadoIndexes(msgspec.Struct):
    grade: int


class MikadoOptional(msgspec.Struct):
    exScore: int | UnsetType | None = UNSET  # noqa: N815


class MikadoScoreData(msgspec.Struct):
    score: int
    lamp: str
    enumIndexes: MikadoIndexes  # noqa: N815
    optional: MikadoOptional


class MikadoBest(msgspec.Struct):
    chartID: str  # noqa: N815
    scoreData: MikadoScoreData  # noqa: N815


class MikadoBests(msgspec.Struct):
    pbs: list[MikadoBest]
    charts: list[MikadoChart]


class Status(msgspec.Struct):
    whoami: int | None
    serverTime: int  # noqa: N815
    permissions: list[str]


def test_mikado_sends_a_score_and_loads_the_bests_of_its_player() -> None:
    (chart,) = charts(1)
    meta = {"game": "sdvx", "service": "mikado"}
    document = {"meta": meta, "scores": [score_on(chart, 9_900_000, optional={"exScore": 3_000})]}
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/ir/direct-manual/import", document, content_type="application/json")
    assert response.status_code == 202
    assert process(Import.objects.get()).state == "completed"
    status = msgspec.convert(client.get("/api/v1/status").json()["body"], Status)
    answer = read(f"/api/v1/users/{status.whoami}/games/sdvx/pbs/all", MikadoBests)
    (best,) = answer.pbs
    assert best.chartID in {known.chartID for known in answer.charts}
    assert (best.scoreData.score, best.scoreData.lamp, best.scoreData.optional.exScore) == (9_900_000, "CLEAR", 3_000)


# --- tachi-beatoraja-ir -------------------------------------------------------------------------------


class ResolvedSong(msgspec.Struct):
    id: int | str


class ResolvedChart(msgspec.Struct):
    difficulty: str


class Resolved(msgspec.Struct):
    song: ResolvedSong
    chart: ResolvedChart


@pytest.mark.parametrize("address", ["/api/v1/games/bms/7K/charts/resolve", "/api/v1/games/bms-7k/charts/resolve"])
def test_beatoraja_finds_the_song_of_a_chart(address: str) -> None:
    """It asks at the address of 2025 in the way of 2026."""
    sha256 = "0123456789abcdef" * 4
    data = {"hashMD5": "0" * 32, "hashSHA256": sha256, "notecount": 100, "tableFolders": {}}
    Chart.objects.create(
        chart_id="b" * 40,
        game="bms",
        song=Song.objects.create(game="bms", song_id=1, title="A BMS", artist="Somebody", data={}),
        playtype="7K",
        difficulty="CHART",
        level="?",
        level_num=0,
        is_primary=True,
        data=data,
        match_keys=chart_keys({"data": data}),
    )
    question = {"matchType": "bmsChartHash", "identifier": sha256}
    response = people.guest().post(address, question, content_type="application/json")
    assert response.status_code == 200, response.content
    answer = msgspec.convert(response.json()["body"], Resolved)
    assert (bool(answer.song.id), answer.chart.difficulty) == (True, "CHART")
    unknown = people.guest().post(address, {**question, "identifier": "f" * 64}, content_type="application/json")
    assert (unknown.status_code, unknown.json()["description"]) == (
        404,
        f"Could not resolve this chart with details: bmsChartHash:{'f' * 64}",
    )


class PlayedSong(msgspec.Struct):
    id: Annotated[str, Meta(pattern="^S[0-9a-f]{19}$")]
    title: Text


class PlayedChart(msgspec.Struct):
    game: Annotated[str, Meta(pattern="^bms-7k$")]
    chartID: Annotated[str, Meta(pattern="^C[0-9a-f]{19}$")]  # noqa: N815
    legacyChartID: Text  # noqa: N815
    song: PlayedSong


class PlayedScore(msgspec.Struct):
    game: Annotated[str, Meta(pattern="^bms-7k$")]
    scoreID: Annotated[str, Meta(pattern="^T[0-9a-f]{64}$")]  # noqa: N815
    songID: str  # noqa: N815
    chartID: str  # noqa: N815
    sessionID: str | None  # noqa: N815
    scoreData: dict[str, Any]  # noqa: N815


class PlayedImport(msgspec.Struct):
    importID: Text  # noqa: N815
    gameGroup: str  # noqa: N815
    games: list[str]
    scoreIDs: list[str]  # noqa: N815


class Submitted(msgspec.Struct):
    score: PlayedScore
    song: PlayedSong
    chart: PlayedChart
    import_: PlayedImport = msgspec.field(name="import")


@pytest.mark.usefixtures("worked_on_while_waiting")
def test_beatoraja_submits_a_play_and_reads_the_documents_of_2026(settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    bms_chart()
    response = send(program(people.alice()), "beatoraja/submit-score", beatoraja())
    assert (response.status_code, response.json()["success"]) == (200, True)
    told = msgspec.convert(response.json()["body"], Submitted)
    assert told.score.chartID == told.chart.chartID
    assert told.score.songID == told.song.id == told.chart.song.id
    assert told.import_.scoreIDs == [told.score.scoreID]
    assert (told.import_.gameGroup, told.import_.games) == ("bms", ["bms-7k"])
    # The addresses of 2026 know all of it under these IDs.
    score = read(f"/api/v1/users/alice/games/bms-7k/scores/{told.chart.chartID}", list[PlayedScore])
    assert [each.scoreID for each in score] == [told.score.scoreID]


class ShownScore(msgspec.Struct):
    sha256: str
    player: str
    exscore: int | UnsetType = UNSET


@pytest.mark.usefixtures("worked_on_while_waiting")
def test_beatoraja_shows_the_scores_of_a_chart_its_own_under_no_name() -> None:
    bms_chart()
    client = program(people.alice())
    send(client, "beatoraja/submit-score", beatoraja())
    send(program(people.bob()), "beatoraja/submit-score", beatoraja())
    sha256 = beatoraja()["chart"]["sha256"]
    response = client.get(f"/ir/beatoraja/charts/{sha256}/scores")
    assert response.status_code == 200
    shown = msgspec.convert(response.json()["body"], list[ShownScore])
    assert sorted(score.player for score in shown) == ["", "Bob"]
    assert {score.sha256 for score in shown} == {sha256}


@pytest.mark.usefixtures("worked_on_while_waiting")
def test_beatoraja_tolerates_a_course_that_nobody_knows() -> None:
    course = {"charts": [{"md5": f"{number}" * 32} for number in range(4)], "constraint": ["GAUGE_LR2"]}
    played = {"course": course, "score": {"clear": "Normal", "option": 0, "lntype": 0}}
    response = send(program(people.alice()), "beatoraja/submit-course", played)
    assert (response.status_code, response.json()["success"]) == (404, False)


def test_beatoraja_finds_out_who_it_is() -> None:
    client = people.bearer(people.alice())
    answer = client.get("/api/v1/status?echo=hello").json()["body"]
    assert (answer["whoami"], answer["echo"]) == (people.alice().pk, "hello")
    assert client.get(f"/api/v1/users/{answer['whoami']}").json()["body"]["username"] == "Alice"


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
