"""The paths of both API versions: the IDs that they accept, the documents that they return, and their errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from imports.models import Chart, GameStats, Score, Session, Song, User
from tests import people
from tests.api.envelopes import body, summary
from tests.factories import HOUR, NOON, charts, create_chart, create_import, create_song, score_on
from tests.pipeline.factories import EVENING, catalogue, import_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

ALICE = "/api/v1/users/alice"
V2, V3 = f"{ALICE}/games/sdvx/Single", f"{ALICE}/games/sdvx"
REAL = "C19d35e1105736f994ca"
GAME_IDS = "iidx-sp, iidx-dp, sdvx"


@pytest.fixture
def played() -> Chart:
    """Creates Alice's only score, in a session, and returns its chart."""
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON))
    return Chart.objects.select_related("song").get(pk=chart.pk)


# --- IDs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        f"{V3}/pbs/{{chart}}",
        f"{V3}/pbs/{{chart}}/leaderboard-adjacent",
        f"{V3}/scores/{{chart}}",
        "/api/v1/games/sdvx/charts/{chart}",
        "/api/v1/games/sdvx/charts/{chart}/pbs",
    ],
)
def test_a_path_of_2026_accepts_every_current_and_former_chart_id(played: Chart, path: str) -> None:
    derived = played.v3_id
    Chart.objects.filter(pk=played.pk).update(v3_id=REAL, former_ids=[derived])
    responses = [body(people.guest(), path.format(chart=given)) for given in (REAL, derived, played.chart_id)]
    assert responses[0] == responses[1] == responses[2]


@pytest.mark.parametrize("path", ["/api/v1/games/sdvx/songs/{song}", f"{V3}/pbs/song/{{song}}"])
def test_a_path_of_2026_accepts_both_ids_of_a_song(played: Chart, path: str) -> None:
    for given in (played.song.v3_id, played.song.song_id):
        assert people.guest().get(path.format(song=given)).status_code == 200


def test_a_path_of_2025_accepts_only_ids_of_2025(played: Chart) -> None:
    assert summary(people.guest().get(f"{V2}/pbs/{played.v3_id}")) == (404, "This chart does not exist.")
    assert people.guest().get(f"/api/v1/games/sdvx/Single/songs/{played.song.v3_id}").status_code == 400


# --- documents ----------------------------------------------------------------------------------------


def test_the_version_of_a_path_decides_the_form_of_its_documents(played: Chart) -> None:
    old, new = body(people.guest(), f"{V2}/pbs/all"), body(people.guest(), f"{V3}/pbs/all")
    (of_2025,), (of_2026,) = old["pbs"], new["pbs"]
    assert (of_2025["game"], of_2025["playtype"]) == ("sdvx", "Single")
    assert (of_2025["chartID"], of_2025["songID"]) == (played.chart_id, 1)
    assert (of_2026["game"], of_2026["chartID"], of_2026["songID"]) == ("sdvx", played.v3_id, played.song.v3_id)
    assert "playtype" not in of_2026
    assert new["charts"] == [
        {
            "chartID": played.v3_id,
            "legacyChartID": played.chart_id,
            "game": "sdvx",
            "song": new["songs"][0],
            "difficulty": "EXH",
            "level": "16",
            "levelNum": 16,
            "isPrimary": True,
            "versions": ["booth"],
            "data": {"inGameID": 1},
        }
    ]
    (song,) = new["songs"]
    assert song == {**old["songs"][0], "id": played.song.v3_id}


@pytest.mark.parametrize("stored", [[{"table": "★", "level": "12"}], {"★": "12"}])
def test_the_tables_of_a_chart_are_an_object_in_2026_and_a_list_in_2025(played: Chart, stored: Any) -> None:
    """The stored form depends on the seeds."""
    Chart.objects.update(data={"inGameID": 1, "tableFolders": stored})
    (old,), (new,) = (body(people.guest(), f"{path}/pbs/all")["charts"] for path in (V2, V3))
    assert old["data"]["tableFolders"] == [{"table": "★", "level": "12"}]
    assert new["data"]["tableFolders"] == {"★": "12"}


