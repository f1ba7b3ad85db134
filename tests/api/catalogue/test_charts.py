"""GET …/games/:game/:playtype/charts: lists, single charts, leaderboards and playcounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from imports.api.catalogue.leaderboard import leaderboard_page
from imports.api.common.generations import V2
from imports.models import Chart, PersonalBest, Song, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import NOON, charts, create_chart, create_import, create_song, score_on
from tests.query_plans import OUT_OF_ORDER, plan_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SDVX = "/api/v1/games/sdvx/Single"
CHARTS = f"{SDVX}/charts"


def an_iidx_chart(song: Song, difficulty: str, *, playtype: str = "SP", **data: Any) -> Chart:
    return Chart.objects.create(
        chart_id=f"{song.song_id}-{playtype}-{difficulty}",
        game="iidx",
        song=song,
        playtype=playtype,
        difficulty=difficulty,
        level="12",
        level_num=12,
        data={"2dxtraSet": None, **data},
    )


def best_on(chart: Chart, user: User, *, keys: float = 1, time: float | None = None) -> None:
    a_best(chart, user, keys=keys, time=time).save()


def a_best(chart: Chart, user: User, *, keys: float, time: float | None = None) -> PersonalBest:
    return PersonalBest(
        user=user,
        chart=chart,
        game=chart.game,
        playtype=chart.playtype,
        is_primary=True,
        score_id=f"T{chart.pk:032x}{user.pk:032x}",
        time_achieved=time,
        score_data={"score": 1, "lamp": "CLEAR", "grade": "D", "judgements": {}, "optional": {}},
        calculated_data={"VF7": 0.1},
        composed_from=[],
        rank_keys=[keys],
    )


def players(count: int) -> list[User]:
    return User.objects.bulk_create(User(username=f"player{number:04}") for number in range(count))


# --- the list -----------------------------------------------------------------------------------------


def test_charts_are_listed_by_playcount() -> None:
    first, second, third = charts(3)
    for user in players(3):
        best_on(third, user)
    best_on(second, people.alice())
    document = body(people.guest(), CHARTS)
    assert [(chart["songID"], chart["__playcount"]) for chart in document["charts"]] == [(3, 3), (2, 1), (1, 0)]
    assert document["charts"][2] == {**expected_documents.chart(first, 1), "__playcount": 0}
    assert sorted(song["id"] for song in document["songs"]) == [1, 2, 3]
    assert expected_documents.song(1) in document["songs"]
    assert summary(people.guest().get(CHARTS)) == (200, "Returned 3 charts.")


def test_a_list_of_charts_has_at_most_a_hundred() -> None:
    for number in range(1, 61):
        song = create_song(number)
        create_chart(song, "NOV"), create_chart(song, "EXH")
    assert len(body(people.guest(), CHARTS)["charts"]) == 100
    assert len(body(people.guest(), f"{CHARTS}?search=song")["charts"]) == 100


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=冥", {1}),
        ("search=dead tree", {2}),
        ("search=zzz", set()),
        ("search=%25", {3}),
        ("search=%00", set()),
        ("search=" + "x" * 10_000, set()),
        ("search=%ED%A0%80", set()),  # half of a surrogate pair
        ("search=", {1, 2, 3}),
        ("search=冥&search=冥", {1, 2, 3}),  # a repeated parameter is ignored
        ("foo=bar", {1, 2, 3}),
    ],
)
def test_a_search_finds_charts_by_song(query: str, expected: set[int]) -> None:
    for number, title in enumerate(("冥", "Gravekeeper of the Dead Tree", "100%"), start=1):
        create_chart(create_song(number, title))
    document = body(people.guest(), f"{CHARTS}?{query}")
    assert {chart["songID"] for chart in document["charts"]} == {song["id"] for song in document["songs"]} == expected
    assert all("__textScore" not in song for song in document["songs"])


def test_the_filter_of_played_charts_includes_the_other_charts_of_their_songs() -> None:
    played, other = create_song(1), create_song(2)
    mine, sibling, theirs = create_chart(played, "NOV"), create_chart(played, "EXH"), create_chart(other)
    best_on(mine, people.alice())
    best_on(theirs, people.bob())
    for client in (people.session_of(people.alice()), people.bearer(people.alice())):
        document = body(client, f"{CHARTS}?requesterHasPlayed=")
        assert {chart["chartID"] for chart in document["charts"]} == {mine.chart_id, sibling.chart_id}
        assert body(client, f"{CHARTS}?requesterHasPlayed=no&search=2")["charts"] == []
    assert summary(people.guest().get(f"{CHARTS}?requesterHasPlayed=")) == (
        401,
        "You must be authorised as a user to use the requesterHasPlayed option.",
    )
    assert summary(people.guest().get(f"{CHARTS}?requesterHasPlayed=a&requesterHasPlayed=b"))[0] == 200


def test_extra_sets_of_iidx_are_left_out_unless_requested() -> None:
    song = create_song(1, game="iidx")
    plain = an_iidx_chart(song, "ANOTHER")
    extra = an_iidx_chart(create_song(2, game="iidx"), "ANOTHER", **{"2dxtraSet": "HEROIC VERSE"})
    address = "/api/v1/games/iidx/SP/charts"
    document = body(people.guest(), address)
    assert [chart["chartID"] for chart in document["charts"]] == [plain.chart_id]
    assert len(document["songs"]) == 2
    document = body(people.guest(), f"{address}?noIntelligentOmit=false")
    assert [chart["chartID"] for chart in document["charts"]] == [plain.chart_id, extra.chart_id]


def test_the_playcounts_of_the_whole_list_are_cached(redis_clean: Redis) -> None:
    (chart,) = charts(1)
    assert body(people.guest(), CHARTS)["charts"][0]["__playcount"] == 0
    best_on(chart, people.alice())
    assert body(people.guest(), CHARTS)["charts"][0]["__playcount"] == 0
    assert body(people.guest(), f"{CHARTS}?search=song")["charts"][0]["__playcount"] == 1
    redis_clean.flushdb()
    assert body(people.guest(), CHARTS)["charts"][0]["__playcount"] == 1


# --- single charts ------------------------------------------------------------------------------------


def test_a_single_chart_has_its_song_and_its_full_name() -> None:
    (chart,) = charts(1)
    assert summary(people.guest().get(f"{CHARTS}/{chart.chart_id}")) == (200, "Returned Song 1 (EXH 16).")
    document = body(people.guest(), f"{CHARTS}/{chart.chart_id}")
    assert document == {"song": expected_documents.song(1), "chart": expected_documents.chart(chart, 1)}


@pytest.mark.parametrize("rest", ["", "/playcount", "/pbs", "/pbs/search"])
@pytest.mark.parametrize("path_part", ["none", "%00", "x" * 5_000])
def test_an_unknown_chart_is_a_404(path_part: str, rest: str) -> None:
    charts(1)
    shown = path_part.replace("%00", "\0")
    assert summary(people.guest().get(f"{CHARTS}/{path_part}{rest}")) == (404, f"The chart {shown} does not exist.")


def test_a_chart_of_another_playtype_is_a_404() -> None:
    chart = an_iidx_chart(create_song(1, game="iidx"), "ANOTHER", playtype="DP")
    actual = summary(people.guest().get(f"/api/v1/games/iidx/SP/charts/{chart.chart_id}"))
    assert actual == (404, f"The chart {chart.chart_id} does not exist.")


def test_the_playcount_of_a_chart_is_its_number_of_players() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, 1), score_on(chart, 2))
    create_import(people.bob(), score_on(chart))
    assert body(people.guest(), f"{CHARTS}/{chart.chart_id}/playcount") == {"count": 2}
    assert summary(people.guest().get(f"{CHARTS}/{chart.chart_id}/playcount")) == (200, "Counted scores for chart.")


# --- leaderboards -------------------------------------------------------------------------------------


def test_the_leaderboard_of_a_chart_lists_all_bests_by_rank() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, 9_000_000, timeAchieved=NOON))
    create_import(people.bob(), score_on(chart, 9_500_000), score_on(chart, 1))
    document = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs")
    first, second = document["pbs"]
    assert (first["userID"], first["rankingData"]) == (people.bob().pk, {"rank": 1, "outOf": 2, "rivalRank": None})
    assert (second["userID"], second["rankingData"]) == (people.alice().pk, {"rank": 2, "outOf": 2, "rivalRank": None})
    assert second["scoreData"] == expected_documents.score_data(9_000_000, "A+")
    assert [user["username"] for user in document["users"]] == ["Bob", "Alice"]
    assert summary(people.guest().get(f"{CHARTS}/{chart.chart_id}/pbs")) == (200, "Returned 2 scores.")


def test_the_ranks_of_a_leaderboard_equal_those_of_a_search_in_it() -> None:
    (chart,) = charts(1)
    for number, user in enumerate(players(30)):
        best_on(chart, user, keys=number % 3, time=[None, 5.0, 3.0][number % 3 - number % 2])
    leaderboard = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs")["pbs"]
    actual = [pb["rankingData"]["rank"] for pb in leaderboard]
    assert actual == sorted(actual)
    assert len(set(actual)) < 30  # complete ties share a rank
    results = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs/search?search=player")["pbs"]
    ranks = {pb["userID"]: pb["rankingData"] for pb in leaderboard}
    assert len(results) == 25
    assert {pb["userID"]: pb["rankingData"] for pb in results}.items() <= ranks.items()


def test_complete_ties_share_a_rank_and_the_next_is_skipped() -> None:
    (chart,) = charts(1)
    values = [(9.0, NOON), (7.0, NOON), (7.0, NOON), (7.0, NOON + 1), (7.0, None), (7.0, None), (1.0, NOON)]
    for user, (keys, time) in zip(players(7), values, strict=True):
        best_on(chart, user, keys=keys, time=time)
    ranks = [1, 2, 2, 4, 5, 5, 7]
    for start in range(1, 8):
        document = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs?startRanking={start}")["pbs"]
        assert [pb["rankingData"]["rank"] for pb in document] == ranks[start - 1 :]


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("query", "ranks"),
    [
        ("", range(1, 101)),
        ("startRanking=101", range(101, 201)),
        ("startRanking=201", range(201, 211)),
        ("startRanking=210", range(210, 211)),
        ("startRanking=211", range(0)),
        ("startRanking=9007199254740991", range(0)),
        ("startRanking=9007199254740992", range(1, 101)),
        ("startRanking=0", range(1, 101)),
        ("startRanking=-5", range(1, 101)),
        ("startRanking=1.5", range(1, 101)),
        ("startRanking=x", range(1, 101)),
        ("startRanking=5&startRanking=6", range(1, 101)),
    ],
)
def test_a_page_of_a_leaderboard_starts_at_the_requested_rank(query: str, ranks: range) -> None:
    (chart,) = charts(1)
    PersonalBest.objects.bulk_create(a_best(chart, user, keys=key) for key, user in enumerate(players(210)))
    document = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs?{query}")
    assert [pb["rankingData"]["rank"] for pb in document["pbs"]] == list(ranks)
    assert {pb["rankingData"]["outOf"] for pb in document["pbs"]} <= {210}
    assert len(document["users"]) == len(ranks)


def test_a_leaderboard_can_be_searched_by_a_part_of_a_name() -> None:
    (chart,) = charts(1)
    for user in (people.alice(), people.bob()):
        best_on(chart, user, keys=user.pk)
    people.ada()  # has not played it
    document = body(people.guest(), f"{CHARTS}/{chart.chart_id}/pbs/search?search=A")
    assert [(pb["userID"], pb["rankingData"]["rank"]) for pb in document["pbs"]] == [(people.alice().pk, 2)]
    assert {user["username"] for user in document["users"]} == {"Alice", "Ada"}
    for query in ("", "?search=a&search=b"):
        response = summary(people.guest().get(f"{CHARTS}/{chart.chart_id}/pbs/search{query}"))
        assert response == (400, "Invalid parameter for search.")


@pytest.mark.slow
def test_a_large_leaderboard_is_read_from_its_index() -> None:
    chart = charts(15)[7]
    players(2_000)
    create_bests_of_all_players_on_all_charts()
    with CaptureQueriesContext(connection) as captured:
        assert len(leaderboard_page(chart, V2, start=1_001).pbs) == 100
    for query in captured.captured_queries[::2]:  # the second loads the owners
        plan = plan_of(query["sql"], without=OUT_OF_ORDER)
        assert "best_by_rank" in plan, plan
        assert "Sort" not in plan, plan


def create_bests_of_all_players_on_all_charts() -> None:
    data = '{"score": 1, "lamp": "CLEAR", "grade": "D", "judgements": {}, "optional": {}}'
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO imports_personalbest (user_id, chart_id, game, playtype, is_primary, score_id, highlight,
                score_data, calculated_data, composed_from, rank_keys)
            SELECT person.id, chart.id, chart.game, chart.playtype, true, 'T' || person.id, false,
                %s, '{}', '[]', ARRAY[person.id %% 100]
            FROM imports_user person CROSS JOIN imports_chart chart
            ORDER BY chart.id, person.id  -- else the order of the rows, and with it the plan, is up to the join
            """,
            [data],
        )
        cursor.execute("ANALYZE imports_personalbest")


