"""The time to judge a score (derive, validate and rate) for every playtype, without database and JSON.

`python -m script.bench_parts.derivation` runs only this measurement.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from imports.games import judging, playtype_of
from imports.games.spec import Chart, Play, Playtype, Song
from imports.sample.make import SEEDS
from imports.sample.plays import SKILLS, plays
from script.bench_parts.figures import Figure, line

HEADING = "Judging one score, without database or JSON"
MIDDLE, MOST = 15, 40  # microseconds: for the median playtype, and for any
SCORES, ROUNDS = 2_000, 5
SCORE_MEMBERS = ("matchType", "identifier", "difficulty", "timeAchieved", "scoreMeta", "judgements", "optional")

Prepared = tuple[dict[str, Any], dict[str, Any], dict[str, Any], Chart]
"""Metrics, judgements, optional metrics, and the chart."""


def figures() -> list[Figure]:
    """Returns microseconds per score of every playtype, slowest first, and their median. The fastest round counts."""
    found = {gpt: _rounds(gpt) for gpt in SKILLS}
    order = sorted(found, key=lambda gpt: -min(found[gpt]))
    each = [
        Figure(key=f"judging.{gpt}", text=gpt, value=min(found[gpt]), unit="µs", aim=MOST, rounds=tuple(found[gpt]))
        for gpt in order
    ]
    middle = statistics.median(figure.value for figure in each)
    return [Figure(key="judging.median", text="the median playtype", value=middle, unit="µs", aim=MIDDLE), *each]


def _rounds(gpt: str) -> list[float]:
    playtype, prepared = playtype_of(*gpt.split(":")), list(_prepared(gpt))
    return [_round(prepared, playtype) for _ in range(ROUNDS)]


def _round(prepared: Sequence[Prepared], playtype: Playtype) -> float:
    """Returns microseconds per score. Each round judges new plays, because judging modifies them."""
    unjudged = [(Play(dict(metrics), judgements, optional), chart) for metrics, judgements, optional, chart in prepared]
    gc.collect()
    begun = time.perf_counter()
    outcomes = [judging.judge(play, chart, playtype) for play, chart in unjudged]
    passed = time.perf_counter() - begun
    problems = [found for _, found in outcomes if found]
    if problems:
        raise ValueError(f"An invented score was refused: {problems[0]}")
    return passed / len(unjudged) * 1e6


def _prepared(gpt: str) -> Iterator[Prepared]:
    """Yields generated plays on the sample catalogue's charts, in the form that formats return."""
    game, playtype = gpt.split(":")
    rows = [row for row in _seeds("charts", game) if row["playtype"] == playtype]
    songs = {row["id"]: row for row in _seeds("songs", game)}
    charts = {row["chartID"]: _chart(row, songs[row["songID"]]) for row in rows}
    named = plays(gpt, rows, SCORES, chance=Random(gpt), name=lambda row: {"identifier": row["chartID"]})
    for row in named:
        metrics = {name: value for name, value in row.items() if name not in SCORE_MEMBERS}
        yield metrics, row.get("judgements", {}), row.get("optional", {}), charts[row["identifier"]]


def _seeds(kind: str, game: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SEEDS / f"{kind}-{game}.json").read_bytes())
    return found


def _chart(row: dict[str, Any], song: dict[str, Any]) -> Chart:
    return Chart(
        pk=1,
        chart_id=row["chartID"],
        song=Song(pk=1, song_id=song["id"], title=song["title"], artist=song["artist"], data=song["data"]),
        playtype=row["playtype"],
        difficulty=row["difficulty"],
        level=row["level"],
        level_num=row["levelNum"],
        versions=tuple(row["versions"]),
        data=row["data"],
    )


def main() -> None:
    print(HEADING, *map(line, figures()), sep="\n")


if __name__ == "__main__":
    main()
