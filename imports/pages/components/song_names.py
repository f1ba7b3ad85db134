"""The song of a chart, for components."""

from __future__ import annotations

from imports.games.spec import Chart
from imports.pages.components.view_models import SongName
from imports.pages.core.urls import chart_url


def played_song(chart: Chart) -> SongName:
    """Returns a chart's song with its artist and a link to the chart."""
    return SongName(chart.song.title, chart.song.artist, chart_url(chart.chart_id))
