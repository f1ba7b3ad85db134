"""Requests of clients that submit scores to Tachi's API of 2026, and the members that they use (spec: api-v3 §8).

Each test sends the requests of a client and parses the responses with types as strict as those of the client.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from msgspec import UNSET, Meta, UnsetType

from imports.models import Import, Permission
from tests import people
from tests.api.clients_of_2026 import Success, Text, charts_of, read
from tests.factories import NOON, batch_manual, charts, run_job, score_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


# --- Kamaissless ------------------------------------------------------------------------------------


def test_kamaissless_uploads_a_file() -> None:
    """The form has the import type before the file."""
    (chart,) = charts(1)
    file = SimpleUploadedFile("scores.json", msgspec.json.encode(batch_manual(score_on(chart))), "application/json")
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/api/v1/import/file", {"importType": "file/batch-manual", "scoreData": file})
    assert 200 <= response.status_code < 300
    assert run_job(Import.objects.get()).state == "completed"


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
    ids=["with playtype", "without playtype"],
)
def test_kt_ongeki_submits_scores_and_polls_until_they_are_imported(meta: dict[str, str]) -> None:
    """One song of two is unknown; the score of the other is imported, with its stars as a ladder."""
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
    run_job(Import.objects.get(import_id=accepted.importID))
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


def test_kt_ongeki_gets_a_description_of_an_invalid_document() -> None:
    """The client also accepts such an error from the poll."""
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


def test_mikado_submits_a_score_and_reads_the_bests_of_its_player() -> None:
    (chart,) = charts(1)
    meta = {"game": "sdvx", "service": "mikado"}
    document = {"meta": meta, "scores": [score_on(chart, 9_900_000, optional={"exScore": 3_000})]}
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/ir/direct-manual/import", document, content_type="application/json")
    assert response.status_code == 202
    assert run_job(Import.objects.get()).state == "completed"
    status = msgspec.convert(client.get("/api/v1/status").json()["body"], Status)
    bests = read(f"/api/v1/users/{status.whoami}/games/sdvx/pbs/all", MikadoBests)
    (best,) = bests.pbs
    assert best.chartID in {known.chartID for known in bests.charts}
    assert (best.scoreData.score, best.scoreData.lamp, best.scoreData.optional.exScore) == (9_900_000, "CLEAR", 3_000)
