"""/api/v1/games/:game/:playtype/songs/:songID."""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.catalogue import schemas
from imports.api.catalogue.views import NOT_OFFERED, GamePlaytype, GameViewSet, GameViewSetV3
from imports.api.common import schemas as shared
from imports.api.common.queries import load_charts, read_snapshot
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.models import Chart, Song, find_song

NUMBER = re.compile(r"-?[0-9]+")


class InvalidSongID(APIError):
    status = 400
    message = "Invalid songID - could not be converted into integer?"


class SongNotFound(APIError):
    status = 404
    message = "No song exists with the songID {song_id}."


class SongIDNotFound(APIError):
    status = 404
    message = "No song with ID {song_id} exists."


class Songs(GameViewSet):
    """A song with its charts of the playtype, including those that are not primary."""

    lookup_field = "song_id"

    @endpoint(
        id="getSong",
        returns=schemas.SongWithCharts,
        message="Returned {count} charts for song {title}.",
        raises=(*NOT_OFFERED, InvalidSongID, SongNotFound),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a song with its charts."""
        played = self.game_playtype()
        with read_snapshot():
            song = self.song(played)
            keys = Chart.objects.filter(song=song, playtype=played.playtype.name).values_list("pk", flat=True)
            charts = load_charts(keys).values()
        chart_document = self.documents.of(shared.Chart)
        body = self.documents.of(schemas.SongWithCharts)(
            song=self.documents.of(shared.Song).from_row(song),
            charts=[chart_document.from_row(chart) for chart in charts],
        )
        return self.ok(body, count=len(charts), title=song.title)

    def song(self, played: GamePlaytype) -> Song:
        """Returns the song of the path. Raises APIError with 400 or 404."""
        segment = self.kwargs["song_id"]
        digits = segment.removeprefix("-").lstrip("0") or "0"
        if not NUMBER.fullmatch(segment) or (segment.startswith("-") and digits != "0"):
            raise InvalidSongID()
        known = len(digits) < 17 and int(digits) <= MAX_SAFE_INTEGER
        song = Song.objects.filter(game=played.game.slug, song_id=int(digits)).first() if known else None
        if song is None:
            raise SongNotFound(song_id=digits)
        return song


class SongsV3(GameViewSetV3, Songs):
    """The same in the API of 2026."""

    generations = (GameViewSetV3.generations[0].extended(refusals={InvalidSongID: None, SongNotFound: SongIDNotFound}),)

    def song(self, played: GamePlaytype) -> Song:
        song = find_song(played.game.slug, self.path_param("song_id"))
        if song is None:
            raise SongIDNotFound(song_id=self.kwargs["song_id"])
        return song
