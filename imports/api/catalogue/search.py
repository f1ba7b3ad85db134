"""/api/v1/search, for users and charts, and /api/v1/search/chart-hash (spec: http-api-reads §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.catalogue import schemas
from imports.api.catalogue.chart_lists import score_counts
from imports.api.catalogue.views import GamePlaytype, all_playtypes
from imports.api.common import schemas as shared
from imports.api.common.generations import OF_2026, Generation, SharedView
from imports.api.common.players import find_users
from imports.api.common.queries import load_charts, read_snapshot
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import ParameterError
from imports.api.core.parameters import search, switch
from imports.catalogue.search import find_songs_of_each
from imports.formats.text import is_storable
from imports.games import bms, itg, pms, usc
from imports.models import Chart, GameStats

HASHES = {
    bms.GAME: ("hashMD5", "hashSHA256"),
    pms.GAME: ("hashMD5", "hashSHA256"),
    usc.GAME: ("hashSHA1",),
    itg.GAME: ("hashGSv3",),
}
"""Game -> members of its charts' data with the digest of the chart's file."""


class SearchRequired(ParameterError):
    status = 400
    message = "No search parameter given."


SEARCH = search(SearchRequired)
DIGEST = search(SearchRequired, "The hash of the file.")
HAS_PLAYED_GAME = switch("hasPlayedGame", "Only charts of games that you have played.")


class Search(SharedView):
    """The search. Folders and rivals, which Tachi finds too, do not exist."""

    tag = Tag.INSTANCE

    @endpoint(
        id="searchEverything",
        returns=schemas.Found,
        message="Searched everything.",
        query=(SEARCH, HAS_PLAYED_GAME),
    )
    def list(self, request: Request) -> Response:
        """Searches users by a part of their name, and charts by their song."""
        text = SEARCH.of(request)
        with read_snapshot():
            wanted = all_playtypes()
            # In the API of 2026, users who are signed in only find charts of games that they have played.
            if self.user is not None and (HAS_PLAYED_GAME.is_in(request) or self.documents is OF_2026):
                mine = set(GameStats.objects.filter(user=self.user).values_list("game", "playtype"))
                wanted = [played for played in wanted if (played.game.slug, played.playtype.name) in mine]
            body = self.documents.of(schemas.Found)(
                users=[
                    schemas.FoundUser.extend(shared.User.from_row(user), is_rival=False) for user in find_users(text)
                ],
                charts=_find_charts(text, wanted, self.documents),
                folders=[],
            )
        return self.ok(body)


class ChartHashSearch(SharedView):
    """Charts of all games with digests, also of games that this instance does not offer."""

    tag = Tag.INSTANCE

    @endpoint(
        id="searchByHash",
        returns=(schemas.ChartsWithHash, schemas.FoundByHash),
        message="Searched for chart hash {digest}.",
        query=(DIGEST,),
    )
    def list(self, request: Request) -> Response:
        """Searches charts by the hash of their file."""
        text = DIGEST.of(request)
        documents = self.documents
        # A key for every playtype with digests, also without results.
        found: dict[str, list[schemas.HashHit]] = {
            str(GamePlaytype(game, playtype)): [] for game in HASHES for playtype in game.playtypes
        }
        members = {game.slug: names for game, names in HASHES.items()}
        known = Chart.objects.filter(game__in=members, match_keys__contains=[f"hash:{text}"])
        with read_snapshot():
            listed = load_charts(chart.pk for chart in known) if is_storable(text) else {}
        for chart in listed.values():
            for name in members[chart.game]:
                digests = chart.data.get(name)
                if text in (digests if isinstance(digests, list) else [digests]):
                    hit = documents.of(schemas.HashHit)(
                        song=documents.of(shared.Song).from_row(chart.song),
                        chart=documents.of(shared.Chart).from_row(chart),
                        playcount=None,
                    )
                    found[f"{chart.game}:{chart.playtype}"].append(hit)
                    break
        if self.documents is OF_2026:
            # Charts of 2026 contain their songs.
            charts = [hit.chart for hits in found.values() for hit in hits]
            return self.ok(self.documents.of(schemas.ChartsWithHash)(charts=charts), digest=text)
        body = self.documents.of(schemas.FoundByHash)(charts=found)
        return self.ok(body, digest=text)


def _find_charts(text: str, wanted: Sequence[GamePlaytype], documents: Generation) -> dict[str, list[schemas.ChartHit]]:
    """Returns `game:playtype` -> charts, best match first, with a fixed number of queries."""
    games = list(dict.fromkeys(played.game.slug for played in wanted))
    found = find_songs_of_each(text, games=games)
    songs = {hit.song.pk: hit for hits in found.values() for hit in hits}
    charts: dict[tuple[int, str], list[Chart]] = defaultdict(list)
    for chart in Chart.objects.filter(song__in=list(songs)).defer("match_keys").order_by("pk"):
        chart.song = songs[chart.song_id].song
        charts[chart.song_id, chart.playtype].append(chart)
    # One query for all games.
    counts = score_counts([chart.pk for group in charts.values() for chart in group])
    return {
        documents.game_name(played.game.slug, played.playtype.name): [
            documents.of(schemas.ChartHit)(
                song=documents.of(shared.FoundSong).extend(
                    documents.of(shared.Song).from_row(hit.song), text_score=hit.score
                ),
                chart=documents.of(shared.Chart).from_row(chart),
                playcount=counts[chart.pk],
            )
            for hit in found[played.game.slug]
            for chart in charts[hit.song.pk, played.playtype.name]
        ]
        for played in wanted
    }
