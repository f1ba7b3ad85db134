"""GET /api/v1/games and the paths under it: declarations, counts, leaderboards, players, songs, activity."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from redis import Redis

from imports.games import playtype_of
from imports.models import GameStats, PersonalBest, Score, Session, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, NOON, charts, create_chart, create_import, create_song, score_on
from tests.games import vectors
from tests.games.spec_pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SDVX = "/api/v1/games/sdvx/Single"
# --- declarations -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("sdvx_and_iidx")
def test_the_list_of_games_has_only_those_of_the_instance() -> None:
    document = body(people.guest(), "/api/v1/games")
    assert document["supportedGames"] == ["iidx", "sdvx"]
    assert {game: config["playtypes"] for game, config in document["configs"].items()} == {
        "iidx": ["SP", "DP"],
        "sdvx": ["Single"],
    }
    assert summary(people.guest().get("/api/v1/games")) == (200, "Returned support information for 2 game(s).")
    response = people.guest().get("/api/v1/games/ddr")
    assert summary(response) == (400, "Invalid/unsupported game ddr - Expected any of iidx, sdvx")


def test_a_game_has_the_schema_of_its_song_data() -> None:
    assert summary(people.guest().get("/api/v1/games/sdvx")) == (200, "Returned information for sdvx")
    assert body(people.guest(), "/api/v1/games/sdvx") == {
        "name": "SOUND VOLTEX",
        "playtypes": ["Single"],
        "songData": {
            "type": "object",
            "properties": {"displayVersion": {"type": "string"}},
            "required": ["displayVersion"],
            "additionalProperties": False,
        },
        "games": ["sdvx"],
        "dynamicContent": False,
    }


UNCHANGED_SINCE_2025 = ("defaultMetric", "preferredDefaultEnum", "orderedJudgements")


@vectors.needed
@pytest.mark.parametrize("name", vectors.NAMES)
def test_the_config_of_a_playtype_equals_that_of_tachi(name: str) -> None:
    """Members unchanged since 2025 equal Tachi's configuration; extended lists equal the specification."""
    game, playtype = name.split(":")
    config = body(people.guest(), f"/api/v1/games/{game}/{playtype}")["config"]
    theirs, page = vectors.config()["gpts"][name], page_of(game, playtype)
    assert {part: config[part] for part in UNCHANGED_SINCE_2025} == {
        part: theirs[part] for part in UNCHANGED_SINCE_2025
    }
    assert (config["versions"], config["supportedMatchTypes"]) == (page.versions, page.match_types)
    assert config["difficulties"].get("order", []) == (
        list(page.difficulties) if config["difficulties"]["type"] == "FIXED" else []
    )
    defaults = ("defaultScoreRatingAlg", "defaultSessionRatingAlg", "defaultProfileRatingAlg")
    assert [config[part] for part in defaults] == page.defaults
    for part in ("providedMetrics", "derivedMetrics", "optionalMetrics"):
        assert list(config[part]) == list(theirs[part])
        for metric, declared in config[part].items():
            values, relevant = page.enums.get(metric, (None, None))
            assert (declared.get("values"), declared.get("minimumRelevantValue")) == (values, relevant)
            assert declared["type"] == ("ENUM" if values else theirs[part][metric]["type"])
            assert declared.get("chartDependentMax", False) == theirs[part][metric].get("chartDependentMax", False)
    for kind in ("score", "session", "profile"):
        assert list(config[f"{kind}RatingAlgs"]) == list(page.ratings[kind])
    for part, rating in config["profileRatingAlgs"].items():
        assert rating["associatedScoreAlgs"] == (page.ratings["profile"][part] or [part])
    for part, classes in config["classes"].items():
        assert classes["type"] == theirs["classes"][part]["type"]
        names = {value["id"]: value["display"] for value in theirs["classes"][part]["values"]}
        assert [value["id"] for value in classes["values"]] == page.classes[part][0]
        shown = {value["id"]: value["display"] for value in classes["values"]}
        assert {class_id: shown[class_id] for class_id in names} == names


@pytest.mark.parametrize(
    ("game", "playtype", "expected"),
    [
        ("sdvx", "Single", "SOUND VOLTEX"),
        ("iidx", "DP", "beatmania IIDX (DP)"),
        ("usc", "Keyboard", "USC (Keyboard/Other)"),
    ],
)
def test_the_description_of_a_playtype_has_its_usual_name(game: str, playtype: str, expected: str) -> None:
    response = summary(people.guest().get(f"/api/v1/games/{game}/{playtype}"))
    assert response == (200, f"Retrieved information about {expected}")


