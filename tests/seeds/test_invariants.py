"""The invariants of a game's primary charts, with a table row for each: satisfied, or violated with a message."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from imports.games import GAMES
from imports.seeds.checks import ChartChecks
from imports.seeds.invariants import _RULES, _UNIQUE_KEYS
from imports.seeds.rows import ChartOf2025
from tests.seeds.factories import Row, chart

IIDX = {
    "notecount": 1_000,
    "inGameID": 1,
    "hashSHA256": None,
    "2dxtraSet": None,
    "kaidenAverage": None,
    "worldRecord": None,
    "bpiCoefficient": None,
}
BMS = {"notecount": 1_000, "hashMD5": "a", "hashSHA256": "b", "tableFolders": []}
USC = {"hashSHA1": "a", "isOfficial": False, "effector": "x", "tableFolders": []}
ITG: dict[str, Any] = {
    "rankedLevel": None,
    "chartLevel": 10,
    "hashGSv3": "a",
    "difficultyTag": "Expert",
    "length": 90,
    "charter": "x",
    "streamBPM": None,
    "breakdown": None,
    "npsPerMeasure": [],
    "notesPerMeasure": [],
    "bannerLocationOverride": None,
    "originalPack": "x",
    "packs": [],
}
PLACES = {
    "bms": ("7K", "CHART"),
    "chunithm": ("Single", "MASTER"),
    "iidx": ("SP", "ANOTHER"),
    "itg": ("Stamina", "any"),
    "maimaidx": ("Single", "Master"),
    "pms": ("Controller", "CHART"),
    "popn": ("9B", "EX"),
    "usc": ("Controller", "EXH"),
    "wacca": ("Single", "EXPERT"),
}


def row(game: str, number: int = 1, **changed: Any) -> Row:
    """Returns a chart of a game, on a separate song."""
    playtype, difficulty = PLACES.get(game, ("Single", "EXH"))
    named = {"chartID": str(number), "playtype": playtype, "difficulty": difficulty, "versions": []}
    return chart(number) | named | changed


def messages_of(game: str, *rows: Row) -> list[str]:
    parsed = [each.row(None) for each in msgspec.convert(list(rows), list[ChartOf2025])]
    return [problem.message for problem in ChartChecks(game).problems("file", dict(enumerate(parsed)))]


def pair(game: str, one: Row, other: Row, **changed: Any) -> list[str]:
    return messages_of(game, row(game, 1, data=one), row(game, 2, **{"data": other, **changed}))


@pytest.mark.parametrize(
    ("game", "one", "other", "expected"),
    [
        ("sdvx", {"inGameID": 5}, {"inGameID": 5}, "inGameID with playtype and difficulty 5, Single, EXH"),
        ("iidx", IIDX | {"inGameID": [1, 2]}, IIDX, "inGameID with playtype and difficulty 1, SP, ANOTHER"),
        ("bms", BMS, BMS | {"hashSHA256": "c"}, "hashMD5 a"),
        ("bms", BMS, BMS | {"hashMD5": "c"}, "hashSHA256 b"),
        ("pms", BMS, BMS | {"hashMD5": "c"}, "hashSHA256 b, Controller"),
        ("usc", USC | {"hashSHA1": ["x", "y"]}, USC | {"hashSHA1": "y"}, "hashSHA1 y, Controller"),
        ("popn", {"inGameID": 1, "hashSHA256": ["x"]}, {"inGameID": 2, "hashSHA256": "x"}, "hashSHA256 x"),
        ("itg", ITG, ITG, "hashGSv3 a"),
    ],
)  # fmt: skip
def test_duplicate_unique_keys_of_primary_charts_are_reported(game: str, one: Row, other: Row, expected: str) -> None:
    levels = {"level": "16", "levelNum": 16}

    assert pair(game, one, other, **levels) == [f"the {expected} stands in row 0 already"]
    assert pair(game, one, other, **levels, isPrimary=False) == []


@pytest.mark.parametrize(
    ("game", "one", "other", "changed"),
    [
        ("sdvx", {"inGameID": 5}, {"inGameID": 5}, {"difficulty": "NOV"}),
        ("iidx", IIDX, IIDX, {"playtype": "DP"}),
        ("pms", BMS, BMS, {"playtype": "Keyboard"}),
        ("usc", USC, USC, {"playtype": "Keyboard"}),
        ("popn", {"inGameID": 1, "hashSHA256": None}, {"inGameID": 2, "hashSHA256": None}, {}),
        ("maimaidx", {"displayVersion": "x", "inGameID": None}, {"displayVersion": "x", "inGameID": None}, {}),
    ],
)
def test_different_and_absent_keys_are_not_duplicates(game: str, one: Row, other: Row, changed: Row) -> None:
    assert pair(game, one, other, **changed) == []


def test_two_extra_difficulties_of_an_sdvx_song_are_reported() -> None:
    rows = [
        row("sdvx", 1, difficulty="INF", data={"inGameID": 5}),
        row("sdvx", 2, difficulty="VVD", data={"inGameID": 5}),
        row("sdvx", 3, difficulty="MXM", data={"inGameID": 5}),
    ]

    expected = "the INF, GRV, HVN, VVD or XCD chart of inGameID 5 stands in row 0 already"
    assert messages_of("sdvx", *rows) == [expected]


WACCA, CHUNITHM = {"inGameID": 1}, {"inGameID": 1}
MAIMAI = {"displayVersion": "x", "inGameID": 1}


@pytest.mark.parametrize(
    ("game", "data", "level", "number", "expected"),
    [
        ("iidx", IIDX, "12", 12, ""),
        ("iidx", IIDX, "?", 0, ""),
        ("iidx", IIDX, "0", 0, "level: 0 does not go with levelNum 0"),
        ("iidx", IIDX, "?", 12, "level: ? does not go with levelNum 12"),
        ("iidx", IIDX, "12", 11, "level: 12 does not go with levelNum 11"),
        ("iidx", IIDX | {"kaidenAverage": 1_799, "worldRecord": 1_800}, "12", 12, ""),
        ("iidx", IIDX | {"kaidenAverage": 1_800, "worldRecord": None}, "12", 12, ""),
        (
            "iidx",
            IIDX | {"kaidenAverage": 1_800, "worldRecord": 1_800},
            "12",
            12,
            "data.kaidenAverage: 1800 is not below the worldRecord, 1800",
        ),
        ("iidx", IIDX | {"worldRecord": 2_000}, "12", 12, ""),
        ("iidx", IIDX | {"worldRecord": 2_001}, "12", 12, "data.worldRecord: 2001 is more than two a note"),
        ("chunithm", CHUNITHM, "14+", 14.5, ""),
        ("chunithm", CHUNITHM, "14", 14.4, ""),
        ("chunithm", CHUNITHM, "14", 14.5, "level: 14 does not go with levelNum 14.5, as + stands for .5 and more"),
        ("chunithm", CHUNITHM, "14+", 14, "level: 14+ does not go with levelNum 14, as + stands for .5 and more"),
        ("wacca", WACCA, "13+", 13.7, ""),
        ("wacca", WACCA, "13", 13.6, ""),
        ("wacca", WACCA, "13+", 13.6, "level: 13+ does not go with levelNum 13.6, as + stands for .7 and more"),
        ("maimaidx", MAIMAI, "7+", 7.6, ""),
        ("maimaidx", MAIMAI, "6", 6.8, ""),
        ("maimaidx", MAIMAI, "6+", 6.8, "level: 6+ ends in +, which none below 7 does"),
    ],
)
def test_a_level_that_contradicts_its_number_is_reported(
    game: str, data: Row, level: str, number: float, expected: str
) -> None:
    chart_row = row(game, data=data, level=level, levelNum=number)

    assert messages_of(game, chart_row) == ([expected] if expected else [])
    assert messages_of(game, chart_row | {"isPrimary": False}) == []


def test_data_of_the_wrong_shape_is_reported_without_further_checks() -> None:
    assert messages_of("iidx", row("iidx", data={}))[0] == "data.notecount: Required"


def test_every_invariant_is_of_an_existing_game() -> None:
    assert {*_UNIQUE_KEYS, *_RULES} <= {game.slug for game in GAMES}
