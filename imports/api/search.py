"""/api/v1/search, over everything, and /api/v1/search/chart-hash (spec: http-api-reads §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import queries
from imports.api.chart_list import score_counts
from imports.api.documents import Document, chart_document, song_document, user_document
from imports.api.game_resource import Played, everything_played
from imports.api.loading import charts_of, one_moment
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.users import users_named
from imports.catalogue_search import Found, find_songs_of_each
from imports.formats.text import is_storable
from imports.games import bms, itg, pms, usc
from imports.models import Chart, GameStats, User

NOTHING_GIVEN = "No search parameter given."
HASHES = {
    bms.GAME: ("hashMD5", "hashSHA256"),
    pms.GAME: ("hashMD5", "hashSHA256"),
    usc.GAME: ("hashSHA1",),
    itg.GAME: ("hashGSv3",),
}
"""Members of charts' data that hold the digest of the chart's file."""


class Search(Resource):
    """Users by a part of their name, charts by their song's names. Folders and rivals do not exist."""

    def list(self, request: Request) -> Response:
        text = queries.wanted_text(request, "search", else_told=NOTHING_GIVEN)
        with one_moment():
            wanted = everything_played()
            if self.user is not None and "hasPlayedGame" in request.query_params:
                wanted = _played_by(self.user, wanted)
            body = {
                "users": [{**user_document(user), "__isRival": False} for user in users_named(text)],
                "charts": _charts(text, wanted),
                "folders": [],
            }
        return success("Searched everything.", body)


class ChartHashSearch(Resource):
    """Charts by the digest of their file, also of games that this instance does not take."""

    def list(self, request: Request) -> Response:
        text = queries.wanted_text(request, "search", else_told=NOTHING_GIVEN)
        with one_moment():
            body = {"charts": _by_hash(text)}
        return success(f"Searched for chart hash {text}.", body)


def _played_by(user: User, wanted: Iterable[Played]) -> list[Played]:
    mine = set(GameStats.objects.filter(user=user).values_list("game", "playtype"))
    return [played for played in wanted if (played.game.slug, played.playtype.name) in mine]


def _charts(text: str, wanted: Sequence[Played]) -> dict[str, list[Document]]:
    """`{"game:playtype": [{song, chart, playcount}]}`, best match first. A fixed number of queries."""
    games = list(dict.fromkeys(played.game.slug for played in wanted))
    found = find_songs_of_each(text, games=games)
    songs = {hit.song.pk: hit for hits in found.values() for hit in hits}
    charts: dict[tuple[int, str], list[Chart]] = defaultdict(list)
    for chart in Chart.objects.filter(song__in=list(songs)).defer("match_keys").order_by("pk"):
        chart.song = songs[chart.song_id].song
        charts[chart.song_id, chart.playtype].append(chart)
    counts = score_counts([chart.pk for group in charts.values() for chart in group])
    return {
        str(played): [
            {**_entry(chart, hit), "playcount": counts[chart.pk]}
            for hit in found[played.game.slug]
            for chart in charts[hit.song.pk, played.playtype.name]
        ]
        for played in wanted
    }


def _entry(chart: Chart, hit: Found) -> Document:
    return {"song": {**song_document(hit.song), "__textScore": hit.score}, "chart": chart_document(chart)}


def _by_hash(text: str) -> dict[str, list[Document]]:
    """A key for every playtype that knows digests, whatever was found."""
    found: dict[str, list[Document]] = {
        str(Played(game, playtype)): [] for game in HASHES for playtype in game.playtypes
    }
    members = {game.slug: names for game, names in HASHES.items()}
    known = Chart.objects.filter(game__in=members, match_keys__contains=[f"hash:{text}"]) if is_storable(text) else ()
    for chart in charts_of(chart.pk for chart in known).values():
        if any(text in _values(chart.data.get(name)) for name in members[chart.game]):
            entry = {"song": song_document(chart.song), "chart": chart_document(chart), "playcount": None}
            found[f"{chart.game}:{chart.playtype}"].append(entry)
    return found


def _values(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]
