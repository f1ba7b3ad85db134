"""Scores and bests by what somebody typed of their songs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from imports.api.common.generations import Generation
from imports.api.common.players import Player
from imports.api.common.schemas import FoundSong, Song
from imports.catalogue.search import find_songs
from imports.models import Chart


@dataclass(frozen=True, slots=True)
class FoundCharts:
    """The charts of the songs that matched, by primary key; the points of these by the IDs of their documents."""

    charts: Sequence[int]
    points: Mapping[object, int]
    documents: Generation

    def mark(self, songs: Iterable[Song]) -> list[FoundSong]:
        """The same songs with their `__textScore`."""
        return [self.documents.of(FoundSong).extend(song, text_score=self.points[song.id]) for song in songs]


def find_charts(text: str, player: Player, documents: Generation) -> FoundCharts:
    """Of the 101 songs that match best. Charts that are not primary are among them."""
    found = find_songs(text, game=player.game)
    charts = Chart.objects.filter(playtype=player.playtype.name, song__in=[hit.song.pk for hit in found])
    # By the IDs of documents, as these are what comes back to `mark`; songs have others in each generation.
    points: dict[object, int] = {documents.of(Song).from_row(hit.song).id: hit.score for hit in found}
    return FoundCharts(list(charts.values_list("pk", flat=True)), points, documents)
