"""Figures with their targets, as a table or JSON, compared with an older run."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg

MAX_IDLE_LOAD = 0.25  # load per core above which other processes compete for the machine
PACKAGES = ("Django", "psycopg", "rq", "redis", "msgspec", "granian")
WIDTH = 62


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured value. `aim` is its upper limit, or with `at_least` the lower one. `rounds`: all measurements."""

    key: str
    text: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    rounds: Sequence[float] = ()

    @property
    def is_met(self) -> bool | None:
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim


def middle(key: str, text: str, values: Sequence[float], unit: str, **more: Any) -> Figure:
    """Returns the median of several rounds."""
    return Figure(key=key, text=text, value=statistics.median(values), unit=unit, rounds=tuple(values), **more)


@dataclass(frozen=True)
class Curve:
    """`y` at each `x`; both axes are logarithmic. Curves of the same name, with labels, share a picture."""

    name: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]
    label: str = ""


@dataclass(frozen=True)
class Table:
    """A table: rows with a name, values by column, and a remark."""

    rows: Sequence[tuple[str, Mapping[str, float], str]]


@dataclass
class Report:
    """The results of a run: figures by heading; `stages` maps a heading to seconds by stage."""

    conditions: dict[str, Any]
    sections: dict[str, list[Figure]] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)

    def add(self, heading: str, figures: Iterable[Figure]) -> None:
        self.sections.setdefault(heading, []).extend(figures)

    def as_json(self) -> str:
        figures = [
            {"section": heading, **asdict(figure), "met": figure.is_met}
            for heading, found in self.sections.items()
            for figure in found
        ]
        found = {
            "facts": self.conditions,
            "figures": figures,
            "stages": self.stages,
            "tables": {heading: asdict(table) for heading, table in self.tables.items()},
            "curves": [asdict(curve) for curve in self.curves],
        }
        return json.dumps(found, indent=2) + "\n"


def conditions(database: psycopg.Connection, *, folder: Path, load: float) -> dict[str, Any]:
    """Returns the conditions of the measurement. `load` is the load average before the run."""
    found = database.execute("SELECT current_setting('server_version')").fetchone()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "file_system": file_system(folder),
        "python": platform.python_version(),
        "postgresql": found[0].split()[0] if found else "?",
        **{name: version(name) for name in PACKAGES},
        "load_at_start": round(load, 2),
        "others_compete": load > MAX_IDLE_LOAD * (os.cpu_count() or 1),
    }


def file_system(folder: Path) -> str:
    """Returns the file system of the data folder."""
    parts = [part for part in psutil.disk_partitions(all=True) if folder.resolve().is_relative_to(part.mountpoint)]
    return max(parts, key=lambda part: len(part.mountpoint)).fstype if parts else "?"


# --- as text -----------------------------------------------------------------------------------


def table(report: Report, *, older: Mapping[str, Any] | None = None) -> str:
    """Returns the report as text. `older`: the JSON of another run, for comparison."""
    before = {figure["key"]: figure["value"] for figure in older["figures"]} if older else {}
    lines = [f"{name.replace('_', ' '):<16}{value}" for name, value in report.conditions.items()]
    if report.conditions.get("others_compete"):
        lines += ["", "Other processes competed for this machine: trust ratios more than seconds, and neither much."]
    for heading, figures in report.sections.items():
        lines += ["", heading, *(line(figure, before.get(figure.key)) for figure in figures)]
    for heading, stages in report.stages.items():
        lines += ["", *stage_table(heading, stages)]
    for heading, found in report.tables.items():
        lines += ["", heading, *table_lines(found)]
    return "\n".join(lines) + "\n"


def line(figure: Figure, before: float | None = None) -> str:
    text = f"  {figure.text:<{WIDTH}}{shown(figure.value, figure.unit):>12}"
    if figure.aim is not None:
        sign = ">=" if figure.at_least else "<="
        text += f"   {sign} {shown(figure.aim, figure.unit):<10}{'met' if figure.is_met else 'NOT MET'}"
    elif before is not None:
        text += " " * 23
    if before is not None:
        change = f" ({figure.value / before - 1:+.0%})" if before else ""
        text += f"   before {shown(before, figure.unit)}{change}"
    return text


def shown(value: float, unit: str) -> str:
    """Formats a value with three significant digits."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def stage_table(heading: str, stages: Mapping[str, float]) -> list[str]:
    whole = sum(stages.values())
    rows = [f"  {name.replace('_', ' '):<20}{seconds:8.2f} s{seconds / whole:7.0%}" for name, seconds in stages.items()]
    return [heading, *rows, f"  {'together':<20}{whole:8.2f} s"]


def table_lines(found: Table) -> list[str]:
    """Returns the lines of a table, each row with its remark."""
    columns = [name for _, values, _ in found.rows[:1] for name in values]
    lines = [f"  {'':<30}" + "".join(f"{name:>11}" for name in columns)]
    for name, values, remark in found.rows:
        lines.append(f"  {name:<30}" + "".join(f"{shown(value, ''):>11}" for value in values.values()) + f"   {remark}")
    return lines
