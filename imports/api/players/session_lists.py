"""/api/v1/users/:userID/games/:game/:playtype/sessions: a player's sessions (spec: http-api-reads §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import FloatField, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common.generations import V2
from imports.api.common.players import NO_PLAYER, PlayerViewSet, PlayerViewSetV3
from imports.api.common.queries import listed_sessions_of, only_calendar_columns, read_snapshot
from imports.api.common.schemas_v3 import SessionV3
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError, ParameterError
from imports.api.core.pagination import CursorPagination
from imports.api.core.parameters import RATING, Fields, optional_text, search
from imports.api.players import schemas
from imports.api.players.score_info import sessions_with_info
from imports.catalogue import fuzzy
from imports.models import Session

MAX_FOUND_SESSIONS = 101  # sessions found by their names
MAX_SEARCHED_SESSIONS = 5_000  # newest sessions whose names are searched
# A player's sessions of a game and playtype do not overlap: they end in the order in which they start.
BY_TIME = CursorPagination(key="time_started", kind=float, limit=100)
CALENDAR = CursorPagination(key="time_started", kind=float, limit=10_000)
BY_RATING = CursorPagination(key="rating", kind=float, limit=100, nullable=True)


class SearchInvalid(ParameterError):
    status = 400
    message = "Invalid value for search parameter."


class UnknownSessionRating(APIError):
    status = 400
    message = "Invalid algorithm '{given}' provided. Expected any of {known}."


class NoSessions(APIError):
    status = 404
    message = "This user has not got any sessions!"


SEARCH = search(SearchInvalid)
ALG = replace(optional_text(RATING.name, RATING.description), raises=(UnknownSessionRating,))
BY_TIME_QUERY = Fields(*BY_TIME.parameters, is_strict=False)
CALENDAR_QUERY = Fields(*CALENDAR.parameters, is_strict=False)
BY_RATING_QUERY = Fields(*BY_RATING.parameters, is_strict=False)


class PlayerSessions(PlayerViewSet):
    """Lists of a player's sessions; a single session is at /sessions/:sessionID."""

    @endpoint(
        id="searchSessions",
        returns=schemas.FoundSessions,
        message="Retrieved {count} sessions.",
        query=(SEARCH,),
        raises=NO_PLAYER,
    )
    def list(self, request: Request, **address: str) -> Response:
        """Searches a player's sessions by name.

        Sorted by relevance, best match first.
        """
        player = self.player()
        # Names are compared here and not in the database: a player has few sessions, and there is no index for it.
        wanted = fuzzy.pattern(self.parameter(SEARCH))
        with read_snapshot():
            newest = player.sessions().order_by("-time_started").values_list("pk", "name")
            names = [*newest[:MAX_SEARCHED_SESSIONS]]
            points = [fuzzy.score(wanted, name) for _, name in names]
            found = {names[place][0]: points[place] for place in fuzzy.ranked(points, limit=MAX_FOUND_SESSIONS)}
            sessions = player.sessions().in_bulk(found)
            listed = listed_sessions_of([sessions[key] for key in found], self.documents)
        document = self.documents.of(schemas.FoundSession)
        body = [
            document.extend(session, text_score=score) for session, score in zip(listed, found.values(), strict=True)
        ]
        return self.ok(body, count=len(body))

    @endpoint(
        id="listBestSessions",
        returns=schemas.SessionsWithInfo,
        message="Retrieved {count} sessions.",
        query=(ALG, *BY_RATING.parameters),
        paging=BY_RATING,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def best(self, request: Request, **address: str) -> Response:
        """Lists a player's sessions by a session rating."""
        player = self.player()
        rating, ratings = ALG.of(request), player.playtype.session_ratings
        if rating is not None and rating not in ratings:
            raise UnknownSessionRating(given=rating, known=", ".join(ratings))
        params = BY_RATING_QUERY.from_query(request)
        key = rating or player.playtype.default_session_rating
        value = Cast(KeyTextTransform(key, "calculated_data"), FloatField())
        with read_snapshot():
            page = BY_RATING.page(player.sessions().annotate(rating=value), params)
            body = self.documents_of(page.rows)
        return page.add_pagination_headers(request, self.ok(body, count=len(page.rows)))

    @endpoint(
        id="listRecentSessions",
        returns=schemas.SessionsWithInfo,
        message="Returned {count} sessions.",
        query=BY_TIME_QUERY,
        paging=BY_TIME,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def recent(self, request: Request, **address: str) -> Response:
        """Lists a player's sessions, latest first."""
        return self._latest(self.player().sessions())

    @endpoint(
        id="listHighlightedSessions",
        returns=schemas.SessionsWithInfo,
        message="Returned {count} sessions.",
        query=BY_TIME_QUERY,
        paging=BY_TIME,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def highlighted(self, request: Request, **address: str) -> Response:
        """Lists a player's highlighted sessions, latest first."""
        return self._latest(self.player().sessions().filter(highlight=True))

    def _latest(self, sessions: QuerySet[Session]) -> Response:
        params = BY_TIME_QUERY.from_query(self.request)
        with read_snapshot():
            page = BY_TIME.page(sessions, params)
            body = self.documents_of(page.rows)
        return page.add_pagination_headers(self.request, self.ok(body, count=len(page.rows)))

    def documents_of(self, sessions: Sequence[Session]) -> Sequence[shared.Session]:
        """Returns the documents of sessions for a list, with their score info."""
        return sessions_with_info(sessions, self.documents)

    @endpoint(
        id="getLastSession",
        returns=schemas.LastSession,
        message="Returned a session.",
        raises=(*NO_PLAYER, NoSessions),
    )
    @action(detail=False)
    def last(self, request: Request, **address: str) -> Response:
        """Returns a player's latest session."""
        player = self.player()
        with read_snapshot():
            session = player.sessions().order_by("-time_started").first()
            if session is None:
                raise NoSessions()
            # Only the score info is used, which is the same in each API version.
            (with_info,) = sessions_with_info([session], V2)
        listed = self.documents.of(shared.Session).from_row(session, with_info.score_ids)
        return self.ok(self.documents.of(schemas.LastSession)(score_info=with_info.score_info, session=listed))

    @endpoint(
        id="listSessions",
        returns=schemas.Calendar,
        message="Found {count} events.",
        query=CALENDAR_QUERY,
        paging=CALENDAR,
        raises=NO_PLAYER,
    )
    @action(detail=False)
    def calendar(self, request: Request, **address: str) -> Response:
        """Lists a player's sessions on a game in a short form."""
        player = self.player()
        params = CALENDAR_QUERY.from_query(request)
        page = CALENDAR.page(only_calendar_columns(player.sessions()), params)
        body = [self.documents.of(shared.CalendarEntry).from_row(session) for session in page.rows]
        return page.add_pagination_headers(request, self.ok(body, count=len(body)))


class PlayerSessionsV3(PlayerViewSetV3, PlayerSessions):
    """The same in the API of 2026, where lists have no score info."""

    generations = (PlayerViewSetV3.generations[0].extended(forms={schemas.SessionWithInfo: SessionV3}),)

    def documents_of(self, sessions: Sequence[Session]) -> Sequence[shared.Session]:
        return listed_sessions_of(sessions, self.documents)
