"""The match types that only some games have."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from imports.games import arcaea, chunithm, ongeki, sdvx
from imports.games.spec import Game
from tests.formats.factories import LookupRow, catalogue_of, chart, game, playtype, song
from tests.formats.lookups import INVALID, UNKNOWN, look_up, not_found

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
    ("identifier", "difficulty", "version", "expected"),
    [
        ("1", "ADV", None, "adv"),
        (" 1.0", "GRV", None, "grv"),
        ("1", "ANY_INF", None, "grv"),
        ("1", "ANY_INF", "exceed", "grv"),
        ("3", "ADV", "booth", "old"),
        ("1", "ADV", "", "adv"),
        ("1", "ANY_INF", "booth", None),
        ("2", "ANY_INF", None, None),
        ("3", "ADV", None, None),
        ("x", "ADV", None, None),
        ("0x1F", "ADV", None, None),
    ],
)
def test_an_sdvx_in_game_id_finds_its_chart(
    identifier: str, difficulty: str, version: str | None, expected: str | None
) -> None:
    expected = expected or not_found("sdvxInGameID", identifier)
    assert look_up(LookupRow("sdvxInGameID", identifier, difficulty), SDVX, sdvx.GAME, version=version) == expected


@pytest.mark.parametrize(
    ("difficulty", "version", "message"),
    [
        (None, None, f"Invalid difficulty 'null', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        (UNSET, "?", f"Invalid difficulty 'undefined', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        ("any_inf", None, f"Invalid difficulty 'any_inf', Expected any of {SDVX_DIFFICULTIES} or ANY_INF"),
        ("ADV", "?", "Unsupported version ?. Expected any of booth, inf, gw, heaven, vivid, exceed, nabla, konaste."),
    ],
)
def test_an_invalid_sdvx_look_up_is_refused_with_the_reason(difficulty: Any, version: str | None, message: str) -> None:
    expected = look_up(LookupRow("sdvxInGameID", "1", difficulty), SDVX, sdvx.GAME, version=version)
    assert expected == f"{INVALID}: {message}"


ARCAEA = catalogue_of(
    "arcaea",
    [song(1), song(2)],
    [
        chart("ftr", 1, "Future", playtype="Touch", data={"inGameStrID": "one"}),
        chart("byd", 1, "Beyond", playtype="Touch", data={"inGameStrID": "one"}),
        chart("ins", 2, "Inscribed", playtype="Touch", isPrimary=False, data={"inGameStrID": "two"}),
    ],
)
ARCAEA_DIFFICULTIES = "Past, Present, Future, Eternal, Beyond, Inscribed"


@pytest.mark.parametrize(
    ("match_type", "identifier", "difficulty", "expected"),
    [
        ("arcaeaInGameStrID", "one", "Future", "ftr"),
        ("arcaeaInGameStrID", "one", "AnyBeyond", "byd"),
        ("arcaeaInGameStrID", "two", "AnyBeyond", "ins"),
        ("arcaeaInGameStrID", "two", "Inscribed", "ins"),
        ("arcaeaInGameStrID", "two", "Beyond", UNKNOWN),
        ("arcaeaInGameStrID", "three", "Future", UNKNOWN),
        (
            "arcaeaInGameStrID",
            "one",
            None,
            f"{INVALID}: Invalid difficulty 'null', Expected any of {ARCAEA_DIFFICULTIES} or AnyBeyond",
        ),
        ("inGameStrID", "one", "Beyond", "byd"),  # as until 2026
        ("inGameStrID", "two", "Inscribed", UNKNOWN),  # not primary
        (
            "inGameStrID",
            "one",
            "AnyBeyond",
            f"{INVALID}: Invalid Difficulty for Arcaea - Expected any of {ARCAEA_DIFFICULTIES} (Got AnyBeyond)",
        ),
    ],
)
def test_an_arcaea_id_finds_its_chart(match_type: str, identifier: str, difficulty: Any, expected: str) -> None:
    expected = not_found(match_type, identifier) if expected == UNKNOWN else expected
    assert look_up(LookupRow(match_type, identifier, difficulty), ARCAEA, arcaea.GAME) == expected


def test_the_version_of_an_arcaea_import_only_affects_the_old_match_type() -> None:
    assert look_up(LookupRow("arcaeaInGameStrID", "one", "Future"), ARCAEA, arcaea.GAME, version="switch") == "ftr"
    expected = look_up(LookupRow("inGameStrID", "one", "Future"), ARCAEA, arcaea.GAME, version="switch")
    assert expected == not_found("inGameStrID", "one")


CHUNITHM = catalogue_of(
    "chunithm",
    [song(1), song(2)],
    [
        chart("we", 1, "WORLD'S END", isPrimary=False, versions=["sun"], data={"inGameID": [8100, 8200]}),
        chart("mas", 2, "MASTER", data={"inGameID": 7}),
        chart("exp", 2, "EXPERT", data={"inGameID": 7}),
        chart("old", 2, "BASIC", data={"inGameID": 8}),
    ],
)


@pytest.mark.parametrize(
    ("identifier", "difficulty", "expected"),
    [
        ("8100", UNSET, "we"),
        (" 8200.0", "MASTER", "we"),  # difficulty and version are ignored
        ("8", None, "old"),
        ("7", "MASTER", UNKNOWN),  # two charts have it
        ("x", None, UNKNOWN),
    ],
)
def test_special_charts_are_found_by_their_in_game_id(identifier: str, difficulty: Any, expected: str) -> None:
    expected = not_found("gcmInGameIDSpecialChart", identifier) if expected == UNKNOWN else expected
    asked = LookupRow("gcmInGameIDSpecialChart", identifier, difficulty)
    assert look_up(asked, CHUNITHM, chunithm.GAME, version="verse") == expected


@pytest.mark.parametrize(("match_type", "identifier"), [("inGameID", "8100"), ("tachiSongID", "1")])
def test_special_charts_are_not_found_by_their_difficulty(match_type: str, identifier: str) -> None:
    expected = look_up(LookupRow(match_type, identifier, "WORLD'S END"), CHUNITHM, chunithm.GAME)
    known = "BASIC, ADVANCED, EXPERT, MASTER, ULTIMA"
    assert expected == f"{INVALID}: Invalid Difficulty for CHUNITHM - Expected any of {known} (Got WORLD'S END)"


ONGEKI = catalogue_of(
    "ongeki",
    [song(1, "One"), song(2, "Two"), song(3, "Three")],
    [
        chart("re", 1, "Re:MASTER", isPrimary=False, versions=["refresh"], data={"inGameID": 1}),
        chart("lun", 2, "LUNATIC", data={"inGameID": 2}),
        chart("re-2", 2, "Re:MASTER", data={"inGameID": 3}),
        chart("lun-3", 3, "LUNATIC", data={"inGameID": 4}),
        chart("lun-old", 3, "LUNATIC", isPrimary=False, versions=["brightMemory3"], data={"inGameID": 4}),
    ],
)
_TWO_FIT = f"{INVALID}: This chart cannot be matched by songTitle+difficulty."


@pytest.mark.parametrize(
    ("key", "version", "expected"),
    [
        (LookupRow("inGameID", "1", "LUNATIC"), None, "re"),
        (LookupRow("songTitle", "one", "LUNATIC"), None, "re"),
        (LookupRow("tachiSongID", "1", "LUNATIC"), None, "re"),
        (LookupRow("songTitle", "one", "LUNATIC"), "refresh", UNKNOWN),  # with a version it means LUNATIC alone
        (LookupRow("inGameID", "2", "LUNATIC"), None, "lun"),
        (LookupRow("inGameID", "3", "LUNATIC"), None, "re-2"),
        (LookupRow("songTitle", "two", "LUNATIC"), None, _TWO_FIT),
        (LookupRow("tachiSongID", "2", "LUNATIC"), None, _TWO_FIT),
        (LookupRow("songTitle", "three", "LUNATIC"), None, "lun-3"),  # the primary one of the same difficulty
        (LookupRow("songTitle", "three", "LUNATIC"), "brightMemory3", "lun-old"),
    ],
)
def test_lunatic_also_finds_re_master_charts(key: LookupRow, version: str | None, expected: str) -> None:
    expected = not_found(key.match_type, key.identifier) if expected == UNKNOWN else expected
    assert look_up(key, ONGEKI, ongeki.GAME, version=version) == expected


def test_re_master_is_refused_in_favour_of_lunatic() -> None:
    expected = look_up(LookupRow("inGameID", "1", "Re:MASTER"), ONGEKI, ongeki.GAME)
    message = "Don't use Re:MASTER directly; send the score as LUNATIC instead."
    assert expected == f"{INVALID}: Invalid Difficulty for O.N.G.E.K.I. - {message}"


BMS = game("bms", *(playtype(name, match_types=("bmsChartHash",)) for name in ("7K", "14K")))
PMS = game("pms", *(playtype(name, match_types=("bmsChartHash",)) for name in ("Controller", "Keyboard")))
BMS_CHARTS = catalogue_of(
    "bms",
    [song(1)],
    [
        chart("seven", playtype="7K", data={"hashMD5": "md5", "hashSHA256": "sha"}),
        chart("fourteen", playtype="14K", data={"hashMD5": "MD5", "hashSHA256": None}),
    ],
)


def other_playtype(chart_id: str, playtype: str, of: str) -> str:
    message = f"Chart {chart_id}'s game was {playtype}, but this was not equal to the resolver game of {of}."
    return f"{INVALID}: {message}"


@pytest.mark.parametrize(
    ("of", "identifier", "expected"),
    [
        (BMS, "md5", "seven"),
        (BMS, "sha", "seven"),
        (BMS, "Sha", not_found("bmsChartHash", "Sha")),
        (BMS, "MD5", other_playtype("fourteen", "bms-14k", "bms-7k")),
        (PMS, "md5", other_playtype("seven", "bms-7k", "pms-controller")),
        (PMS, "?", not_found("bmsChartHash", "?")),
    ],
)
def test_bms_hashes_find_only_bms_charts(of: Game, identifier: str, expected: str) -> None:
    assert look_up(LookupRow("bmsChartHash", identifier, UNSET), BMS_CHARTS, of) == expected


ITG = game("itg", playtype("Stamina", difficulties=None, match_types=("itgChartHash", "tachiSongID")))
USC = game("usc", playtype("Keyboard", match_types=("uscChartHash",)))
POPN = game("popn", playtype("9B", match_types=("popnChartHash",)))


NO_ITG = not_found("itgChartHash", "x")
NO_USC = not_found("uscChartHash", "abc")
NO_POPN = not_found("popnChartHash", "abc")


@pytest.mark.parametrize(
    ("of", "match_type", "identifier", "stored", "expected"),
    [
        (ITG, "itgChartHash", "abc", ("Stamina", "hashGSv3"), "c"),
        (ITG, "itgChartHash", "abc", ("another playtype", "hashGSv3"), "c"),  # the playtype is ignored
        (ITG, "itgChartHash", "x", ("Stamina", "hashGSv3"), NO_ITG),
        (USC, "uscChartHash", "abc", ("Keyboard", "hashSHA1"), "c"),
        (USC, "uscChartHash", "abc", ("Controller", "hashSHA1"), NO_USC),
        (POPN, "popnChartHash", "abc", ("9B", "hashSHA256"), "c"),
        (POPN, "popnChartHash", "abc", ("5B", "hashSHA256"), NO_POPN),
        (POPN, "popnChartHash", "abc", ("9B", "hashMD5"), NO_POPN),
    ],
)
def test_chart_hashes_of_other_games_find_their_chart(
    of: Game, match_type: str, identifier: str, stored: tuple[str, str], expected: str
) -> None:
    """They need no difficulty, and find charts of any version, primary or not."""
    playtype_name, field = stored
    for hashes in ("abc", ["other", "abc"]):
        row = chart("c", playtype=playtype_name, isPrimary=False, data={field: hashes})
        catalogue = catalogue_of(of.slug, [song(1)], [row])
        assert look_up(LookupRow(match_type, identifier, UNSET), catalogue, of, version="any") == expected


def test_games_without_fixed_difficulties_accept_any_difficulty() -> None:
    catalogue = catalogue_of("itg", [song(1)], [chart("c", difficulty="Challenge 13", playtype="Stamina")])
    assert look_up(LookupRow("tachiSongID", "1", "Challenge 13"), catalogue, ITG) == "c"
    expected = look_up(LookupRow("tachiSongID", "1", "other"), catalogue, ITG)
    assert expected == not_found("tachiSongID", "1")


DDR = game("ddr", playtype("SP", match_types=("ddrSongHash",)))


@pytest.mark.parametrize(
    ("identifier", "difficulty", "version", "expected"),
    [
        ("h", "ADV", None, "adv"),
        ("h", "ADV", "a3", "adv-a3"),
        ("h", "EXH", None, not_found("ddrSongHash", "h")),
        ("x", "ADV", None, not_found("ddrSongHash", "x")),
        ("x", None, None, f"{INVALID}: Invalid Difficulty for A Game - Expected any of ADV, EXH (Got null)"),
    ],
)
def test_a_ddr_song_hash_finds_its_chart(identifier: str, difficulty: Any, version: str | None, expected: str) -> None:
    charts = [
        chart("adv", playtype="SP"),
        chart("adv-a3", playtype="SP", isPrimary=False, versions=["a3"]),
        chart("twin", song_id=2, playtype="SP"),
    ]
    hashed = {"ddrSongHash": "h"}
    catalogue = catalogue_of("ddr", [song(2, data=hashed), song(1, data=hashed)], charts)
    assert look_up(LookupRow("ddrSongHash", identifier, difficulty), catalogue, DDR, version=version) == expected
