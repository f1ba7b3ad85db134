"""Finding the chart that a row means: ten match types, word by word (spec: import-pipeline §4)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from imports.errors import ProblemType
from imports.formats.base import Catalogue
from imports.formats.lookup import Refusal, resolve
from imports.games import chunithm, iidx, sdvx
from imports.games.spec import Game
from tests.formats.build import EVERYTHING, Ask, catalogue_of, chart, context, game, playtype, song


def outcome(ask: Ask, catalogue: Catalogue, of: Game, *, version: str | None = None) -> str:
    """The chart's ID, or what is said in its place with the type before it."""
    found = resolve(ask, context(of, version=version), catalogue)
    return f"{found.type}: {found.message}" if isinstance(found, Refusal) else found.chart_id


NOT_FOUND, INVALID = ProblemType.NOT_FOUND, ProblemType.INVALID

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
WRONG_DIFFICULTY = f"InvalidDatapoint: Invalid Difficulty for anygame Single - {DIFFICULTIES} (Got {{}})"
NEGATIVE = "InvalidDatapoint: Invalid songID - must be a stringified positive integer. (Was negative -- -1.)"
MISSING = "InvalidDatapoint: Missing 'difficulty' field, but was necessary for this lookup."
TITLE_TWICE = "AmbiguousTitle: Multiple songs exist with the case-insensitive title {}. We cannot resolve this. {}"
ADD_ARTIST = "Please try adding an artist field."
OTHER_WAY = "Please try and use a different song resolution method."

