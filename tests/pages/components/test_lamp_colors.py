"""Lamps and grades: their colours and their positions on the ladder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imports.games import GAMES
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder, shown_lamp

STYLESHEET = (Path(__file__).parents[3] / "static/css/site.css").read_text()
DECLARED = [
    (game.slug, playtype.name, name, ladder.values)
    for game in GAMES
    for playtype in game.playtypes
    for name, ladder in playtype.ladders.items()
]


@pytest.mark.parametrize(("game", "playtype", "ladder", "values"), DECLARED)
def test_every_ladder_has_its_lights_in_order(game: str, playtype: str, ladder: str, values: tuple[str, ...]) -> None:
    assert tuple(TABLE[game][ladder]) == values, playtype


def test_the_stylesheet_defines_every_light_and_level() -> None:
    lamp_colors = [light for ladders in TABLE.values() for ladder in ladders.values() for light in ladder.values()]
    lamps = [
        light
        for ladders in TABLE.values()
        for name, ladder in ladders.items()
        for light in ladder.values()
        if name != "grade"
    ]
    known = {kind: set(re.findall(rf'\[data-{kind}="(\w+)"\]', STYLESHEET)) for kind in ("light", "lit", "of")}

    assert {light.color for light in lamp_colors} <= known["light"]
    assert {str(light.lit) for light in lamps} <= known["lit"]
    assert {str(light.of) for light in lamps} <= known["of"]


@pytest.mark.parametrize(
    ("game", "lamp", "light"),
    [
        ("sdvx", "FAILED", Light("FAILED", "FAILED", "ember", 0, 5)),
        ("sdvx", "MAXXIVE CLEAR", Light("MAXXIVE CLEAR", "MAXX", "silver", 3, 5)),
        ("sdvx", "PERFECT ULTIMATE CHAIN", Light("PERFECT ULTIMATE CHAIN", "PUC", "gold", 5, 5)),
        ("usc", "ULTIMATE CHAIN", Light("ULTIMATE CHAIN", "UC", "aqua", 3, 4)),
        ("iidx", "NO PLAY", Light("NO PLAY", "NO PLAY", "gray", 0, 6)),
        ("iidx", "FAILED", Light("FAILED", "FAILED", "ember", 0, 6)),
        ("iidx", "ASSIST CLEAR", Light("ASSIST CLEAR", "ASSIST", "violet", 1, 6)),
        ("bms", "FULL COMBO", Light("FULL COMBO", "FC", "aqua", 6, 6)),
        ("ddr", "LIFE4", Light("LIFE4", "LIFE4", "red", 3, 7)),
        ("jubeat", "CLEAR", Light("CLEAR", "CLEAR", "blue", 1, 3)),
        ("arcaea", "LOST", Light("LOST", "LOST", "ember", 0, 5)),
    ],
)
def test_a_lamp_has_a_colour_and_a_level(game: str, lamp: str, light: Light) -> None:
    assert light_of(game, "lamp", lamp) == light


def test_an_unknown_lamp_is_gray() -> None:
    assert light_of("sdvx", "lamp", "NEW LAMP") == Light("NEW LAMP", "NEW LAMP", "gray", 0, 5)


@pytest.mark.parametrize(
    ("metrics", "value", "lit"),
    [
        ({"noteLamp": "NONE", "clearLamp": "HARD"}, "HARD", 2),
        ({"noteLamp": "ALL JUSTICE", "clearLamp": "CLEAR"}, "ALL JUSTICE", 2),
        ({"noteLamp": "FULL COMBO", "clearLamp": "FAILED"}, "FULL COMBO, FAILED", 1),
    ],
)
def test_chunithm_shows_the_clear_lamp_unless_the_note_lamp_implies_it(
    metrics: dict[str, str], value: str, lit: int
) -> None:
    lamp = shown_lamp("chunithm", metrics)
    assert (lamp.value, lamp.lit) == (value, lit)


@pytest.mark.parametrize(
    ("metrics", "value", "lit"),
    [
        ({"noteLamp": "CLEAR", "bellLamp": "NONE"}, "CLEAR", 1),
        ({"noteLamp": "CLEAR", "bellLamp": "FULL BELL"}, "FULL BELL", 1),
        ({"noteLamp": "ALL BREAK", "bellLamp": "FULL BELL"}, "ALL BREAK, FULL BELL", 3),
    ],
)
def test_ongeki_shows_the_bell_lamp_of_a_full_bell(metrics: dict[str, str], value: str, lit: int) -> None:
    lamp = shown_lamp("ongeki", metrics)
    assert (lamp.value, lamp.lit) == (value, lit)


@pytest.mark.parametrize(
    ("game", "metrics", "value"),
    [
        ("sdvx", {"lamp": "FAILED"}, "PLAYED"),
        ("usc", {"lamp": "FAILED"}, "PLAYED"),
        ("itg", {"lamp": "FAILED", "survivedPercent": 61.97}, "DIED @ 61%"),
        ("iidx", {"lamp": "FAILED"}, "FAILED"),
    ],
)
def test_a_failed_play_is_shown_in_the_game_s_terms(game: str, metrics: dict[str, str], value: str) -> None:
    assert shown_lamp(game, metrics).value == value


def test_the_row_edge_shows_the_note_lamp_of_games_with_two_lamps() -> None:
    assert [row_ladder(game) for game in ("chunithm", "ongeki", "sdvx")] == ["noteLamp", "noteLamp", "lamp"]
