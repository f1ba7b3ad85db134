"""The games: one file each, holding one frozen `GAME` with its formulas as plain functions beside it. Pure.

    spec, shapes        the parts of which a game is declared; contradictions checks a declaration
    formulas            arithmetic that games share; volforce, ex_score and be_music those of one family
    judging             derive, validate, rate and compose, for any game
    identity            score IDs and orphan IDs
    javascript          numbers and texts exactly as the original writes them

Nothing here knows Django, a database or a request, and no game knows another. Anything above may import from here.
How to add a game: docs/adding-a-game.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from imports.games import (
    arcaea,
    bms,
    chunithm,
    ddr,
    gitadora,
    iidx,
    itg,
    jubeat,
    maimai,
    maimaidx,
    museca,
    ongeki,
    pms,
    popn,
    sdvx,
    usc,
    wacca,
)
from imports.games.spec import Game, Playtype

GAMES: tuple[Game, ...] = (
    iidx.GAME,
    museca.GAME,
    chunithm.GAME,
    bms.GAME,
    gitadora.GAME,
    jubeat.GAME,
    maimai.GAME,
    maimaidx.GAME,
    popn.GAME,
    sdvx.GAME,
    usc.GAME,
    wacca.GAME,
    pms.GAME,
    itg.GAME,
    arcaea.GAME,
    ongeki.GAME,
    ddr.GAME,
)
"""Every game, in the order they are listed to players."""

RULES = max(game.rules for game in GAMES)
"""The year of the newest rules that are implemented."""

BY_SLUG: dict[str, Game] = {game.slug: game for game in GAMES}


def by_id(games: Iterable[Game]) -> dict[str, tuple[Game, Playtype]]:
    """The ids that the API of 2026 has for these games (`iidx-sp`, `iidx-dp`, `museca`, ...), in order.

    The way back is `game.ids[playtype.name]`.
    """
    return {game.ids[playtype.name]: (game, playtype) for game in games for playtype in game.playtypes}


def playtype_of(game_slug: str, playtype_name: str) -> Playtype:
    """A playtype by its names. Raises KeyError where there is none."""
    return BY_SLUG[game_slug].by_name[playtype_name]
