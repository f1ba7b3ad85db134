"""Songs are found by titles in look-alike characters, or by parts of such titles."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from imports.catalogue.search import find_songs
from imports.models import Song
from tests.factories import create_song

pytestmark = pytest.mark.django_db

TITLES = {
    1: "悲壮〜竪琴〜",
    2: "Tic Tac DREAMIN’",
    3: "Ray ―はじまりのセカイ―",
    4: "Guilt &amp; Love",
    5: "ＷＥ ＡＲＥ ＵＭＢＡＢＯ",
    6: "幻想郷ホロイズムver\u200b.",
    7: "Ha･lle･lu･jah",
    8: "GoodNight",
    9: "Another ”drizzly rain”",
    10: "少女　幻葬",
}
FOUND = [
    ("悲壮～竪琴~", 1),
    ("壮~竪", 1),
    ("dreamin'", 2),
    ("tac dreamin`", 2),
    ("ray -はじまり", 3),
    ("セカイ–", 3),
    ("Guilt & Love", 4),
    ("guilt &amp; lo", 4),
    ("we are umbabo", 5),
    ("ホロイズムver.", 6),
    ("ホロ\u200bイズム", 6),
    ("ha・lle・lu・jah", 7),
    ("good night", 8),
    ("g o o d n i g h t", 8),
    ('"drizzly', 9),
    ("少女 幻葬", 10),
    ("少女   幻葬", 10),
    ("少女幻葬", 10),
]


@pytest.fixture(autouse=True)
def some_songs() -> None:
    for number, title in TITLES.items():
        create_song(number, title)


@pytest.mark.parametrize(("typed", "song"), FOUND)
def test_a_song_is_found_by_a_look_alike_title(typed: str, song: int) -> None:
    found = find_songs(typed, game="sdvx")
    assert [hit.song.song_id for hit in found][:1] == [song]
    assert found[0].score > 0


def test_an_exact_title_precedes_look_alike_titles() -> None:
    create_song(20, "Good Night")
    assert [hit.song.song_id for hit in find_songs("Good Night", game="sdvx")] == [20, 8]


# --- the migration ----------------------------------------------------------------------------------

migration = import_module("imports.migrations.0014_titles_that_look_alike")


def test_the_migration_adds_and_removes_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "BATCH", 3)
    whole = dict(Song.objects.values_list("song_id", "match_keys"))
    migration.remove_keys(apps, None)
    assert not Song.objects.filter(match_keys__contains=["alike:悲壮~竪琴~"]).exists()
    assert Song.objects.filter(match_keys__contains=["title:悲壮〜竪琴〜"]).exists()
    migration.add_keys(apps, None)
    assert dict(Song.objects.values_list("song_id", "match_keys")) == whole
