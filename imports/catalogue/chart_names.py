"""Display names of charts: `MXM 19`, `Title (SPA 12)`. The rules are those of Tachi's web client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from imports.games import javascript
from imports.games.spec import Chart, Game

SHORT_PLAYTYPES = {"Controller": "CON ", "Keyboard": "KB "}


@dataclass(frozen=True, slots=True)
class ChartName:
    """A difficulty in two parts, so that the level can be styled as a number. Either may be empty."""

    difficulty: str
    level: str = ""

    def __str__(self) -> str:
        return f"{self.difficulty} {self.level}".strip()


def difficulty_name(game: Game, chart: Chart, *, short: bool = True) -> ChartName:
    """Returns the difficulty without the title: `MXM 19`, `SPA 12`, `★12, st3`, `CON EXH 17`, `S13 13`."""
    match game.slug:
        case "bms" | "pms":
            return ChartName(_tables(chart) or gettext("Unrated"))
        case "itg":
            return stamina_name(chart, short=short)
    label = _label(game, chart, short=short or game.slug == "gitadora")
    prefix = ""
    if game.slug in ("iidx", "ddr", "usc"):
        prefix = SHORT_PLAYTYPES.get(chart.playtype, chart.playtype) if short else f"{chart.playtype} "
    return ChartName(f"{prefix}{label}", chart.level)


def chart_name(game: Game, chart: Chart, *, short: bool = False) -> str:
    """Returns the full name, for messages and titles: `Title (SP ANOTHER 12)`."""
    match game.slug:
        case "bms":
            subtitle, genre, tables = chart.song.data.get("subtitle"), chart.song.data.get("genre"), _tables(chart)
            ends = (
                f" - {subtitle}" if subtitle else "",
                f" [{genre}]" if genre else "",
                f" ({tables})" if tables else "",
            )
            return chart.song.title + "".join(ends)
        case "itg":
            return stamina_title(chart)
        case "usc" if not chart.data.get("isOfficial"):
            return f"{chart.song.title} ({chart.playtype} {chart.difficulty} {_tables(chart)})"
    label = _label(game, chart, short=short)
    playtype = "" if len(game.playtypes) == 1 else chart.playtype
    space = "" if short and game.slug == "iidx" else " "
    difficulty = f"{playtype}{space}{label}" if playtype else label
    # A difficulty may have charts of other versions beside its primary chart.
    edition = "" if chart.is_primary else f" {chart.versions[0] if chart.versions else 'undefined'}"
    tables = _tables(chart) if game.slug == "usc" else ""
    return f"{chart.song.title} ({difficulty} {chart.level}{f', {tables}' if tables else ''}{edition})"


def _label(game: Game, chart: Chart, *, short: bool) -> str:
    labels = game.by_name[chart.playtype].difficulty_labels
    return labels.get(chart.difficulty, chart.difficulty) if short else chart.difficulty


def _tables(chart: Chart) -> str:
    return ", ".join(f"{folder['table']}{folder['level']}" for folder in table_folders(chart.data))


def table_folders(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns a chart's places in difficulty tables, from a list or from table -> level (seeds since 2026)."""
    folders = data.get("tableFolders") or []
    # The catalogue may have charts of either version of the seeds.
    if isinstance(folders, Mapping):
        return [{"table": table, "level": level} for table, level in folders.items()]
    return list(folders)


def stamina_name(chart: Chart, *, short: bool) -> ChartName:
    """Returns the difficulty of an ITG chart, with its ranked level if it has one."""
    tag, ranked = chart.data.get("difficultyTag", chart.difficulty), chart.data.get("rankedLevel")
    level = javascript.text(chart.data.get("chartLevel", chart.level) if ranked is None else ranked)
    if short:
        return ChartName(f"S{tag}", level)
    unranked = "UNRANKED " if ranked is None else ""
    charter = chart.data.get("charter")
    return ChartName(f"{unranked}{tag}", f"{level} ({charter})" if charter else level)


def stamina_title(chart: Chart) -> str:
    """Returns the full name of an ITG chart; an unranked level gets a question mark."""
    subtitle = chart.song.data.get("subtitle")
    ranked = chart.data.get("rankedLevel")
    chart_level = javascript.text(chart.data.get("chartLevel", chart.level))
    level = f"{chart_level}?" if ranked is None else javascript.text(ranked)
    title = f"{chart.song.title} {subtitle}" if subtitle else chart.song.title
    return f"{title} {chart.data.get('difficultyTag', chart.difficulty)} {level}"