def test_the_counts_of_a_playtype_are_cached(redis_clean: Redis) -> None:
    first, second = charts(2)
    create_import(people.alice(), score_on(first), score_on(second))
    create_import(people.bob(), score_on(first))
    assert counts() == {"scoreCount": 3, "playerCount": 2, "chartCount": 2}
    new_chart = create_chart(create_song(9))
    create_import(people.bob(), score_on(new_chart))
    assert counts() == {"scoreCount": 3, "playerCount": 2, "chartCount": 2}
    redis_clean.flushdb()
    assert counts() == {"scoreCount": 4, "playerCount": 2, "chartCount": 3}


def counts() -> dict[str, int]:
    document = body(people.guest(), SDVX)
    del document["config"]
    return dict(document)


def test_the_counts_of_a_playtype_are_not_cached_without_redis(settings: Settings) -> None:
    location = "unix:///nowhere/redis.sock"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}}
    assert counts()["chartCount"] == 0
    charts(1)
    assert counts()["chartCount"] == 1


# --- leaderboards -------------------------------------------------------------------------------------


def rated(ratings: dict[str, float | None], *, game: str = "sdvx") -> dict[str, User]:
    playtype = "Single" if game == "sdvx" else "SP"
    players = {name: User.objects.create_user(name) for name in ratings}
    known = playtype_of(game, playtype).default_profile_rating
    for name, rating in ratings.items():
        GameStats.objects.create(user=players[name], game=game, playtype=playtype, ratings={known: rating})
    return players


def test_a_leaderboard_is_ordered_by_rating_with_unrated_players_last() -> None:
    players = rated({"low": 1.5, "none": None, "high": 17.25, "middle": 9.0})
    rated({"elsewhere": 99.0}, game="iidx")
    document = body(people.guest(), f"{SDVX}/leaderboard")
    order = ["high", "middle", "low", "none"]
    assert [row["userID"] for row in document["gameStats"]] == [players[name].pk for name in order]
    assert document["gameStats"][0] == {
        "userID": players["high"].pk,
        "game": "sdvx",
        "playtype": "Single",
        "ratings": {"VF7": 17.25},
        "classes": {},
    }
    assert [user["username"] for user in document["users"]] == order
    assert summary(people.guest().get(f"{SDVX}/leaderboard")) == (200, "Returned 4 user's game stats.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=2", (200, "Returned 2 user's game stats.")),
        ("limit=500", (200, "Returned 3 user's game stats.")),
        ("limit=0", (200, "Returned 3 user's game stats.")),
        ("limit=-1", (200, "Returned 3 user's game stats.")),
        ("limit=two", (200, "Returned 3 user's game stats.")),
        ("limit=1.5", (200, "Returned 3 user's game stats.")),
        ("limit=9007199254740992", (200, "Returned 3 user's game stats.")),
        ("limit=1&limit=1", (200, "Returned 3 user's game stats.")),
        ("limit=501", (400, "Invalid limit. Limit is capped at 500.")),
        ("limit=501&alg=none", (400, "Invalid limit. Limit is capped at 500.")),
        ("alg=none", (400, "Invalid value of none for alg. Expected one of VF6, VF7")),
        ("alg=", (400, "Invalid value of  for alg. Expected one of VF6, VF7")),
        ("alg=none&alg=none", (200, "Returned 3 user's game stats.")),
        ("foo=bar", (200, "Returned 3 user's game stats.")),
        ("cursor=none", (400, "[cursor] Expected a cursor from another response of this list. (Received none)")),
    ],
)
def test_a_leaderboard_validates_its_query(query: str, expected: tuple[int, str]) -> None:
    rated({"one": 1.0, "two": 2.0, "three": 3.0})
    assert summary(people.guest().get(f"{SDVX}/leaderboard?{query}")) == expected


def test_a_leaderboard_can_be_paginated_by_cursor() -> None:
    players = rated({"a": 5.0, "b": 4.0, "c": 4.0, "d": None, "e": None, "f": 3.0})
    seen, address = [], f"{SDVX}/leaderboard?limit=2"
    while address:
        response = people.guest().get(address)
        seen += [row["userID"] for row in response.json()["body"]["gameStats"]]
        cursor = response.headers.get("X-Next-Cursor")
        address = f"{SDVX}/leaderboard?limit=2&cursor={cursor}" if cursor else ""
    assert sorted(seen) == sorted(player.pk for player in players.values())
    assert [seen[0], seen[3]] == [players["a"].pk, players["f"].pk]