# --- BMS ----------------------------------------------------------------------------------------------


def test_the_list_of_sieglinde_charts_has_only_rated_charts() -> None:
    song = create_song(1, game="bms")
    for name, data in {
        "easy": {"sglEC": 3.5, "sglHC": None},
        "hard": {"sglEC": None, "sglHC": 13.1},
        "zero": {"sglEC": 0, "sglHC": 0},
        "none": {},
    }.items():
        Chart.objects.create(
            chart_id=name, game="bms", song=song, playtype="7K", difficulty=name, level="1", level_num=0, data=data
        )
    address = "/api/v1/games/bms/7K/sieglinde-charts"
    assert summary(people.guest().get(address)) == (200, "Found 2 chart(s).")
    document = body(people.guest(), address)
    assert [chart["chartID"] for chart in document["charts"]] == ["easy", "hard"]
    assert [song["id"] for song in document["songs"]] == [1]
    assert body(people.guest(), "/api/v1/games/bms/14K/sieglinde-charts") == {"songs": [], "charts": []}
    assert summary(people.guest().get("/api/v1/games/bms/SP/sieglinde-charts")) == (
        400,
        "The playtype SP is not supported.",
    )
    assert summary(people.guest().get("/api/v1/games/pms/Controller/sieglinde-charts"))[0] == 404


@pytest.mark.usefixtures("sdvx_and_iidx")
def test_the_list_of_sieglinde_charts_needs_bms_on_the_instance() -> None:
    assert summary(people.guest().get("/api/v1/games/bms/7K/sieglinde-charts")) == (
        400,
        "Invalid/unsupported game bms - Expected any of iidx, sdvx",
    )


# --- queries ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [CHARTS, f"{CHARTS}?search=song", f"{CHARTS}/{{}}", f"{CHARTS}/{{}}/pbs", f"{CHARTS}/{{}}/pbs/search?search=pl"],
)
def test_lists_of_charts_take_a_constant_number_of_queries(address: str, redis_clean: Redis) -> None:
    known = charts(12)
    queries = []
    for number, user in enumerate(players(12)):
        best_on(known[0], user)
        best_on(known[number], people.alice())
        if number in (0, 11):
            redis_clean.flushdb()
            with CaptureQueriesContext(connection) as captured:
                assert summary(people.guest().get(address.format(known[0].chart_id)))[0] == 200
            queries.append(len(captured))
    assert queries[0] == queries[1]
