"""Songs and charts of the invented titles, in the seeds format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from imports.sample.form import Chart, Row
from imports.sample.games import SAMPLES


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a game."""

    songs: list[Row]
    charts: list[Row]


def catalogue() -> dict[str, Sheet]:
    """Returns game -> rows, in the order that the seeds format requires."""
    sheets = {}
    for sample in SAMPLES:
        sheet = sheets[sample.slug] = Sheet([], [])
        for number, title in enumerate(sample.titles, sample.first_id):
            # Each song has its own random seed, so that adding one changes no other.
            chance = Random(f"{sample.slug} {number}")
            song = {
                "altTitles": list(title.alternative_titles),
                "artist": title.artist,
                "data": sample.song_data(title, chance),
                "id": number,
                "searchTerms": list(title.search),
                "title": title.title,
            }
            sheet.songs.append(song)
            charts = sample.charts(title, number=number, chance=chance)
            in_order = sorted(charts, key=lambda chart: (chart.playtype, chart.difficulty))
            sheet.charts.extend(_chart_row(sample.slug, number, chart, sample.versions(title)) for chart in in_order)
    return sheets


def _chart_row(game: str, number: int, chart: Chart, versions: list[str]) -> Row:
    # A constant ID, so that loading the sample again changes nothing.
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