def test_the_leaderboard_of_bests_has_their_owners_charts_and_songs() -> None:
    first, second = charts(2)
    create_import(people.alice(), score_on(first, 9_000_000), score_on(second, 9_900_000))
    create_import(people.bob(), score_on(first, 9_500_000))
    document = body(people.guest(), f"{SDVX}/pb-leaderboard")
    assert [pb["scoreData"]["score"] for pb in document["pbs"]] == [9_900_000, 9_500_000, 9_000_000]
    assert [pb["rankingData"]["rank"] for pb in document["pbs"]] == [1, 1, 2]
    assert {song["id"] for song in document["songs"]} == {1, 2}
    assert len(document["charts"]) == 2
    assert [user["username"] for user in document["users"]] == ["Alice", "Bob"]
    assert summary(people.guest().get(f"{SDVX}/pb-leaderboard?limit=1")) == (200, "Successfully returned 1 pbs.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=51", "Cannot specify a limit higher than 50."),
        ("limit=51&alg=none", "Cannot specify a limit higher than 50."),
        ("alg=none", "Invalid value of none for alg. Expected one of VF6, VF7"),
        ("alg=ProfileVF6", "Invalid value of ProfileVF6 for alg. Expected one of VF6, VF7"),
    ],
)
def test_the_leaderboard_of_bests_refuses_an_invalid_query(query: str, expected: str) -> None:
    assert summary(people.guest().get(f"{SDVX}/pb-leaderboard?{query}")) == (400, expected)


def test_the_leaderboard_of_bests_has_unrated_ones_behind_those_with_a_rating_of_zero() -> None:
    for number, chart in enumerate(charts(3)):
        create_import(people.alice(), score_on(chart, 9_000_000 + number))
    expected = [0.5, 0.0, None]
    for best, rating in zip(PersonalBest.objects.order_by("pk"), expected[::-1], strict=True):
        PersonalBest.objects.filter(pk=best.pk).update(calculated_data={"VF7": rating})
    document = body(people.guest(), f"{SDVX}/pb-leaderboard")
    assert [best["calculatedData"]["VF7"] for best in document["pbs"]] == expected


def test_a_best_deleted_since_the_leaderboard_was_cached_is_left_out() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart))
    create_import(people.bob(), score_on(chart))
    assert len(body(people.guest(), f"{SDVX}/pb-leaderboard")["pbs"]) == 2
    PersonalBest.objects.filter(user=people.bob()).delete()
    assert [pb["userID"] for pb in body(people.guest(), f"{SDVX}/pb-leaderboard")["pbs"]] == [people.alice().pk]


# --- players ------------------------------------------------------------------------------------------


def test_a_search_finds_players_of_the_playtype_by_a_part_of_their_name() -> None:
    rated({"Lincoln": 1.0, "LinkedIn": 2.0})
    rated({"Linz": 1.0}, game="iidx")
    User.objects.bulk_create(User(username=f"lin{number}") for number in range(40))
    document = body(people.guest(), f"{SDVX}/players?search=LIN")
    assert {user["username"] for user in document} == {"Lincoln", "LinkedIn"}
    assert summary(people.guest().get(f"{SDVX}/players?search=zz%00")) == (200, "Found 0 user(s)")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "[search] Expected string. (Received nothing (undefined))"),
        ("search=a&search=b", "[search] Expected string."),
        ("search=a&foo=1", "[null] Unexpected properties inside object: foo."),
    ],
)
def test_an_invalid_search_for_players_is_refused(query: str, expected: str) -> None:
    assert summary(people.guest().get(f"{SDVX}/players?{query}")) == (400, expected)


# --- songs --------------------------------------------------------------------------------------------


def test_a_song_has_all_its_charts_of_the_playtype() -> None:
    song = create_song(1)
    easy, hard = create_chart(song, "NOV"), create_chart(song, "EXH", is_primary=False)
    document = body(people.guest(), f"{SDVX}/songs/1")
    assert document["song"] == expected_documents.song(1)
    assert [chart["chartID"] for chart in document["charts"]] == [easy.chart_id, hard.chart_id]
    assert document["charts"][1] == {**expected_documents.chart(hard, 1), "isPrimary": False}
    assert summary(people.guest().get(f"{SDVX}/songs/1")) == (200, "Returned 2 charts for song Song 1.")


