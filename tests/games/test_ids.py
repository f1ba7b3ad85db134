"""The IDs that the API of 2026 has for games and playtypes (spec: api-v3 §1.1)."""

from __future__ import annotations

from imports.games import GAMES, by_id, chunithm, iidx

IDS = """
    iidx:SP iidx-sp, iidx:DP iidx-dp, museca:Single museca, chunithm:Single chunithm, bms:7K bms-7k, bms:14K bms-14k,
    gitadora:Gita gitadora-gita, gitadora:Dora gitadora-dora, jubeat:Single jubeat, maimai:Single maimai,
    maimaidx:Single maimaidx, popn:9B popn, sdvx:Single sdvx, usc:Controller usc-controller, usc:Keyboard usc-keyboard,
    wacca:Single wacca, pms:Controller pms-controller, pms:Keyboard pms-keyboard, itg:Stamina itg-stamina,
    arcaea:Touch arcaea, ongeki:Single ongeki, ddr:SP ddr-sp, ddr:DP ddr-dp
"""


def test_every_playtype_is_a_game_in_the_order_of_the_lists() -> None:
    found = [f"{game.slug}:{playtype.name} {name}" for name, (game, playtype) in by_id(GAMES).items()]
    assert found == [" ".join(each.split()) for each in IDS.split(",")]


def test_a_playtype_has_the_id_that_finds_it() -> None:
    assert all(game.ids[playtype.name] == name for name, (game, playtype) in by_id(GAMES).items())


def test_ids_are_listed_for_only_the_enabled_games() -> None:
    assert list(by_id([chunithm.GAME, iidx.GAME])) == ["chunithm", "iidx-sp", "iidx-dp"]
