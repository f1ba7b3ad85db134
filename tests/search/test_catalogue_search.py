"""Songs are found by text in any script, through an index."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from imports.catalogue import fuzzy
from imports.catalogue.search import MAX_SONGS, find_songs, find_songs_of_each, search
from imports.games import GAMES
from imports.models import Song
from tests.query_plans import plan_of
from tests.search.factories import a_catalogue

pytestmark = pytest.mark.django_db

TITLES = {
    1: "Gravekeeper of the Dead Tree",
    2: "冥",
    3: "黒冥",
    4: "めうめうぺったんたん！！",
    5: "Élan vital",
    6: "100% minimoo-G",
    7: "snake_case",
    8: "back\\slash",
    9: "AA -rebuild-",
    10: "Bravado",
    11: "5.1.1.",
    12: "Ｂｒａｉｎ Ｐｏｗｅｒ",
}


@pytest.fixture(autouse=True)
def some_songs() -> None:
    Song.objects.bulk_create(Song(game="sdvx", song_id=key, title=title) for key, title in TITLES.items())


def found(text: str, **parts: Any) -> list[int]:
    return [hit.song.song_id for hit in find_songs(text, game="sdvx", **parts)]


@pytest.mark.parametrize(
    ("typed", "songs"),
    [
        ("gravekeeper", [1]),
        ("gkeep", [1]),  # gaps are allowed
        ("DEAD TREE", [1]),
        ("deadtree", [1]),
        ("tree dead", []),
        ("冥", [2, 3]),
        ("め", [4]),
        ("めう", [4]),
        ("ぺった", [4]),
        ("！", [4]),
        ("elan", [5]),
        ("ÉLAN", [5]),
        ("brain power", [12]),
        ("%", [6]),
        ("100%", [6]),
        ("_", [7]),
        ("snake_", [7]),
        ("\\", [8]),
        ("k\\s", [8]),
        ("aa", [9, 10, 7]),  # 56 points, 29 and 28
        ("5.1.1.", [11]),
        ("'; DROP TABLE imports_song; --", []),
        (".*", []),
        ("[a-z]", []),
        ("(", []),
        ("\0", []),
        ("\ud800", []),
        ("x" * 10_000, []),
        ("\n", list(TITLES)),  # only white space
    ],
)
def test_each_query_finds_its_song(typed: str, songs: list[int]) -> None:
    assert found(typed) == songs


def test_songs_are_found_by_artist_other_titles_and_search_terms() -> None:
    Song.objects.create(
        game="sdvx", song_id=20, title="ヒバナ", artist="DECO*27", alt_titles=["Spark"], search_terms=["hibana"]
    )
    for typed in ("deco*27", "spark", "hibana", "ヒバナ"):
        assert found(typed)[0] == 20, typed


def test_letters_of_different_names_do_not_match_together() -> None:
    Song.objects.create(game="sdvx", song_id=20, title="qqq", artist="zzz", alt_titles=["jjj"])
    assert found("qz") == found("qj") == found("zj") == []


def test_a_renamed_song_is_found_by_its_new_title() -> None:
    Song.objects.filter(song_id=10).update(title="Zephyr")
    assert (found("bravado"), found("zephyr")) == ([], [10])


def test_only_the_requested_games_are_searched() -> None:
    Song.objects.create(game="iidx", song_id=1, title="冥")
    assert {game: len(hits) for game, hits in find_songs_of_each("冥", games=["iidx", "sdvx", "ddr"]).items()} == {
        "iidx": 1,
        "sdvx": 2,
        "ddr": 0,
    }


def test_an_empty_search_returns_the_first_songs() -> None:
    assert found("", limit=3) == [1, 2, 3]
    assert [hit.score for hit in find_songs("", game="sdvx", limit=3)] == [0, 0, 0]


@pytest.mark.slow
def test_results_of_each_game_are_limited_and_include_the_best() -> None:
    Song.objects.bulk_create(
        Song(game=game, song_id=number, title=f"the quick q{'x' * (number % 7)}" if number < 1_999 else "Q")
        for game in ("ddr", "itg")
        for number in range(2_000)
    )
    hits = find_songs_of_each("q", games=["ddr", "itg"])
    assert [len(each) for each in hits.values()] == [MAX_SONGS, MAX_SONGS]
    assert {each[0].song.title for each in hits.values()} == {"Q"}


def test_a_search_in_all_games_takes_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        find_songs_of_each("a", games=[game.slug for game in GAMES])
    with django_assert_num_queries(0):
        assert found("x" * 201) == []


@pytest.mark.parametrize("text", [*TITLES.values(), "ÀÉÎÕÜ ñ ç", "ΑΣ Ж Й", "ﾊﾝｶｸ ｶﾞｷﾞ", "ﬁ ½ ℃ ㌔", "한글", "İ ẞ ß", "Å"])
def test_the_database_normalizes_names_as_python_normalizes_patterns(text: str) -> None:
    song = Song.objects.create(game="ddr", song_id=1, title=text, artist="")
    assert song.search_text.splitlines()[0] == fuzzy.pattern(text)


def test_a_dump_is_restored_without_a_search_path() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(
            """INSERT INTO public.imports_song
                   (game, song_id, title, artist, alt_titles, search_terms, data, match_keys)
               VALUES ('ddr', 1, 'Ä', '', '{}', '{}', '{}', '{}')"""
        )
        cursor.execute("SET LOCAL search_path = 'public'")
    assert found_in("a", "ddr") == [1]


def found_in(text: str, game: str) -> list[int]:
    return [hit.song.song_id for hit in find_songs(text, game=game)]


@pytest.mark.slow
def test_a_search_in_a_large_catalogue_uses_the_index() -> None:
    a_catalogue(songs=35_000)
    for games in (["pms"], [game.slug for game in GAMES]):
        for typed in ("冥", "め", "めう", "q", "%", "freedom dive", "gravekeeper"):
            plan = plan_of(*search(fuzzy.pattern(typed), games=games, limit=MAX_SONGS))
            assert "song_letters" in plan, (typed, plan)
            assert "Seq Scan" not in plan, (typed, plan)
