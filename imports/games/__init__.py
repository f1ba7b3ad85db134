"""The games: one file each, with a frozen `GAME` and its formulas as plain functions. No database access.

    spec, shapes        the parts of a game's declaration; contradictions checks a declaration
    formulas            arithmetic that games share; volforce, ex_score and be_music have that of one family
    judging             derive, validate, rate and compose, for any game
    identity            score IDs and orphan IDs
    javascript          numbers and texts exactly as Tachi writes them

Nothing here uses Django, a database or a request, and no game imports another. Other packages may import from here.
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
"""Every game, in display order."""

RULES = max(game.rules for game in GAMES)
"""The year of the newest rules that are implemented."""

BY_SLUG: dict[str, Game] = {game.slug: game for game in GAMES}
VERSIONED_IN_SONG_OR_CHART: frozenset[str] = frozenset(
    game.slug
    for game in GAMES
    if all("displayVersion" in shape.members for shape in (game.song_data, *(p.chart_data for p in game.playtypes)))
)
"""Games whose seeds of 2025 have the member `displayVersion` in songs, and those of 2026 in charts."""


def by_id(games: Iterable[Game]) -> dict[str, tuple[Game, Playtype]]:
    """Returns ID in the API of 2026 (`iidx-sp`, `iidx-dp`, `museca` ...) -> game and playtype, of these games in order.

    The inverse is `game.ids[playtype.name]`.
    """
    return {game.ids[playtype.name]: (game, playtype) for game in games for playtype in game.playtypes}


def playtype_of(game_slug: str, playtype_name: str) -> Playtype:
    """Returns a playtype by its names. Raises KeyError if there is none."""
    return BY_SLUG[game_slug].by_name[playtype_name]
