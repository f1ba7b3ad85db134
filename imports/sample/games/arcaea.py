"""Arcaea."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games.arcaea import ALL_PURE
from imports.sample.form import Chart, Player, Row, Sample, Title, without_fraction

# era: version and song pack; top: the level of Future (Beyond, where it is 10.5 or above). The first search word of a
# title in another script is the game's ID for it.
TITLES = (
    Title("Glasstide", "Pale Meridian", "3.5 Tidal Archive", 9.4),
    Title("Requiem for a Lighthouse", "Umbra Lane", "4.0 Far Harbour", 10.1),
    Title("白昼の断片", "遠矢シオン", "3.8 Far Harbour", 8.8, ("Fragments at Noon",), ("hakuchuu",)),
    Title("Anemone Static", "Pale Meridian", "5.0 Tidal Archive", 9.7),
    Title("Inverse Cathedral", "ORDINAL", "4.2 Broken Vault", 10.8),
    Title("名もなき翼へ", "遠矢シオン", "5.2 Far Harbour", 9.2, (), ("namonaki",)),
    Title("Salt and Shimmer", "Verity Coil", "3.5 Tidal Archive", 7.8),
    Title("Hollow Constellation", "Umbra Lane", "4.5 Broken Vault", 9.9),
    Title("Paper Moon Protocol", "Verity Coil", "5.0 Tidal Archive", 8.4),
    Title("忘却のプレリュード", "遠矢シオン", "4.0 Far Harbour", 9.5, ("Prelude to Oblivion",), ("boukyaku",)),
    Title("Corollary of Ash", "ORDINAL", "5.5 Broken Vault", 11.2),
    Title("Sundial Girl", "Pale Meridian", "3.8 Tidal Archive", 8.1),
    Title("Cobalt Reverie", "Umbra Lane", "5.0 Far Harbour", 9.0),
    Title("二度目の空", "遠矢シオン", "5.5 Tidal Archive", 8.6, (), ("nidome",)),
    Title("Splinterlight", "Verity Coil", "4.2 Tidal Archive", 9.6),
    Title("Deposition", "ORDINAL", "4.5 Broken Vault", 10.6),
    Title("Last Ferry, First Snow", "Pale Meridian", "5.2 Far Harbour", 8.9),
    Title("Mirrorling", "Verity Coil", "3.5 Tidal Archive", 7.4),
    Title("Ex Cathedra", "Umbra Lane", "5.5 Broken Vault", 10.3),
    Title("彼方行きの切符", "遠矢シオン", "4.5 Far Harbour", 9.3, ("Ticket to the Beyond",), ("kanata",)),
    Title("Quiet Supernova", "Pale Meridian", "5.2 Tidal Archive", 9.8),
    Title("Marble Hours", "Verity Coil", "4.0 Tidal Archive", 8.2),
    Title("Lemma Zero", "ORDINAL", "5.5 Broken Vault", 11.0),
    Title("Driftglass", "Umbra Lane", "3.8 Far Harbour", 9.1),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    version, pack = title.era.split(maxsplit=1)
    return {"displayVersion": version, "songPack": pack}


def versions(title: Title) -> list[str]:
    return ["mobile", "switch"] if title.era < "4" else ["mobile"]


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:  # noqa: ARG001 - the game has no numbers
    has_beyond = title.top >= 10.5
    future = round(title.top - chance.uniform(0.8, 1.2), 1) if has_beyond else title.top
    levels = {
        "Past": max(1.0, round((future - chance.uniform(5.5, 6.5)) * 2) / 2),
        "Present": max(3.0, round((future - chance.uniform(2.5, 3.5)) * 2) / 2),
        "Future": future,
    }
    if has_beyond:
        levels["Beyond"] = title.top
    name = title.title if title.title.isascii() else title.search[0]
    for difficulty, level in levels.items():
        yield Chart(
            playtype="Touch",
            difficulty=difficulty,
            level=f"{int(level)}{'+' if level >= 9 and level % 1 > 0.65 else ''}",
            level_num=without_fraction(level),
            data={
                "inGameStrID": "".join(filter(str.isalnum, name)).lower(),
                "notecount": int(110 * level + chance.uniform(-60, 180)),
            },
        )


# --- a play -------------------------------------------------------------------------------------------

_PURE = 2  # a far hit is worth half of a pure one


def play(chart: Row, player: Player) -> Row:
    """Returns a play of Arcaea."""
    chance, notes = player.chance, chart["data"]["notecount"]
    off = int(notes * player.errors(chart["levelNum"]) * chance.uniform(0.3, 1))
    lost = int(off * chance.uniform(0, 0.6))
    far, pure = off - lost, notes - off
    exact = int(pure * chance.uniform(0.6, 0.95))
    early = chance.randint(0, far)
    return {
        "score": ALL_PURE * (_PURE * pure + far) // (_PURE * notes) + exact,
        "lamp": _lamp(far, lost, notes, chance),
        "judgements": {"pure": pure, "far": far, "lost": lost},
        "optional": {"fast": early, "slow": far - early},
    }


def _lamp(far: int, lost: int, notes: int, chance: Random) -> str:
    if lost == 0:
        return "FULL RECALL" if far else "PURE MEMORY"
    for lamp, limit in (("HARD CLEAR", 0.02), ("CLEAR", 0.06), ("EASY CLEAR", 0.12)):
        if lost < notes * limit and chance.random() < 0.8:
            return lamp
    return "LOST"


SAMPLE = Sample(
    slug="arcaea",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Touch": 9.6},
)
