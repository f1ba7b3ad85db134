"""Songs and charts of the invented titles, in the seeds format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from imports.sample.form import Chart, Row, Sample
from imports.sample.games import SAMPLES


@dataclass(frozen=True, slots=True)
class Sheet:
    """One game's rows."""

    songs: list[Row]
    charts: list[Row]


def catalogue() -> dict[str, Sheet]:
    """Everything, by game; rows in the order that the seeds format asks for."""
    return {sample.slug: _sheet(sample) for sample in SAMPLES}


def _sheet(sample: Sample) -> Sheet:
    sheet = Sheet([], [])
    for number, title in enumerate(sample.titles, sample.first_id):
        chance = Random(f"{sample.slug} {number}")
        sheet.songs.append(
            {
                "altTitles": list(title.also),
                "artist": title.artist,
                "data": sample.song_data(title, chance),
                "id": number,
                "searchTerms": list(title.search),
                "title": title.title,
            }
        )
        charts = sample.charts(title, number=number, chance=chance)
        in_order = sorted(charts, key=lambda chart: (chart.playtype, chart.difficulty))
        sheet.charts.extend(_row(sample.slug, number, chart, sample.versions(title)) for chart in in_order)
    return sheet


def _row(game: str, number: int, chart: Chart, versions: list[str]) -> Row:
    identity = f"sample {game} {number} {chart.playtype} {chart.difficulty}"
    return {
        "chartID": hashlib.sha256(identity.encode()).hexdigest()[:40],
        "data": chart.data,
        "difficulty": chart.difficulty,
        "isPrimary": True,
        "level": chart.level,
        "levelNum": chart.level_num,
        "playtype": chart.playtype,
        "songID": number,
        "versions": versions,
    }