SHARED = [
    ("/api/v1/scores/{score}", "score"),
    ("/api/v1/sessions/{session}", "scores"),
    ("/api/v1/sessions/{session}", "session"),
    ("/api/v1/users/alice/sessions/calendar", ""),
    ("/api/v1/users/alice/recent-summary", "recentSessions"),
]


@pytest.mark.parametrize(("path", "member"), SHARED)
@pytest.mark.parametrize(("year", "game"), [("2026", "iidx-sp"), ("2025", "iidx")])
def test_a_shared_path_has_the_members_of_both_versions_and_a_setting_selects_the_game_id(
    settings: Settings, path: str, member: str, year: str, game: str
) -> None:
    settings.TACHI_API_DOCUMENTS = year
    catalogue()
    row = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "HYPER", "score": 1_000, "lamp": "CLEAR"}
    import_rows(people.alice(), "iidx:SP", [{**row, "timeAchieved": EVENING}])
    Session.objects.update(time_ended=4e12)  # recent at every date of the test
    score, session = Score.objects.get(), Session.objects.get()
    response = body(people.guest(), path.format(score=score.score_id, session=session.session_id))
    part = response[member] if member else response
    document = part[0] if isinstance(part, list) else part
    assert (document["game"], document["playtype"]) == (game, "SP")


@pytest.mark.parametrize("year", ["2026", "2025"])
def test_the_charts_of_a_shared_path_have_the_members_of_both_versions(
    settings: Settings, played: Chart, year: str
) -> None:
    settings.TACHI_API_DOCUMENTS = year
    response = body(people.guest(), f"/api/v1/scores/{Score.objects.get().score_id}?getRelated")
    chart, score = response["chart"], response["score"]
    assert {"playtype", "game", "songID", "song", "legacyChartID"} <= set(chart)
    assert chart["legacyChartID"] == played.chart_id
    assert chart["songID"] == chart["song"]["id"] == response["song"]["id"] == score["songID"]
    assert chart["chartID"] == score["chartID"] == (played.v3_id if year == "2026" else played.chart_id)
    assert score["sessionID"] == Session.objects.get().session_id


@pytest.mark.parametrize(("year", "key"), [("2026", "sdvx"), ("2025", "sdvx:Single")])
@pytest.mark.parametrize("path", ["/api/v1/activity", "/api/v1/ublock-blocks-this", f"{ALICE}/activity"])
def test_a_setting_selects_the_keys_of_feeds_of_all_games(
    settings: Settings, played: Chart, path: str, year: str, key: str
) -> None:
    settings.TACHI_API_DOCUMENTS = year
    assert len(body(people.guest(), path)[key]["recentSessions"]) == 1


@pytest.mark.parametrize("path", [f"{V3}/activity", "/api/v1/games/sdvx/activity"])
def test_the_feed_of_a_game_has_the_game_id_as_its_key(played: Chart, path: str) -> None:
    assert list(body(people.guest(), path)) == ["sdvx"]


