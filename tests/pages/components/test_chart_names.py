"""The names of charts (display rules §5)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from imports.catalogue.chart_names import chart_name, difficulty_name
from imports.games.spec import Chart, Difficulty, Game, Song

TABLES = [{"table": "★", "level": "12"}, {"table": "st", "level": "3"}]


def game(slug: str, *playtypes: str, **shorthands: str) -> Game:
    """Returns a stub of a game with the attributes that chart names need."""
    labels = {name: Difficulty(name, short).label for name, short in shorthands.items()}
    known = {playtype: SimpleNamespace(difficulty_labels=labels) for playtype in playtypes}
    return cast(Game, SimpleNamespace(slug=slug, playtypes=playtypes, by_name=known))


def chart(playtype: str, difficulty: str, level: str, song: dict[str, Any] | None = None, **data: Any) -> Chart:
    return Chart(
        pk=1,
        chart_id="c",
        song=Song(pk=1, song_id=1, title="Title", data=song or {}),
        playtype=playtype,
        difficulty=difficulty,
        level=level,
        level_num=1,
        data=data,
    )


IIDX = game("iidx", "SP", "DP", ANOTHER="A")
BMS = game("bms", "7K", "14K", CHART="")
PMS = game("pms", "Controller", "Keyboard", CHART="")
USC = game("usc", "Controller", "Keyboard", EXH="")
ITG = game("itg", "Stamina")
GITADORA = game("gitadora", "Gita", "Dora", **{"BASS ADVANCED": "B-ADV"})
DDR = game("ddr", "SP", "DP", EXPERT="EXP")
CHUNITHM = game("chunithm", "Single", MASTER="M")

IIDX_12 = chart("SP", "ANOTHER", "12")


@pytest.mark.parametrize(
    ("of", "named", "full", "short"),
    [
        (IIDX, IIDX_12, "Title (SP ANOTHER 12)", "Title (SPA 12)"),
        (
            IIDX,
            replace(IIDX_12, is_primary=False, versions=("28", "27")),
            "Title (SP ANOTHER 12 28)",
            "Title (SPA 12 28)",
        ),
        (IIDX, replace(IIDX_12, is_primary=False), "Title (SP ANOTHER 12 undefined)", "Title (SPA 12 undefined)"),
        (
            BMS,
            chart("7K", "CHART", "?", {"subtitle": "Sub", "genre": "G"}, tableFolders=TABLES),
            *["Title - Sub [G] (★12, st3)"] * 2,
        ),
        (BMS, chart("7K", "CHART", "?", {"subtitle": None, "genre": ""}, tableFolders=[]), *["Title"] * 2),
        (PMS, chart("Controller", "CHART", "●12"), *["Title (Controller CHART ●12)"] * 2),
        (USC, chart("Controller", "EXH", "17", isOfficial=True, tableFolders=[]), *["Title (Controller EXH 17)"] * 2),
        (
            USC,
            chart("Controller", "EXH", "17", isOfficial=True, tableFolders=TABLES),
            *["Title (Controller EXH 17, ★12, st3)"] * 2,
        ),
        (
            USC,
            chart("Keyboard", "EXH", "17", isOfficial=False, tableFolders=TABLES),
            *["Title (Keyboard EXH ★12, st3)"] * 2,
        ),
        (
            ITG,
            chart("Stamina", "x", "14", {"subtitle": "(Sub)"}, difficultyTag="Hard", rankedLevel=14.0, chartLevel=15),
            *["Title (Sub) Hard 14"] * 2,
        ),
        (
            ITG,
            chart("Stamina", "x", "15", difficultyTag="Hard", rankedLevel=None, chartLevel=15),
            *["Title Hard 15?"] * 2,
        ),
        (
            GITADORA,
            chart("Gita", "BASS ADVANCED", "5.20"),
            "Title (Gita BASS ADVANCED 5.20)",
            "Title (Gita B-ADV 5.20)",
        ),
        (DDR, chart("SP", "EXPERT", "17"), "Title (SP EXPERT 17)", "Title (SP EXP 17)"),
        (CHUNITHM, chart("Single", "MASTER", "14+"), "Title (MASTER 14+)", "Title (M 14+)"),
    ],
)
def test_a_chart_has_a_full_and_a_short_name(of: Game, named: Chart, full: str, short: str) -> None:
    assert (chart_name(of, named), chart_name(of, named, short=True)) == (full, short)


@pytest.mark.parametrize(
    ("of", "named", "long", "short"),
    [
        (IIDX, IIDX_12, "SP ANOTHER 12", "SPA 12"),
        (BMS, chart("7K", "CHART", "?", tableFolders=TABLES), "★12, st3", "★12, st3"),
        (BMS, chart("7K", "CHART", "?", tableFolders=[]), "Unrated", "Unrated"),
        (USC, chart("Controller", "EXH", "17"), "Controller EXH 17", "CON EXH 17"),
        (USC, chart("Keyboard", "EXH", "17"), "Keyboard EXH 17", "KB EXH 17"),
        (
            ITG,
            chart("Stamina", "x", "14", difficultyTag="Hard", rankedLevel=14, charter="Zac"),
            "Hard 14 (Zac)",
            "SHard 14",
        ),
        (
            ITG,
            chart("Stamina", "x", "15", difficultyTag="Hard", rankedLevel=None, chartLevel=15, charter="Zac"),
            "UNRANKED Hard 15 (Zac)",
            "SHard 15",
        ),
        (GITADORA, chart("Gita", "BASS ADVANCED", "5.20"), "B-ADV 5.20", "B-ADV 5.20"),
        (DDR, chart("SP", "EXPERT", "17"), "SP EXPERT 17", "SPEXP 17"),
        (CHUNITHM, chart("Single", "MASTER", "14+"), "MASTER 14+", "M 14+"),
    ],
)
def test_a_difficulty_has_a_full_and_a_short_name(of: Game, named: Chart, long: str, short: str) -> None:
    assert (str(difficulty_name(of, named, short=False)), str(difficulty_name(of, named))) == (long, short)
