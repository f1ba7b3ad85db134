"""Where scores, charts and songs have their pages."""

from __future__ import annotations

from django.urls import reverse

from imports.games.spec import Chart
from imports.pages.parts import SongName


def score_url(score_id: str) -> str:
    return reverse("score-detail", args=[score_id])


def chart_url(chart_id: str) -> str:
    return reverse("chart-detail", args=[chart_id])


def song_url(game: str, song_id: int) -> str:
    return reverse("song-detail", args=[game, song_id])


def played_song(chart: Chart) -> SongName:
    """A chart's song with its artist, that leads to the chart."""
    return SongName(chart.song.title, chart.song.artist, chart_url(chart.chart_id))
