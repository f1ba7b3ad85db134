"""Finding the chart of a row: twelve match types with their messages (spec: import-pipeline §4)."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from imports.formats.base import Catalogue
from imports.games import iidx, sdvx
from imports.games.spec import Game
from tests.formats.factories import EVERYTHING, LookupRow, catalogue_of, chart, game, song
from tests.formats.lookups import INVALID, UNKNOWN, look_up, not_found

# --- songs, then charts ---------------------------------------------------------------------------------------

SONGS = [
    song(1, "Alpha", artist="Ann"),
    song(2, "BETA", altTitles=["The β"], artist="Ben"),
    song(3, "beta", artist="Cas"),
    song(4, "Delta", artist="A.B*C"),
    song(5, "Delta", artist="a.b*c"),
]
CHARTS = [
    chart("alpha", 1, versions=["exceed"], data={"inGameID": 10}),
    chart("alpha-old", 1, isPrimary=False, versions=["heaven", "vivid"], data={"inGameID": 10}),
    chart("alpha-older", 1, isPrimary=False, versions=["heaven"], data={"inGameID": 10}),
    chart("alpha-elsewhere", 1, playtype="Double", versions=["heaven"], data={"inGameID": 10}),
    chart("beta", 2, difficulty="EXH", data={"inGameID": 20}),
    chart("custom", 3, difficulty="EXH", isPrimary=False, data={"inGameID": 30}),
]
CATALOGUE = catalogue_of("anygame", SONGS, CHARTS)

DIFFICULTIES = "Expected any of ADV, EXH"
WRONG_DIFFICULTY = f"InvalidDatapoint: Invalid Difficulty for A Game - {DIFFICULTIES} (Got {{}})"
MISSING = "InvalidDatapoint: Missing 'difficulty' field, but was necessary for this lookup."
TITLE_TWICE = "AmbiguousTitle: Multiple songs exist with the case-insensitive title {}. We cannot resolve this. {}"
ADD_ARTIST = "Please try adding an artist field."
OTHER_WAY = "Please try and use a different song resolution method."

ANSWERS: list[tuple[LookupRow, str | None, str]] = [
    (LookupRow("songTitle", "alpha"), None, "alpha"),
    (LookupRow("songTitle", "alpha", artist="ANN"), None, "alpha"),
    (LookupRow("songTitle", "alpha", artist=""), None, "alpha"),
    (LookupRow("songTitle", "THE Β", "EXH"), None, "beta"),
    (LookupRow("songTitle", "alpha", artist="An"), None, UNKNOWN),
    (LookupRow("songTitle", "alph"), None, UNKNOWN),
    (LookupRow("songTitle", ""), None, UNKNOWN),
    (LookupRow("songTitle", "Beta", "EXH"), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (LookupRow("songTitle", "Beta", "EXH", artist=None), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (LookupRow("songTitle", "Beta", None), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (LookupRow("songTitle", "Beta", "EXH", artist="bEN"), None, "beta"),
    (LookupRow("songTitle", "delta", artist="A.b*C"), None, TITLE_TWICE.format("delta by artist A.b*C", OTHER_WAY)),
    (LookupRow("songTitle", "delta", artist="aXbc"), None, UNKNOWN),
    (LookupRow("songTitle", "Alpha", ""), None, MISSING),
    (LookupRow("songTitle", "Alpha", None), None, MISSING),
    (LookupRow("songTitle", "Alpha", UNSET), None, MISSING),
    (LookupRow("songTitle", "Alpha", "adv"), None, WRONG_DIFFICULTY.format("adv")),
    (LookupRow("songTitle", "nothing", "adv"), None, UNKNOWN),
    (LookupRow("songTitle", "ALPHA", "EXH"), None, UNKNOWN),
    (LookupRow("tachiSongID", "1"), None, "alpha"),
    (LookupRow("tachiSongID", "0001"), "exceed", "alpha"),
    (LookupRow("tachiSongID", "1"), "vivid", "alpha-old"),
    (LookupRow("tachiSongID", "1"), "heaven", "alpha-old"),  # two fit: the smaller chart ID
    (LookupRow("tachiSongID", "1"), "booth", UNKNOWN),
    (LookupRow("tachiSongID", "1"), "no such version", UNKNOWN),
    (LookupRow("tachiSongID", "1"), "", "alpha"),
    (LookupRow("tachiSongID", "3", "EXH"), None, UNKNOWN),
    (LookupRow("tachiSongID", "99"), None, UNKNOWN),
    (LookupRow("tachiSongID", "-1"), None, UNKNOWN),
    (LookupRow("tachiSongID", "one"), None, UNKNOWN),
    (LookupRow("tachiSongID", "S19d35e0b57fb77b9b12"), None, UNKNOWN),
    (LookupRow("tachiSongID", "1", None), None, MISSING),
    (LookupRow("inGameID", " 10.0 "), None, "alpha"),
    (LookupRow("inGameID", "10"), "vivid", "alpha-old"),
    (LookupRow("inGameID", "10"), "booth", UNKNOWN),
    (LookupRow("inGameID", "x"), None, UNKNOWN),
    (LookupRow("inGameID", ""), None, UNKNOWN),
    (LookupRow("inGameID", "10", None), None, WRONG_DIFFICULTY.format("null")),
    (LookupRow("inGameID", "10", UNSET), None, WRONG_DIFFICULTY.format("undefined")),
    (LookupRow("inGameID", "10", ""), None, WRONG_DIFFICULTY.format("")),
    (LookupRow("inGameStrID", "10"), None, UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("key", "version", "expected"), ANSWERS)
def test_a_look_up_finds_its_chart_or_gives_the_reason(key: LookupRow, version: str | None, expected: str) -> None:
    expected = not_found(key.match_type, key.identifier) if expected == UNKNOWN else expected
    assert look_up(key, CATALOGUE, EVERYTHING, version=version) == expected


def test_a_look_up_prefers_the_primary_chart_and_then_the_smallest_id() -> None:
    """Independent of the order of loading."""
    charts = [
        chart("b", isPrimary=False, versions=["v"], data={"inGameStrID": "x"}),
        chart("z", isPrimary=True, versions=["v"], data={"inGameStrID": "x"}),
        chart("a", isPrimary=False, versions=["v"], data={"inGameStrID": "x"}),
    ]
    for loaded in (charts, charts[::-1]):
        assert (
            look_up(LookupRow("inGameStrID", "x"), catalogue_of("anygame", [song(1)], loaded), EVERYTHING, version="v")
            == "z"
        )
        others = [each for each in loaded if each["chartID"] != "z"]
        assert (
            look_up(LookupRow("inGameStrID", "x"), catalogue_of("anygame", [song(1)], others), EVERYTHING, version="v")
            == "a"
        )


# --- refusals before any look-up ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "match_type", "message"),
    [
        (sdvx.GAME, "inGameID", "for SOUND VOLTEX. Use 'sdvxInGameID' instead."),
        (sdvx.GAME, "popnChartHash", "for SOUND VOLTEX. Expected any of sdvxInGameID, songTitle, tachiSongID."),
        (iidx.GAME, "sdvxInGameID", "for beatmania IIDX (SP). Expected any of inGameID, tachiSongID, songTitle."),
    ],
)
def test_a_match_type_that_the_game_does_not_support_is_refused(of: Game, match_type: str, message: str) -> None:
    expected = look_up(LookupRow(match_type, "1", None), Catalogue(), of)
    assert expected == f"{INVALID}: Cannot use matchType {match_type} {message}"


# --- cache ----------------------------------------------------------------------------------------------------------


def test_results_of_look_ups_are_cached_per_query() -> None:
    """The cache distinguishes difficulty, artist, version and playtype."""
    catalogue = catalogue_of("iidx", [song(1, artist="Ann")], [chart("sp", playtype="SP", difficulty="HYPER")])
    asked = LookupRow("tachiSongID", "1", "HYPER")
    assert look_up(asked, catalogue, iidx.GAME) == look_up(asked, catalogue, iidx.GAME) == "sp"
    assert len(catalogue.memo) == 1
    missing = not_found("tachiSongID", "1")
    assert look_up(LookupRow("tachiSongID", "1", "ANOTHER"), catalogue, iidx.GAME) == missing
    assert look_up(asked, catalogue, iidx.GAME, version="20") == missing
    double = game("iidx", iidx.GAME.playtypes[1])
    assert look_up(asked, catalogue, double) == missing
    assert look_up(LookupRow("songTitle", "song", "HYPER", "Ann"), catalogue, iidx.GAME) == "sp"
    expected = look_up(LookupRow("songTitle", "song", "HYPER", "Ben"), catalogue, iidx.GAME)
    assert expected == not_found("songTitle", "song")
