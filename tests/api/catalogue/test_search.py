"""GET /api/v1/search and /api/v1/search/chart-hash."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from imports.formats.match_keys import chart_keys
from imports.games import GAMES
from imports.models import Chart, GameStats, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import create_chart, create_import, create_song, score_on

pytestmark = pytest.mark.django_db

SEARCH = "/api/v1/search?search="
HASH = "/api/v1/search/chart-hash?search="
EVERY_PLAYTYPE = {f"{game.slug}:{playtype.name}" for game in GAMES for playtype in game.playtypes}


def search(text: str) -> Any:
    return body(people.guest(), f"{SEARCH}{quote(text)}")


@pytest.mark.usefixtures("documents_of_2025")
def test_a_search_finds_players_and_charts() -> None:
    song = create_song(1, "Alice in 冥")
    easy, hard = create_chart(song, "NOV"), create_chart(song, "EXH", is_primary=False)
    create_import(people.alice(), score_on(easy, 1, difficulty="NOV"), score_on(easy, 2, difficulty="NOV"))
    people.bob()
    actual, title = search("alice"), "Alice in 冥"
    assert actual["users"] == [{**expected_documents.user(people.alice()), "__isRival": False}]
    assert actual["folders"] == []
    document = {**expected_documents.song(1), "title": "Alice in 冥", "__textScore": 128}
    assert actual["charts"].pop("sdvx:Single") == [
        {
            "song": document,
            "chart": {**expected_documents.chart_at_shared_address(easy, 1, title), "difficulty": "NOV"},
            "playcount": 2,
        },
        {
            "song": document,
            "chart": {**expected_documents.chart_at_shared_address(hard, 1, title), "isPrimary": False},
            "playcount": 0,
        },
    ]
    assert set(actual["charts"]) == EVERY_PLAYTYPE - {"sdvx:Single"}
    assert not any(actual["charts"].values())
    assert summary(people.guest().get(f"{SEARCH}alice")) == (200, "Searched everything.")


@pytest.mark.parametrize("address", ["/api/v1/search", "/api/v1/search/chart-hash"])
@pytest.mark.parametrize("query", ["", "?foo=1", "?search=a&search=b"])
def test_a_search_needs_exactly_one_text(address: str, query: str) -> None:
    assert summary(people.guest().get(f"{address}{query}")) == (400, "No search parameter given.")


@pytest.mark.quick_rows(9)
@pytest.mark.parametrize("address", [SEARCH, HASH])
@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "%25",
            "_",
            "%5C",
            "%00",
            "a%00b",
            "'",
            '"',
            "(",
            "[",
            "*",
            ".*",
            "\\d",
            "%0A",
            "%7F",
            "%F0%9F%8E%B5",
        ),
        *("%ED%A0%80", "%ED%BF%BF", "%FF%FE", "x" * 10_000, "e " * 5_000, "%E5%86%A5" * 3_000, "a" * 200, "1" * 400),
    ],
)
def test_unusual_texts_do_not_break_a_search(address: str, text: str) -> None:
    create_chart(create_song(1, "a 冥 \\ % _"))
    assert summary(people.guest().get(f"{address}{text}"))[0] == 200


@pytest.mark.usefixtures("sdvx_and_iidx")
@pytest.mark.usefixtures("documents_of_2025")
def test_a_search_covers_only_the_games_of_the_instance() -> None:
    create_chart(create_song(2, "冥", game="ddr"))
    create_chart(create_song(1, "冥"))
    actual = search("冥")["charts"]
    assert {name: len(entries) for name, entries in actual.items()} == {"iidx:SP": 0, "iidx:DP": 0, "sdvx:Single": 1}


@pytest.mark.usefixtures("documents_of_2025")
def test_a_search_can_be_limited_to_the_games_that_the_caller_has_played() -> None:
    GameStats.objects.create(user=people.alice(), game="sdvx", playtype="Single")
    GameStats.objects.create(user=people.alice(), game="iidx", playtype="DP")
    for client in (people.session_of(people.alice()), people.bearer(people.alice())):
        assert set(body(client, f"{SEARCH}x&hasPlayedGame=")["charts"]) == {"sdvx:Single", "iidx:DP"}
        assert set(body(client, f"{SEARCH}x")["charts"]) == EVERY_PLAYTYPE
    assert set(body(people.guest(), f"{SEARCH}x&hasPlayedGame=")["charts"]) == EVERY_PLAYTYPE
    assert body(people.session_of(people.bob()), f"{SEARCH}x&hasPlayedGame=")["charts"] == {}


@pytest.mark.usefixtures("documents_of_2025")
def test_a_search_finds_at_most_25_players_and_101_songs_of_a_game() -> None:
    User.objects.bulk_create(User(username=f"song{number}") for number in range(30))
    for number in range(1, 121):
        create_chart(create_song(number))
    actual = search("song")
    assert (len(actual["users"]), len(actual["charts"]["sdvx:Single"])) == (25, 101)


def test_a_search_takes_a_constant_number_of_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    create_chart(create_song(1))
    with CaptureQueriesContext(connection) as few:
        search("song")
    for number in range(2, 40):
        create_chart(create_song(number))
        create_song(number, game="iidx")
    with django_assert_num_queries(len(few)):
        search("song")


# --- chart hashes -------------------------------------------------------------------------------------

MD5, SHA256, SHA1 = "d41d8cd98f00b204e9800998ecf8427e", "e3b0c442" * 8, "da39a3ee5e6b4b0d3255bfef95601890afd80709"
KEYS = ("bms:7K", "bms:14K", "pms:Controller", "pms:Keyboard", "usc:Controller", "usc:Keyboard", "itg:Stamina")


def a_hashed_chart(game: str, playtype: str, **data: Any) -> Chart:
    return Chart.objects.create(
        chart_id=f"{game} {playtype}",
        game=game,
        song=create_song(1, game=game),
        playtype=playtype,
        difficulty="CHART",
        level="1",
        level_num=0,
        data=data,
        match_keys=chart_keys({"data": data}),
    )


@pytest.mark.parametrize(
    ("game", "playtype", "member", "digest"),
    [
        ("bms", "14K", "hashMD5", MD5),
        ("bms", "7K", "hashSHA256", SHA256),
        ("pms", "Keyboard", "hashMD5", MD5),
        ("pms", "Controller", "hashSHA256", SHA256),
        ("usc", "Keyboard", "hashSHA1", SHA1),
        ("itg", "Stamina", "hashGSv3", "0123456789abcdef"),
    ],
)
@pytest.mark.usefixtures("sdvx_and_iidx")  # independent of the games of the instance
@pytest.mark.usefixtures("documents_of_2025")
def test_a_chart_is_found_by_the_hash_of_its_file(game: str, playtype: str, member: str, digest: str) -> None:
    chart = a_hashed_chart(game, playtype, **{member: digest})
    document = body(people.guest(), f"{HASH}{digest}")["charts"]
    assert list(document) == list(KEYS)
    (entry,) = document.pop(f"{game}:{playtype}")
    assert (entry["chart"]["chartID"], entry["song"]["id"], entry["playcount"]) == (chart.chart_id, 1, None)
    assert not any(document.values())
    assert summary(people.guest().get(f"{HASH}{digest}")) == (200, f"Searched for chart hash {digest}.")


@pytest.mark.parametrize("text", [MD5.upper(), MD5[:-1], f"{MD5} ", "", "%", "\0"])
@pytest.mark.usefixtures("documents_of_2025")
def test_a_different_hash_finds_no_chart(text: str) -> None:
    a_hashed_chart("bms", "7K", hashMD5=MD5)
    assert not any(body(people.guest(), f"{HASH}{quote(text)}")["charts"].values())


@pytest.mark.usefixtures("documents_of_2025")
def test_a_hash_in_a_member_of_another_game_finds_no_chart() -> None:
    a_hashed_chart("usc", "Controller", hashMD5=MD5)
    assert not any(body(people.guest(), f"{HASH}{MD5}")["charts"].values())


@pytest.mark.usefixtures("documents_of_2025")
def test_a_hash_finds_all_charts_of_the_same_file() -> None:
    a_hashed_chart("usc", "Controller", hashSHA1=[SHA1, "other"])
    a_hashed_chart("itg", "Stamina", hashGSv3=SHA1)
    document = body(people.guest(), f"{HASH}{SHA1}")["charts"]
    assert {name: len(entries) for name, entries in document.items() if entries} == {
        "usc:Controller": 1,
        "itg:Stamina": 1,
    }


def test_the_maximum_number_of_rivals_is_zero() -> None:
    assert body(people.guest(), "/api/v1/config/max-rivals") == 0