def test_a_search_of_2026_covers_only_the_games_that_its_caller_has_played(settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    create_chart(create_song(1, "冥"))
    GameStats.objects.create(user=people.alice(), game="iidx", playtype="DP")
    assert set(body(people.bearer(people.alice()), "/api/v1/search?search=冥")["charts"]) == {"iidx-dp"}
    assert len(body(people.guest(), "/api/v1/search?search=冥")["charts"]["sdvx"]) == 1


def test_a_search_of_2026_by_a_chart_hash_returns_a_list(settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    song = Song.objects.create(game="itg", song_id=1, title="A", artist="B", data={})
    chart = create_chart(song)
    Chart.objects.filter(pk=chart.pk).update(
        playtype="Stamina", data={"hashGSv3": "0123456789abcdef"}, match_keys=["hash:0123456789abcdef"]
    )
    (document,) = body(people.guest(), "/api/v1/search/chart-hash?search=0123456789abcdef")["charts"]
    assert (document["game"], document["legacyChartID"]) == ("itg-stamina", chart.chart_id)


# --- games --------------------------------------------------------------------------------------------


def test_a_game_of_2026_has_its_difficulties_in_short_and_long_form() -> None:
    response = body(people.guest(), "/api/v1/games/iidx-sp")
    assert set(response) == {"config", "scoreCount", "playerCount", "chartCount"}
    difficulties = response["config"]["difficulties"]
    assert (difficulties["type"], difficulties["formatShort"]["ANOTHER"]) == ("FIXED", "SPA")
    assert difficulties["formatLong"]["ANOTHER"] == "SP ANOTHER"


def test_a_game_group_lists_its_games() -> None:
    response = body(people.guest(), "/api/v1/games/iidx")
    assert (response["playtypes"], response["games"], response["dynamicContent"]) == (
        ["SP", "DP"],
        ["iidx-sp", "iidx-dp"],
        False,
    )


# --- ranks and order ----------------------------------------------------------------------------------


def test_rows_of_a_leaderboard_with_equal_ratings_share_a_rank() -> None:
    ratings = (17.0, 18.0, 17.0, None, 0.0)
    for number, rating in enumerate(ratings):
        user = User.objects.create_user(f"player_{number}")
        GameStats.objects.create(user=user, game="sdvx", playtype="Single", ratings={"VF6": rating, "VF7": rating})
    rows = body(people.guest(), "/api/v1/games/sdvx/leaderboard")["gameStats"]
    assert [row["rank"] for row in rows] == [1, 2, 2, 4, 4]
    near = body(people.guest(), "/api/v1/users/player_0/games/sdvx/leaderboard-adjacent")
    assert (near["thisUsersStats"]["rank"], [row["rank"] for row in near["above"]]) == (2, [1])


def test_bests_and_scores_of_2026_are_listed_newest_first() -> None:
    first, second = charts(2)
    create_import(
        people.alice(),
        score_on(first, 9_000_000, timeAchieved=NOON),
        score_on(first, 8_000_000, timeAchieved=NOON + HOUR),
        score_on(second, 8_000_000, timeAchieved=NOON + 2 * HOUR),
        score_on(first, 7_000_000),
    )
    assert [best["timeAchieved"] for best in body(people.guest(), f"{V3}/pbs/all")["pbs"]] == [NOON + 2 * HOUR, NOON]
    scores = body(people.guest(), f"{V3}/scores/{first.chart_id}")
    assert [score["timeAchieved"] for score in scores] == [NOON + HOUR, NOON, None]


def test_a_tied_player_sees_the_neighbours_on_the_leaderboard() -> None:
    """Complete ties share a rank, so a rank is not a position on the leaderboard."""
    (chart,) = charts(1)
    for number in range(14):
        create_import(User.objects.create_user(f"tied_{number}"), score_on(chart, 9_000_000, timeAchieved=NOON))
    for number in range(14):
        path = f"/api/v1/users/tied_{number}/games/sdvx/Single/pbs/{chart.chart_id}/leaderboard-adjacent"
        response = body(people.guest(), path)
        around = [*response["adjacentAbove"], *response["adjacentBelow"]]
        assert {best["rankingData"]["rank"] for best in around} == {1}
        assert 5 <= len(around) <= 10


def test_a_session_returns_its_previous_and_next_session(played: Chart) -> None:
    create_import(people.alice(), score_on(played, 9_600_000, timeAchieved=NOON + 9 * HOUR))
    first, second = Session.objects.order_by("time_started")
    for session, before, after in ((first, None, second), (second, first, None)):
        response = body(people.guest(), f"/api/v1/sessions/{session.session_id}/adjacent")
        ids = [adjacent and adjacent["sessionID"] for adjacent in (response["prev"], response["next"])]
        assert ids == [before and before.session_id, after and after.session_id]
    assert body(people.guest(), f"/api/v1/sessions/{second.session_id}")["index"] == 1


# --- resolving charts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{V2}/pbs/resolve", f"{V3}/pbs/resolve"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"matchType": "sdvxInGameID", "identifier": "1", "difficulty": "EXH", "more": 1}, (200, "Returned PB.")),
        (
            {"matchType": "sdvxInGameID", "identifier": "7", "difficulty": "EXH"},
            (404, "Could not resolve this chart with details: sdvxInGameID:7"),
        ),
        (
            {"matchType": "sdvxInGameID", "identifier": "2", "difficulty": "EXH"},
            (404, "This user has not played this chart."),
        ),
    ],
)
def test_a_best_is_resolved_like_a_row_of_an_import(
    played: Chart, path: str, query: dict[str, Any], expected: tuple[int, str]
) -> None:
    create_chart(create_song(2))
    response = people.guest().post(path, query, content_type="application/json")
    assert summary(response) == expected