NO_INTEGER = (400, "Invalid songID - could not be converted into integer?")


@pytest.mark.parametrize(
    ("path_part", "expected"),
    [
        ("x", NO_INTEGER),
        ("1.0", NO_INTEGER),
        ("-1", NO_INTEGER),
        ("%D9%A1", NO_INTEGER),  # an Arabic one
        ("%00", NO_INTEGER),
        ("0", (404, "No song exists with the songID 0.")),
        ("2", (404, "No song exists with the songID 2.")),
        ("9" * 15, (404, f"No song exists with the songID {'9' * 15}.")),
        ("9" * 5_000, (404, f"No song exists with the songID {'9' * 5_000}.")),
        ("001", (200, "Returned 0 charts for song Song 1.")),
    ],
)
def test_an_invalid_or_unknown_song_id_is_refused(path_part: str, expected: tuple[int, str]) -> None:
    create_song(1)
    assert summary(people.guest().get(f"{SDVX}/songs/{path_part}")) == expected


# --- activity -----------------------------------------------------------------------------------------


def a_session(user: User, start: int, *, game: str = "sdvx", playtype: str = "Single", lasts: int = HOUR) -> Session:
    return Session.objects.create(
        user=user,
        game=game,
        playtype=playtype,
        name="A Session",
        time_started=start,
        time_ended=start + lasts,
        score_count=0,
        calculated_data={},
    )


def test_the_activity_of_a_playtype_contains_all_players() -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON))
    create_import(people.bob(), score_on(chart, timeAchieved=NOON + HOUR))
    Score.objects.filter(user=people.bob()).update(highlight=True)
    document = body(people.guest(), f"{SDVX}/activity")
    assert [session["userID"] for session in document["recentSessions"]] == [people.bob().pk, people.alice().pk]
    assert [score["userID"] for score in document["recentlyHighlightedScores"]] == [people.bob().pk]
    assert summary(people.guest().get(f"{SDVX}/activity?sessions=9"))[0] == 400
    assert body(people.guest(), "/api/v1/games/iidx/SP/activity")["recentSessions"] == []


@pytest.mark.usefixtures("sdvx_and_iidx")
@pytest.mark.usefixtures("documents_of_2025")
def test_global_activity_has_a_feed_for_every_playtype_of_the_instance() -> None:
    a_session(people.alice(), NOON)
    document = body(people.guest(), "/api/v1/activity")
    assert {name: len(feed["recentSessions"]) for name, feed in document.items()} == {
        "iidx:SP": 0,
        "iidx:DP": 0,
        "sdvx:Single": 1,
    }
    assert summary(people.guest().get("/api/v1/activity")) == (200, "Retrieved global activity.")
    assert summary(people.guest().get("/api/v1/activity?startTime=x")) == (
        400,
        "Invalid startTime, got a non number.",
    )
    earlier = body(people.guest(), f"/api/v1/activity?startTime={NOON}")
    assert earlier["sdvx:Single"]["recentSessions"] == []


def test_global_activity_has_the_thirty_sessions_that_ended_last() -> None:
    for number in range(20):
        a_session(people.alice(), NOON + number * 4 * HOUR)
        a_session(people.alice(), NOON + number * 4 * HOUR + 1, game="iidx", playtype="SP")
    document = body(people.guest(), "/api/v1/activity")
    listed = [session for feed in document.values() for session in feed["recentSessions"]]
    assert len(listed) == 30
    assert min(session["timeStarted"] for session in listed) == NOON + 5 * 4 * HOUR


# --- queries ------------------------------------------------------------------------------------------


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    "rest", ["", "/leaderboard", "/pb-leaderboard", "/players?search=player", "/songs/1", "/activity"]
)
def test_documents_of_a_playtype_take_a_constant_number_of_queries(rest: str, redis_clean: Redis) -> None:
    (chart,) = charts(1)
    queries = []
    for number in range(12):
        user = User.objects.create_user(f"player{number}")
        create_import(user, score_on(chart, 9_000_000 + number, timeAchieved=NOON + number))
        if number in (0, 11):
            redis_clean.flushdb()
            with CaptureQueriesContext(connection) as captured:
                assert summary(people.guest().get(f"{SDVX}{rest}"))[0] == 200
            queries.append(len(captured))
    assert queries[0] == queries[1]
