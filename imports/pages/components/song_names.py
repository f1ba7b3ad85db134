"""A chart's song as the components show it."""

from __future__ import annotations

from imports.games.spec import Chart
from imports.pages.components.view_models import SongName
from imports.pages.core.urls import chart_url


def played_song(chart: Chart) -> SongName:
    """A chart's song with its artist, that leads to the chart."""
    return SongName(chart.song.title, chart.song.artist, chart_url(chart.chart_id))