def test_an_incomplete_chart_query_is_refused_with_the_message_of_its_api_version() -> None:
    GameStats.objects.create(user=people.alice(), game="sdvx", playtype="Single")
    old, new = (
        summary(people.guest().post(f"{path}/charts/resolve", {"matchType": "x"}, content_type="application/json"))
        for path in ("/api/v1/games/sdvx/Single", "/api/v1/games/sdvx")
    )
    assert old == (400, "[identifier] Expected string. (Received nothing (undefined))")
    assert new == (400, "Invalid request: identifier Invalid input: expected string, received undefined")


# --- errors -------------------------------------------------------------------------------------------


@pytest.mark.quick_rows(6)
@pytest.mark.usefixtures("sdvx_and_iidx", "played")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{ALICE}/games/iidx/pbs/all", (400, f"Invalid/unsupported game iidx - Expected one of {GAME_IDS}")),
        ("/api/v1/games/IIDX-SP/charts", (400, f"Invalid/unsupported game IIDX-SP - Expected one of {GAME_IDS}")),
        (f"{ALICE}/games/iidx-sp", (404, "The user Alice has not played iidx-sp")),
        ("/api/v1/users/nobody/games/sdvx", (404, "The user nobody does not exist.")),
        (f"{V3}/pbs/x", (404, "This chart does not exist.")),
        (f"{V3}/pbs/song/9", (404, "This song does not exist.")),
        ("/api/v1/games/sdvx/charts/x", (404, "The chart x does not exist.")),
        ("/api/v1/games/sdvx/songs/x", (404, "No song with ID x exists.")),
        (f"{V3}/pbs", (400, "Invalid request: search Invalid input: expected string, received undefined")),
        (f"{V3}/scores", (400, "Invalid request: search Invalid input: expected string, received undefined")),
        (f"{V3}/sessions", (400, "Invalid request: search Invalid input: expected string, received undefined")),
        (f"{ALICE}/games/sdvx/jubility", (404, "Endpoint Not Found.")),
        (f"{ALICE}/games/sdvx/best-score/{'0' * 32}", (404, "Endpoint Not Found.")),
        ("/api/v1/games/sdvx/sieglinde-charts", (404, "Endpoint Not Found.")),
    ],
)
def test_a_path_of_2026_has_the_error_messages_of_2026(path: str, expected: tuple[int, str]) -> None:
    assert summary(people.guest().get(path)) == expected


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    "path", [f"{V3}/history?duration=all&x=1", f"{V3}/pbs/best?x=1", "/api/v1/games/sdvx/players?search=a&x=1"]
)
def test_a_path_of_2026_ignores_unknown_parameters(path: str) -> None:
    assert people.guest().get(path).status_code == 200


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{V3}/rivals", []),
        (f"{V3}/rivals/challengers", []),
        (f"{V3}/pbs/{{chart}}/rivals", {"pbs": [], "rivals": []}),
        (f"{ALICE}/following", {"friends": []}),
    ],
)
def test_lists_of_rivals_and_friends_are_empty(path: str, expected: Any) -> None:
    assert body(people.guest(), path.format(chart=Chart.objects.get().v3_id)) == expected


# --- cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{V3}/scores/recent", f"{V3}/pbs/all", f"{V3}/sessions/recent"])
def test_lists_of_2026_take_the_same_number_of_queries_for_many_rows_as_for_few(path: str) -> None:
    rows = charts(20)
    counts = []
    for some in (rows[:1], rows):
        create_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(some)])
        with CaptureQueriesContext(connection) as captured:
            body(people.guest(), path)
        counts.append(len(captured))
    assert counts[0] == counts[1]