ANSWERS: list[tuple[Ask, str | None, str]] = [
    (Ask("songTitle", "alpha"), None, "alpha"),
    (Ask("songTitle", "alpha", artist="ANN"), None, "alpha"),
    (Ask("songTitle", "alpha", artist=""), None, "alpha"),
    (Ask("songTitle", "THE Β", "EXH"), None, "beta"),
    (Ask("songTitle", "alpha", artist="An"), None, "SongOrChartNotFound: Cannot find song with title alpha."),
    (Ask("songTitle", "alph"), None, "SongOrChartNotFound: Cannot find song with title alph."),
    (Ask("songTitle", ""), None, "SongOrChartNotFound: Cannot find song with title ."),
    (Ask("songTitle", "Beta", "EXH"), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (Ask("songTitle", "Beta", "EXH", artist=None), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (Ask("songTitle", "Beta", None), None, TITLE_TWICE.format("Beta", ADD_ARTIST)),
    (Ask("songTitle", "Beta", "EXH", artist="bEN"), None, "beta"),
    (Ask("songTitle", "delta", artist="A.b*C"), None, TITLE_TWICE.format("delta by artist A.b*C", OTHER_WAY)),
    (Ask("songTitle", "delta", artist="aXbc"), None, "SongOrChartNotFound: Cannot find song with title delta."),
    (Ask("songTitle", "Alpha", ""), None, MISSING),
    (Ask("songTitle", "Alpha", None), None, MISSING),
    (Ask("songTitle", "Alpha", UNSET), None, MISSING),
    (Ask("songTitle", "Alpha", "adv"), None, WRONG_DIFFICULTY.format("adv")),
    (Ask("songTitle", "nothing", "adv"), None, "SongOrChartNotFound: Cannot find song with title nothing."),
    (Ask("songTitle", "ALPHA", "EXH"), None, "SongOrChartNotFound: Cannot find chart for Alpha (Single EXH)"),
    (Ask("tachiSongID", "1"), None, "alpha"),
    (Ask("tachiSongID", "0001"), "exceed", "alpha"),
    (Ask("tachiSongID", "1"), "vivid", "alpha-old"),
    (Ask("tachiSongID", "1"), "heaven", "alpha-old"),  # two fit: the smaller chart ID
    (Ask("tachiSongID", "1"), "booth", "SongOrChartNotFound: Cannot find chart for Alpha (Single ADV)"),
    (Ask("tachiSongID", "1"), "no such version", "SongOrChartNotFound: Cannot find chart for Alpha (Single ADV)"),
    (Ask("tachiSongID", "1"), "", "alpha"),
    (Ask("tachiSongID", "3", "EXH"), None, "SongOrChartNotFound: Cannot find chart for beta (Single EXH)"),
    (Ask("tachiSongID", "99"), None, "SongOrChartNotFound: Cannot find song with songID 99."),
    (Ask("tachiSongID", "-1"), None, NEGATIVE),
    (Ask("tachiSongID", "1", None), None, MISSING),
    (Ask("inGameID", " 10.0 "), None, "alpha"),
    (Ask("inGameID", "10"), "vivid", "alpha-old"),
    (Ask("inGameID", "10"), "booth", "SongOrChartNotFound: Cannot find chart for inGameID 10 (Single)."),
    (Ask("inGameID", "x"), None, "SongOrChartNotFound: Cannot find chart for inGameID x (Single)."),
    (Ask("inGameID", ""), None, "SongOrChartNotFound: Cannot find chart for inGameID  (Single)."),
    (Ask("inGameID", "10", None), None, WRONG_DIFFICULTY.format("null")),
    (Ask("inGameID", "10", UNSET), None, WRONG_DIFFICULTY.format("undefined")),
    (Ask("inGameID", "10", ""), None, WRONG_DIFFICULTY.format("")),
    (Ask("inGameStrID", "10"), None, "SongOrChartNotFound: Cannot find chart for inGameStrID 10 (Single)."),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "version", "answer"), ANSWERS)
def test_answers(ask: Ask, version: str | None, answer: str) -> None:
    assert outcome(ask, CATALOGUE, EVERYTHING, version=version) == answer


def test_of_several_charts_the_primary_one_is_meant_then_the_smallest_id() -> None:
    """Whatever order they were loaded in."""
    charts = [
        chart("b", isPrimary=False, versions=["v"], data={"inGameStrID": "x"}),
        chart("z", isPrimary=True, versions=["v"], data={"inGameStrID": "x"}),
        chart("a", isPrimary=False, versions=["v"], data={"inGameStrID": "x"}),
    ]
    for loaded in (charts, charts[::-1]):
        assert (
            outcome(Ask("inGameStrID", "x"), catalogue_of("anygame", [song(1)], loaded), EVERYTHING, version="v") == "z"
        )
        others = [each for each in loaded if each["chartID"] != "z"]
        assert (
            outcome(Ask("inGameStrID", "x"), catalogue_of("anygame", [song(1)], others), EVERYTHING, version="v") == "a"
        )


# --- match types of one game ------------------------------------------------------------------------------------

SDVX_DIFFICULTIES = ", ".join(sdvx.GAME.playtypes[0].difficulty_names or ())
SDVX = catalogue_of(
    "sdvx",
    [song(1), song(2), song(3)],
    [
        chart("adv", 1, "ADV", versions=["exceed"], data={"inGameID": 1}),
        chart("grv", 1, "GRV", versions=["exceed"], data={"inGameID": 1}),
        chart("mxm", 2, "MXM", data={"inGameID": 2}),
        chart("old", 3, "ADV", isPrimary=False, versions=["booth"], data={"inGameID": 3}),
    ],
)


@pytest.mark.parametrize(
    ("identifier", "difficulty", "version", "answer"),
    [
        ("1", "ADV", None, "adv"),
        (" 1.0", "GRV", None, "grv"),
        ("1", "ANY_INF", None, "grv"),
        ("1", "ANY_INF", "exceed", "grv"),
        ("3", "ADV", "booth", "old"),
        ("1", "ADV", "", "adv"),
        ("1", "ANY_INF", "booth", (1, "ANY_INF", "booth")),
        ("2", "ANY_INF", None, (2, "ANY_INF", "null")),
        ("3", "ADV", None, (3, "ADV", "null")),
        ("x", "ADV", None, ("NaN", "ADV", "null")),
        ("0x1F", "ADV", None, (31, "ADV", "null")),
    ],
)
def test_sdvx_in_game_ids(identifier: str, difficulty: str, version: str | None, answer: Any) -> None:
    if isinstance(answer, tuple):
        number, asked, of = answer
        answer = f"{NOT_FOUND}: Cannot find SDVX chart with inGameID {number}, difficulty {asked} and version {of}."
    assert outcome(Ask("sdvxInGameID", identifier, difficulty), SDVX, sdvx.GAME, version=version) == answer


@pytest.mark.parametrize(
    ("difficulty", "version", "message"),
    [
        (None, None, f"Invalid difficulty 'null', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        (UNSET, "?", f"Invalid difficulty 'undefined', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        ("any_inf", None, f"Invalid difficulty 'any_inf', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        ("ADV", "?", "Unsupported version ?. Expected any of booth, inf, gw, heaven, vivid, exceed, konaste."),
    ],
)
def test_sdvx_refusals(difficulty: Any, version: str | None, message: str) -> None:
    answer = outcome(Ask("sdvxInGameID", "1", difficulty), SDVX, sdvx.GAME, version=version)
    assert answer == f"{INVALID}: {message}"


def test_worlds_end_is_not_supported() -> None:
    for match_type, catalogue in (("inGameID", Catalogue()), ("tachiSongID", catalogue_of("chunithm", [song(1)], []))):
        answer = outcome(Ask(match_type, "1", "WORLD'S END"), catalogue, chunithm.GAME)
        assert answer == f"{INVALID}: WORLD'S END is not supported. Sorry."


BMS = game("bms", playtype("7K", match_types=("bmsChartHash",)))
PMS = game("pms", playtype("Controller", match_types=("bmsChartHash",)))
BMS_CHARTS = catalogue_of(
    "bms",
    [song(1)],
    [
        chart("seven", playtype="7K", data={"hashMD5": "md5", "hashSHA256": "sha"}),
        chart("fourteen", playtype="14K", data={"hashMD5": "MD5", "hashSHA256": None}),
    ],
)


def other_playtype(chart_id: str, playtype: str, of: str) -> str:
    said = f"Chart {chart_id}'s playtype was {playtype}, but this was not equal to the import playtype of {of}."
    return f"{INVALID}: {said}"


@pytest.mark.parametrize(
    ("of", "identifier", "answer"),
    [
        (BMS, "md5", "seven"),
        (BMS, "sha", "seven"),
        (BMS, "Sha", f"{NOT_FOUND}: Cannot find chart for hash Sha."),
        (BMS, "MD5", other_playtype("fourteen", "14K", "7K")),
        (PMS, "md5", other_playtype("seven", "7K", "Controller")),
        (PMS, "?", f"{NOT_FOUND}: Cannot find chart for hash ?."),
    ],
)
def test_bms_hashes_are_looked_for_among_bms_charts_only(of: Game, identifier: str, answer: str) -> None:
    assert outcome(Ask("bmsChartHash", identifier, UNSET), BMS_CHARTS, of) == answer


ITG = game("itg", playtype("Stamina", difficulties=None, match_types=("itgChartHash", "tachiSongID")))
USC = game("usc", playtype("Keyboard", match_types=("uscChartHash",)))
POPN = game("popn", playtype("9B", match_types=("popnChartHash",)))


NO_ITG = f"{NOT_FOUND}: Cannot find chart for itgChartHash x."
NO_USC = f"{NOT_FOUND}: Cannot find chart with hash abc."
NO_POPN = f"{NOT_FOUND}: Cannot find chart for popnChartHash abc (9B)."


@pytest.mark.parametrize(
    ("of", "match_type", "identifier", "stored", "answer"),
    [
        (ITG, "itgChartHash", "abc", ("Stamina", "hashGSv3"), "c"),
        (ITG, "itgChartHash", "abc", ("another playtype", "hashGSv3"), "c"),  # the playtype is not looked at
        (ITG, "itgChartHash", "x", ("Stamina", "hashGSv3"), NO_ITG),
        (USC, "uscChartHash", "abc", ("Keyboard", "hashSHA1"), "c"),
        (USC, "uscChartHash", "abc", ("Controller", "hashSHA1"), NO_USC),
        (POPN, "popnChartHash", "abc", ("9B", "hashSHA256"), "c"),
        (POPN, "popnChartHash", "abc", ("5B", "hashSHA256"), NO_POPN),
        (POPN, "popnChartHash", "abc", ("9B", "hashMD5"), NO_POPN),
    ],
)
def test_hashes_of_other_games(
    of: Game, match_type: str, identifier: str, stored: tuple[str, str], answer: str
) -> None:
    """They need no difficulty, and find charts that are not primary and of any version."""
    there, field = stored
    for hashes in ("abc", ["other", "abc"]):
        row = chart("c", playtype=there, isPrimary=False, data={field: hashes})
        catalogue = catalogue_of(of.slug, [song(1)], [row])
        assert outcome(Ask(match_type, identifier, UNSET), catalogue, of, version="any") == answer


def test_games_without_fixed_difficulties_take_any_name() -> None:
    catalogue = catalogue_of("itg", [song(1)], [chart("c", difficulty="Challenge 13", playtype="Stamina")])
    assert outcome(Ask("tachiSongID", "1", "Challenge 13"), catalogue, ITG) == "c"
    answer = outcome(Ask("tachiSongID", "1", "other"), catalogue, ITG)
    assert answer == f"{NOT_FOUND}: Cannot find chart for Song (Stamina other)"


DDR = game("ddr", playtype("SP", match_types=("ddrSongHash",)))


@pytest.mark.parametrize(
    ("identifier", "difficulty", "version", "answer"),
    [
        ("h", "ADV", None, "adv"),
        ("h", "ADV", "a3", "adv-a3"),
        ("h", "EXH", None, f"{NOT_FOUND}: Found song with ddrSongHash h but cannot find chart SP EXH."),
        ("x", "ADV", None, f"{NOT_FOUND}: Cannot find song with ddrSongHash x."),
        ("x", None, None, f"{INVALID}: Invalid Difficulty for ddr SP - {DIFFICULTIES} (Got null)"),
    ],
)
def test_ddr_song_hashes(identifier: str, difficulty: Any, version: str | None, answer: str) -> None:
    charts = [
        chart("adv", playtype="SP"),
        chart("adv-a3", playtype="SP", isPrimary=False, versions=["a3"]),
        chart("twin", song_id=2, playtype="SP"),
    ]
    hashed = {"ddrSongHash": "h"}
    catalogue = catalogue_of("ddr", [song(2, data=hashed), song(1, data=hashed)], charts)
    assert outcome(Ask("ddrSongHash", identifier, difficulty), catalogue, DDR, version=version) == answer


# --- refusals before any look-up ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "match_type", "message"),
    [
        (sdvx.GAME, "inGameID", "for SOUND VOLTEX. Use 'sdvxInGameID' instead."),
        (sdvx.GAME, "popnChartHash", "for SOUND VOLTEX. Expected any of sdvxInGameID, songTitle, tachiSongID."),
        (iidx.GAME, "sdvxInGameID", "for beatmania IIDX (SP). Expected any of inGameID, tachiSongID, songTitle."),
    ],
)
def test_a_match_type_must_suit_the_game(of: Game, match_type: str, message: str) -> None:
    answer = outcome(Ask(match_type, "1", None), Catalogue(), of)
    assert answer == f"{INVALID}: Cannot use matchType {match_type} {message}"


# --- remembering ----------------------------------------------------------------------------------------------------


def test_answers_are_remembered_for_what_they_were_asked_with() -> None:
    """Not for another difficulty, artist, version or playtype."""
    catalogue = catalogue_of("iidx", [song(1, artist="Ann")], [chart("sp", playtype="SP", difficulty="HYPER")])
    asked = Ask("tachiSongID", "1", "HYPER")
    assert outcome(asked, catalogue, iidx.GAME) == outcome(asked, catalogue, iidx.GAME) == "sp"
    assert len(catalogue.memo) == 1
    missing = f"{NOT_FOUND}: Cannot find chart for Song"
    assert outcome(Ask("tachiSongID", "1", "ANOTHER"), catalogue, iidx.GAME) == f"{missing} (SP ANOTHER)"
    assert outcome(asked, catalogue, iidx.GAME, version="20") == f"{missing} (SP HYPER)"
    double = game("iidx", iidx.GAME.playtypes[1])
    assert outcome(asked, catalogue, double) == f"{missing} (DP HYPER)"
    assert outcome(Ask("songTitle", "song", "HYPER", "Ann"), catalogue, iidx.GAME) == "sp"
    answer = outcome(Ask("songTitle", "song", "HYPER", "Ben"), catalogue, iidx.GAME)
    assert answer == f"{NOT_FOUND}: Cannot find song with title song."
