"""How charts are called: `MXM 19`, `Title (SPA 12)`. Pure; the rules are the original web client's."""

from __future__ import annotations

from dataclasses import dataclass

from imports.games import javascript
from imports.games.spec import Chart, Game


@dataclass(frozen=True, slots=True)
class ChartName:
    """A difficulty in two parts, so that the number can be set as one. Either may be empty."""

    difficulty: str
    level: str = ""

    def __str__(self) -> str:
        return f"{self.difficulty} {self.level}".strip()


def difficulty_name(game: Game, chart: Chart, *, short: bool = True) -> ChartName:
    """The difficulty alone: `MXM 19`, `SPA 12`, `★12, st3`, `CON EXH 17`, `S13 13`."""
    match game.slug:
        case "bms" | "pms":
            return ChartName(_tables(chart) or "Unrated")
        case "itg":
            return _stamina_name(chart, short=short)
    label = _label(game, chart, short=short or game.slug == "gitadora")
    prefix = _playtype_prefix(game, chart, short=short)
    return ChartName(f"{prefix}{label}", chart.level)


def chart_name(game: Game, chart: Chart, *, short: bool = False) -> str:
    """The whole name, as in messages and titles: `Title (SP ANOTHER 12)`."""
    match game.slug:
        case "bms":
            return _bms_name(chart)
        case "itg":
            return _stamina_title(chart)
        case "usc" if not chart.data.get("isOfficial"):
            return f"{chart.song.title} ({chart.playtype} {chart.difficulty} {_tables(chart)})"
    label = _label(game, chart, short=short)
    playtype = "" if len(game.playtypes) == 1 else chart.playtype
    space = "" if short and game.slug == "iidx" else " "
    difficulty = f"{playtype}{space}{label}" if playtype else label
    edition = "" if chart.is_primary else f" {chart.versions[0] if chart.versions else 'undefined'}"
    tables = _tables(chart) if game.slug == "usc" else ""
    return f"{chart.song.title} ({difficulty} {chart.level}{f', {tables}' if tables else ''}{edition})"


def _label(game: Game, chart: Chart, *, short: bool) -> str:
    labels = game.by_name[chart.playtype].difficulty_labels
    return labels.get(chart.difficulty, chart.difficulty) if short else chart.difficulty


def _playtype_prefix(game: Game, chart: Chart, *, short: bool) -> str:
    if game.slug not in ("iidx", "ddr", "usc"):
        return ""
    if not short:
        return f"{chart.playtype} "
    return {"Controller": "CON ", "Keyboard": "KB "}.get(chart.playtype, chart.playtype)


def _tables(chart: Chart) -> str:
    return ", ".join(f"{folder['table']}{folder['level']}" for folder in chart.data.get("tableFolders") or ())


def _stamina_name(chart: Chart, *, short: bool) -> ChartName:
    tag, ranked = chart.data.get("difficultyTag", chart.difficulty), chart.data.get("rankedLevel")
    level = javascript.text(chart.data.get("chartLevel", chart.level) if ranked is None else ranked)
    if short:
        return ChartName(f"S{tag}", level)
    unranked = "UNRANKED " if ranked is None else ""
    charter = chart.data.get("charter")
    return ChartName(f"{unranked}{tag}", f"{level} ({charter})" if charter else level)


def _stamina_title(chart: Chart) -> str:
    subtitle = chart.song.data.get("subtitle")
    ranked = chart.data.get("rankedLevel")
    chart_level = javascript.text(chart.data.get("chartLevel", chart.level))
    level = f"{chart_level}?" if ranked is None else javascript.text(ranked)
    title = f"{chart.song.title} {subtitle}" if subtitle else chart.song.title
    return f"{title} {chart.data.get('difficultyTag', chart.difficulty)} {level}"


def _bms_name(chart: Chart) -> str:
    subtitle, genre, tables = chart.song.data.get("subtitle"), chart.song.data.get("genre"), _tables(chart)
    parts = [
        chart.song.title,
        f" - {subtitle}" if subtitle else "",
        f" [{genre}]" if genre else "",
        f" ({tables})" if tables else "",
    ]
    return "".join(parts)
