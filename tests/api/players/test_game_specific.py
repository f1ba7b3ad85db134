"""Endpoints under a user that exist only for jubeat and BMS."""

from __future__ import annotations

from typing import Any

import pytest

from imports.formats.match_keys import chart_keys
from imports.games import BY_SLUG
from imports.models import Chart, GameStats, PersonalBest, Song, User
from tests import people
from tests.api.envelopes import body, summary

pytestmark = pytest.mark.django_db

MD5, SHA256 = "0123456789abcdef" * 2, "fedcba9876543210" * 4
JUBILITY = "/api/v1/users/alice/games/jubeat/Single/jubility"
SCORE_DATA = {
    "jubeat": {"score": 900_000, "musicRate": 80, "lamp": "CLEAR", "grade": "S"},
    "bms": {"score": 100, "lamp": "CLEAR", "grade": "F", "percent": 10.0},
}


def a_chart(game: str, number: int, *, difficulty: str, data: dict[str, Any], version: str = "") -> Chart:
    song, _ = Song.objects.get_or_create(
        game=game, song_id=number, defaults={"title": f"Song {number}", "data": {"displayVersion": version}}
    )
    playtype = "Single" if game == "jubeat" else "7K"
    return Chart.objects.create(
        chart_id=f"{game} {number} {difficulty}",
        game=game,
        song=song,
        playtype=playtype,
        difficulty=difficulty,
        level="9",
        level_num=9,
        data=data,
        match_keys=chart_keys({"data": data}),
    )


def a_best(user: User, chart: Chart, ratings: dict[str, float | None]) -> None:
    GameStats.objects.get_or_create(user=user, game=chart.game, playtype=chart.playtype)
    PersonalBest.objects.create(
        user=user,
        chart=chart,
        game=chart.game,
        playtype=chart.playtype,
        is_primary=True,
        score_id=f"T{chart.pk}",
        score_data={**SCORE_DATA[chart.game], "judgements": {}, "optional": {}},
        calculated_data=ratings,
        composed_from=[{"name": "Best", "scoreID": f"T{chart.pk}"}],
        rank_keys=[1.0],
    )


# --- jubility -------------------------------------------------------------------------------------------------------


def test_the_jubility_lists_its_bests_in_pick_up_and_other() -> None:
    alice = people.alice()
    charts = {}
    for number in range(1, 80):
        version = "beyond" if number <= 35 else "festo"
        chart = a_chart("jubeat", number, difficulty="EXT", data={"inGameID": number}, version=version)
        charts[number] = chart
        a_best(alice, chart, {"jubility": float(number)})
    document = body(people.guest(), JUBILITY)
    assert summary(people.guest().get(JUBILITY)) == (200, "Retrieved scores that went into this users jubility.")
    assert [best["songID"] for best in document["pickUp"]] == list(range(35, 5, -1))
    assert [best["songID"] for best in document["other"]] == list(range(79, 49, -1))
    song_ids = {*range(6, 36), *range(50, 80)}
    assert {song["id"] for song in document["songs"]} == song_ids
    assert {chart["songID"] for chart in document["charts"]} == song_ids
    assert set(document) == {"pickUp", "other", "songs", "charts"}


def test_the_jubility_counts_the_better_of_normal_and_hard_mode() -> None:
    alice = people.alice()
    a_best(alice, a_chart("jubeat", 1, difficulty="EXT", data={}), {"jubility": 10.0})
    a_best(alice, a_chart("jubeat", 1, difficulty="HARD EXT", data={}), {"jubility": 12.0})
    a_best(alice, a_chart("jubeat", 1, difficulty="ADV", data={}), {"jubility": 5.0})
    document = body(people.guest(), JUBILITY)
    assert [best["calculatedData"]["jubility"] for best in document["other"]] == [12.0, 5.0]


def test_the_jubility_of_a_user_without_plays_is_empty() -> None:
    people.alice()
    empty: dict[str, Any] = {"pickUp": [], "other": [], "songs": [], "charts": []}
    assert body(people.guest(), JUBILITY) == empty
    assert summary(people.guest().get(JUBILITY.replace("alice", "nobody"))) == (404, "The user nobody does not exist.")
    assert summary(people.guest().get(JUBILITY.replace("alice", "me")))[0] == 401


# --- charts by checksum ---------------------------------------------------------------------------------------------


def best_on(checksum: str, *, who: str = "alice", playtype: str = "7K") -> Any:
    return people.guest().get(f"/api/v1/users/{who}/games/bms/{playtype}/best-score/{checksum}")


@pytest.mark.parametrize("checksum", [MD5, MD5.upper(), SHA256, SHA256.upper()])
def test_a_best_is_found_by_the_checksum_of_the_chart(checksum: str) -> None:
    chart = a_chart("bms", 1, difficulty="CHART", data={"hashMD5": MD5, "hashSHA256": SHA256})
    people.alice()
    assert summary(best_on(checksum)) == (200, "Player has not played this chart.")
    assert best_on(checksum).json()["body"] is None
    a_best(people.alice(), chart, {"sieglinde": None})
    assert summary(best_on(checksum)) == (200, "Best score found.")
    best = best_on(checksum).json()["body"]
    assert (best["chartID"], best["rankingData"]["rank"]) == (chart.chart_id, 1)


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("checksum", "expected"),
    [
        ("xyz", (400, "Invalid checksum (Was not a MD5 or SHA256 checksum).")),
        (f"{MD5[:-1]}g", (400, "Invalid checksum (Was not a MD5 or SHA256 checksum).")),
        (MD5[:-1], (400, "Invalid checksum length (Was not a MD5 or SHA256 checksum).")),
        (MD5, (404, "No chart found with the given checksum.")),
    ],
)
def test_an_invalid_or_unknown_checksum_is_refused(checksum: str, expected: tuple[int, str]) -> None:
    people.alice()
    assert summary(best_on(checksum)) == expected
    assert summary(best_on(checksum, who="nobody")) == (404, "The user nobody does not exist.")


def test_a_checksum_of_another_playtype_is_a_404() -> None:
    a_chart("bms", 1, difficulty="CHART", data={"hashMD5": MD5})
    people.alice()
    assert summary(best_on(MD5, playtype="14K"))[0] == 404
    assert summary(best_on(MD5, playtype="9K")) == (400, "The game bms does not have a playtype called 9K.")


def test_the_endpoints_of_a_disabled_game_are_a_404(monkeypatch: pytest.MonkeyPatch) -> None:
    people.alice()
    monkeypatch.setattr("imports.jobs.enabled_games", lambda: (BY_SLUG["sdvx"],))
    for response in (people.guest().get(JUBILITY), best_on(MD5)):
        assert summary(response) == (404, "Endpoint Not Found.")
