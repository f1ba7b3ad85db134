"""The keys of rows, songs and charts: titles, numbers, hashes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from imports.formats.lookup import key_of
from imports.formats.match_keys import chart_keys, fold_title, song_id_text, song_keys
from imports.formats.parsing.numbers import number_of
from imports.games import sdvx
from tests.formats.factories import EVERYTHING, LookupRow, chart, context, song

# --- titles -------------------------------------------------------------------------------------------------

SAME = [
    ("LUV TO ME", "luv to me"),
    ("Ünïcödé", "ÜNÏCÖDÉ"),
    ("ΣΑΣ", "σας"),
    ("ſtop", "STOP"),
    ("ＦＵＬＬ", "ｆｕｌｌ"),
    ("\N{KELVIN SIGN}", "k"),
    ("Straße", "STRAẞE"),
    ("Дума", "ДУМА"),
    ("ᾳ", "ᾼ"),
]
DIFFERENT = [
    ("Straße", "STRASSE"),
    ("İx", "ix"),
    ("ı", "i"),
    ("é", "e"),
    ("é", "e\N{COMBINING ACUTE ACCENT}"),
    ("ＦＵＬＬ", "FULL"),
    ("ｶﾞ", "ガ"),
    ("ﬁn", "fin"),
    ("a", "a "),
    ("が", "か"),
    ("～", "〜"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_titles_that_differ_only_in_case_have_the_same_key(one: str, other: str) -> None:
    assert fold_title(one) == fold_title(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_titles_that_differ_in_more_than_case_have_different_keys(one: str, other: str) -> None:
    assert fold_title(one) != fold_title(other)


# --- numbers ------------------------------------------------------------------------------------------------

NUMBERS: list[tuple[str, float]] = [
    ("995", 995),
    (" 1001.0 \n", 1001),
    ("\u3000\ufeff7\u00a0", 7),
    ("", 0),
    ("   ", 0),
    ("007", 7),
    ("+5", 5),
    ("-5", -5),
    ("5.", 5),
    (".5", 0.5),
    ("1e3", 1000),
    ("1E+3", 1000),
    ("0x10", 16),
    ("0b101", 5),
    ("0O17", 15),
    ("Infinity", math.inf),
    ("-Infinity", -math.inf),
    ("9" * 5_000, math.inf),
]
NO_NUMBERS = [
    "abc",
    "1_000",
    "1,5",
    "1 2",
    "0x",
    "-0x10",
    "infinity",
    "+-Infinity",
    "NaN",
    "１",
    "0x" + "f" * 300,
    "\x1c1",
]


@pytest.mark.parametrize(("identifier", "number"), NUMBERS, ids=[identifier[:9] for identifier, _ in NUMBERS])
def test_identifiers_are_read_as_numbers_as_in_javascript(identifier: str, number: float) -> None:
    assert number_of(identifier) == number


@pytest.mark.parametrize("identifier", NO_NUMBERS, ids=[identifier[:9] for identifier in NO_NUMBERS])
def test_other_identifiers_are_read_as_nan(identifier: str) -> None:
    assert math.isnan(number_of(identifier))


@pytest.mark.parametrize("read", [number_of, song_id_text])
@pytest.mark.parametrize(
    "identifier", ["0" * 5_000 + "x", "1" * 5_000 + "x", "1." + "1" * 5_000 + "x", " " * 5_000 + "x"]
)
def test_long_identifiers_are_read_in_linear_time(read: Callable[[str], Any], identifier: str) -> None:
    """Repeated a hundred times, as a reader with quadratic time would take minutes."""
    assert {str(read(identifier)) for _ in range(100)} <= {"nan", "None"}


SONG_IDS: list[tuple[str, str | None]] = [
    ("0", "0"),
    ("-0", "0"),
    ("0001", "1"),
    ("9007199254740991", "9007199254740991"),
    ("0" * 5_000 + "5", "5"),
    ("S19d35e0b57fb77b9b12", "S19d35e0b57fb77b9b12"),
    ("S19D35E0B57FB77B9B12", None),
    ("S19d35e0b57fb77b9b1", None),
    ("C19d35e0b57fb77b9b12", None),
    ("S19d35e0b57fb77b9b12\n", None),
    ("-5", None),
    ("-007", None),
    ("", None),
    ("-", None),
    ("+5", None),
    (" 1", None),
    ("1.5", None),
    ("1\n", None),
    ("١", None),
]


@pytest.mark.parametrize(("identifier", "expected"), SONG_IDS, ids=[identifier[:9] for identifier, _ in SONG_IDS])
def test_a_song_id_is_an_id_of_v3_or_a_whole_number(identifier: str, expected: str | None) -> None:
    assert song_id_text(identifier) == expected


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_song_has_keys_for_its_number_titles_and_hash() -> None:
    row = song(5, "Title", altTitles=["ALT", "title"], searchTerms=["term"], data={"ddrSongHash": "abc", "genre": "x"})
    titles = ["title:title", "title:alt", "alike:title", "alike:alt"]
    assert song_keys(row) == ["songID:5", *titles, "ddrSongHash:abc"]
    assert song_keys({"id": 0, "title": "A: b"}) == ["songID:0", "title:a: b", "alike:a:b"]
    assert song_keys({"id": 0, "title": " "}) == ["songID:0", "title: "]
    assert song_keys(song(1, data={"ddrSongHash": None})) == ["songID:1", "title:song", "alike:song"]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ({"inGameID": 995, "clearTier": None}, ["inGameID:995"]),
        ({"inGameID": [1001, 81001.0]}, ["inGameID:1001", "inGameID:81001"]),
        ({"inGameID": None}, []),
        ({"inGameStrID": "sayonara"}, ["inGameStrID:sayonara"]),
        ({"hashMD5": "m", "hashSHA256": "s"}, ["hash:m", "hash:s"]),
        ({"hashSHA256": ["s", None]}, ["hash:s"]),
        ({"hashSHA1": ["a", "b", "a"]}, ["hash:a", "hash:b"]),
        ({"hashGSv3": "g"}, ["hash:g"]),
        ({}, []),
    ],
)
def test_a_chart_has_keys_for_its_numbers_and_hashes(data: Mapping[str, Any], keys: Sequence[str]) -> None:
    assert chart_keys(chart("c", data=data)) == keys


@pytest.mark.parametrize(
    ("match_type", "identifier", "key"),
    [
        ("songTitle", "ÉTÉ", ("anygame", "title", "été")),
        ("tachiSongID", "007", ("anygame", "songID", "7")),
        ("tachiSongID", "-7", None),
        ("tachiSongID", "x", None),
        ("bmsChartHash", "ABC", ("bms", "hash", "ABC")),
        ("itgChartHash", "abc", ("anygame", "hash", "abc")),
        ("sdvxInGameID", " 0x10 ", ("anygame", "inGameID", "16")),
        ("inGameID", "1001.0", ("anygame", "inGameID", "1001")),
        ("inGameID", "", ("anygame", "inGameID", "0")),
        ("inGameID", "-0", ("anygame", "inGameID", "0")),
        ("inGameID", "x", None),
        ("inGameStrID", "Ab", ("anygame", "inGameStrID", "Ab")),
        ("uscChartHash", "u", ("anygame", "hash", "u")),
        ("popnChartHash", "p", ("anygame", "hash", "p")),
        ("ddrSongHash", "d", ("anygame", "ddrSongHash", "d")),
    ],
)
def test_a_row_has_the_key_of_its_match_type(match_type: str, identifier: str, key: Any) -> None:
    assert key_of(LookupRow(match_type, identifier), context(EVERYTHING)) == key


def test_a_row_with_an_unsupported_match_type_has_no_key() -> None:
    assert key_of(LookupRow("inGameID", "1"), context(sdvx.GAME)) is None
