"""/api/v1/users/:userID/games/:game/:playtype/sessions: a player's sessions (spec: http-api-reads §6)."""

from __future__ import annotations

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import fuzzy
from imports.api import parameters, queries
from imports.api.documents import Document, calendar_entry
from imports.api.errors import Refused
from imports.api.loading import one_moment, sessions_of
from imports.api.paging import Paging
from imports.api.players import Player, PlayerResource
from imports.api.responses import success
from imports.api.score_info import sessions_with_info

FOUND = 101  # sessions found by their names
LOOKED_AT = 5_000  # newest sessions whose names are looked at
# A player's sessions of a game and playtype do not overlap: they end in the order in which they start.
BY_TIME = Paging(key="time_started", kind=float, most=100)
CALENDAR = Paging(key="time_started", kind=float, most=10_000)
BY_RATING = Paging(key="rating", kind=float, most=100, nullable=True)


class PlayerSessions(PlayerResource):
    """Sessions are named, best, recent, highlighted; one alone is at /sessions/:sessionID."""

    def list(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Those whose names match best, best first."""
        player = self.player()
        search = queries.wanted_text(request, "search", else_told="Invalid value for search parameter.")
        with one_moment():
            body = _named(player, search)
        return success(f"Retrieved {len(body)} sessions.", body)

    @action(detail=False)
    def best(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """By a session rating, the game's own if the query names none."""
        player = self.player()
        rating = _rating_of(request, player)
        wishes = parameters.query(request, BY_RATING.members, alone=False)
        value = Cast(KeyTextTransform(rating, "calculated_data"), FloatField())
        with one_moment():
            page = BY_RATING.page(player.sessions().annotate(rating=value), wishes)
            body = sessions_with_info(page.rows)
        return page.announce(request, success(f"Retrieved {len(body)} sessions.", body))

    @action(detail=False)
    def recent(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        return self._by_time(request, highlighted=False)

    @action(detail=False)
    def highlighted(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        return self._by_time(request, highlighted=True)

    def _by_time(self, request: Request, *, highlighted: bool) -> Response:
        player = self.player()
        wishes = parameters.query(request, BY_TIME.members, alone=False)
        sessions = player.sessions().filter(highlight=True) if highlighted else player.sessions()
        with one_moment():
            page = BY_TIME.page(sessions, wishes)
            body = sessions_with_info(page.rows)
        return page.announce(request, success(f"Returned {len(body)} sessions.", body))

    @action(detail=False)
    def last(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        player = self.player()
        with one_moment():
            told = sessions_with_info(list(player.sessions().order_by("-time_started")[:1]))
        if not told:
            raise Refused("This user has not got any sessions!", status=404)
        (session,) = told
        return success("Returned a session.", {"scoreInfo": session.pop("__scoreInfo"), "session": session})

    @action(detail=False)
    def calendar(self, request: Request, user_id: str, game: str, playtype: str) -> Response:
        """Every session, in a few words each."""
        player = self.player()
        wishes = parameters.query(request, CALENDAR.members, alone=False)
        page = CALENDAR.page(player.sessions().defer("calculated_data"), wishes)
        body = [calendar_entry(session) for session in page.rows]
        return page.announce(request, success(f"Found {len(body)} events.", body))


def _named(player: Player, text: str) -> list[Document]:
    wanted = fuzzy.pattern(text)
    newest = player.sessions().order_by("-time_started").values_list("pk", "name")
    names = list(newest[:LOOKED_AT])
    points = [fuzzy.score(wanted, name) for _, name in names]
    found = {names[place][0]: points[place] for place in fuzzy.ranked(points, most=FOUND)}
    sessions = player.sessions().in_bulk(found)
    told = sessions_of([sessions[key] for key in found])
    return [{**session, "__textScore": score} for session, score in zip(told, found.values(), strict=True)]


def _rating_of(request: Request, player: Player) -> str:
    """`alg` of the query, else the game's own. Raises Refused with 400."""
    given, ratings = queries.text(request, "alg"), player.playtype.session_ratings
    if given is not None and given not in ratings:
        raise Refused(f"Invalid algorithm '{given}' provided. Expected any of {', '.join(ratings)}.", status=400)
    return given or player.playtype.default_session_rating
