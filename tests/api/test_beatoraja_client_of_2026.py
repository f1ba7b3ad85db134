"""Requests of tachi-beatoraja-ir to the API of 2026, and the response members that it uses (spec: api-v3 §8).

Each test sends the requests of the client and parses the responses with types as strict as those of the client.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType
from pytest_django import Settings

from imports.formats.match_keys import chart_keys
from imports.models import Chart, Song
from tests import people
from tests.api.clients_of_2026 import Text, read
from tests.hashed_charts import beatoraja, bms_chart, program, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


class ResolvedSong(msgspec.Struct):
    id: int | str


class ResolvedChart(msgspec.Struct):
    difficulty: str


class Resolved(msgspec.Struct):
    song: ResolvedSong
    chart: ResolvedChart


@pytest.mark.parametrize("address", ["/api/v1/games/bms/7K/charts/resolve", "/api/v1/games/bms-7k/charts/resolve"])
def test_beatoraja_resolves_a_chart_and_its_song(address: str) -> None:
    """The client sends a request of 2026 to the path of 2025."""
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
    query = {"matchType": "bmsChartHash", "identifier": sha256}
    response = people.guest().post(address, query, content_type="application/json")
    assert response.status_code == 200, response.content
    result = msgspec.convert(response.json()["body"], Resolved)
    assert (bool(result.song.id), result.chart.difficulty) == (True, "CHART")
    unknown = people.guest().post(address, {**query, "identifier": "f" * 64}, content_type="application/json")
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
def test_beatoraja_submits_a_score_and_reads_the_documents_of_2026(settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    bms_chart()
    response = send(program(people.alice()), "beatoraja/submit-score", beatoraja())
    assert (response.status_code, response.json()["success"]) == (200, True)
    submitted = msgspec.convert(response.json()["body"], Submitted)
    assert submitted.score.chartID == submitted.chart.chartID
    assert submitted.score.songID == submitted.song.id == submitted.chart.song.id
    assert submitted.import_.scoreIDs == [submitted.score.scoreID]
    assert (submitted.import_.gameGroup, submitted.import_.games) == ("bms", ["bms-7k"])
    # The paths of 2026 use the same IDs.
    score = read(f"/api/v1/users/alice/games/bms-7k/scores/{submitted.chart.chartID}", list[PlayedScore])
    assert [each.scoreID for each in score] == [submitted.score.scoreID]


class ShownScore(msgspec.Struct):
    sha256: str
    player: str
    exscore: int | UnsetType = UNSET


@pytest.mark.usefixtures("worked_on_while_waiting")
def test_beatoraja_reads_the_scores_of_a_chart_with_its_own_under_an_empty_name() -> None:
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
def test_beatoraja_gets_a_404_for_an_unknown_course() -> None:
    course = {"charts": [{"md5": f"{number}" * 32} for number in range(4)], "constraint": ["GAUGE_LR2"]}
    played = {"course": course, "score": {"clear": "Normal", "option": 0, "lntype": 0}}
    response = send(program(people.alice()), "beatoraja/submit-course", played)
    assert (response.status_code, response.json()["success"]) == (404, False)


def test_beatoraja_reads_the_user_of_its_token() -> None:
    client = people.bearer(people.alice())
    result = client.get("/api/v1/status?echo=hello").json()["body"]
    assert (result["whoami"], result["echo"]) == (people.alice().pk, "hello")
    assert client.get(f"/api/v1/users/{result['whoami']}").json()["body"]["username"] == "Alice"
