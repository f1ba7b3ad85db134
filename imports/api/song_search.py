"""Scores and bests by what somebody typed of their songs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imports.api.documents import Document
from imports.catalogue_search import find_songs
from imports.models import Chart


@dataclass(frozen=True, slots=True)
class FoundCharts:
    """The charts of the songs that matched, by primary key; the points of these by song ID."""

    charts: Sequence[int]
    points: Mapping[int, int]

    def mark(self, body: Document) -> Document:
        """The same body, its songs with their `__textScore`."""
        return {**body, "songs": [{**song, "__textScore": self.points[song["id"]]} for song in body["songs"]]}


def find_charts(text: str, *, game: str, playtype: str) -> FoundCharts:
    """Of the 101 songs that match best. Charts that are not primary are among them."""
    found = find_songs(text, game=game)
    charts = Chart.objects.filter(playtype=playtype, song__in=[hit.song.pk for hit in found])
    return FoundCharts(list(charts.values_list("pk", flat=True)), {hit.song.song_id: hit.score for hit in found})
