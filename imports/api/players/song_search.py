"""Search for scores and bests by song."""

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
    """The primary keys of the charts of matching songs, and the points of the songs by the ID in their documents."""

    charts: Sequence[int]
    points: Mapping[object, int]
    documents: Generation

    def mark(self, songs: Iterable[Song]) -> list[FoundSong]:
        """Returns the songs with their `__textScore`."""
        return [self.documents.of(FoundSong).extend(song, text_score=self.points[song.id]) for song in songs]


def find_charts(text: str, player: Player, documents: Generation) -> FoundCharts:
    """Returns the charts of the 101 songs that match best, including those that are not primary."""
    hits = find_songs(text, game=player.game)
    charts = Chart.objects.filter(playtype=player.playtype.name, song__in=[hit.song.pk for hit in hits])
    # By the IDs in documents, as `mark` gets documents; each API version has different IDs.
    points: dict[object, int] = {documents.of(Song).from_row(hit.song).id: hit.score for hit in hits}
    return FoundCharts(list(charts.values_list("pk", flat=True)), points, documents)
