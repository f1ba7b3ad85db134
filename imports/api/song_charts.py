"""/api/v1/games/:game/:playtype/songs/:songID."""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.documents import chart_document, song_document
from imports.api.errors import Refused
from imports.api.game_resource import GameResource, Played
from imports.api.loading import charts_of, one_moment
from imports.api.responses import success
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.models import Chart, Song

NUMBER = re.compile(r"-?[0-9]+")
NO_NUMBER = "Invalid songID - could not be converted into integer?"


class Songs(GameResource):
    """A song with its charts of the playtype, those that are not primary among them."""

    lookup_field = "song_id"

    def retrieve(self, request: Request, game: str, playtype: str, song_id: str) -> Response:
        played = self.played()
        with one_moment():
            song = _song(played, song_id)
            keys = Chart.objects.filter(song=song, playtype=playtype).values_list("pk", flat=True)
            charts = charts_of(keys).values()
        body = {"song": song_document(song), "charts": [chart_document(chart) for chart in charts]}
        return success(f"Returned {len(charts)} charts for song {song.title}.", body)


def _song(played: Played, segment: str) -> Song:
    """Raises Refused with 400 or 404."""
    digits = segment.removeprefix("-").lstrip("0") or "0"
    if not NUMBER.fullmatch(segment) or (segment.startswith("-") and digits != "0"):
        raise Refused(NO_NUMBER, status=400)
    known = len(digits) < 17 and int(digits) <= MAX_SAFE_INTEGER
    song = Song.objects.filter(game=played.game.slug, song_id=int(digits)).first() if known else None
    if song is None:
        raise Refused(f"No song exists with the songID {digits}.", status=404)
    return song
