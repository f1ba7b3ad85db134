"""/api/v1/users and the paths under a user that cover all games."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common import schemas as shared
from imports.api.common import schemas_stats
from imports.api.common.activity import START_TIME, FeedParams, Feeds, FeedScope, feeds, feeds_by_game, start_time
from imports.api.common.generations import SHARED, V3
from imports.api.common.players import NO_USER, UserViewSet, find_users
from imports.api.common.queries import listed_sessions_of, only_calendar_columns, read_snapshot
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.pagination import CursorPagination, Page
from imports.api.core.parameters import Fields, Parameter, query_flag, switch, text_between
from imports.api.core.permissions import IsAuthenticatedBySession, IsSelfBySessionV3, IsSessionV3
from imports.api.core.responses import Empty
from imports.api.players import schemas
from imports.integers import milliseconds
from imports.models import GameStats, Score, Session, User
from imports.pipeline.rankings.ranks import stats_rankings

# Both as in Tachi.
ONLINE = timedelta(minutes=5)
RECENT = timedelta(hours=16)
LAST_SEEN = Coalesce("last_seen", "last_login", "date_joined")
"""The expression of the index `user_by_last_seen`."""
BY_LAST_SEEN = CursorPagination(key="seen", kind=datetime, limit=100)
CALENDAR = CursorPagination(key="time_ended", kind=float, limit=10_000)


class SearchInvalid(APIError):
    status = 400
    message = "Search parameter was invalid."


SEARCH = Parameter(name="search", description="A part of the name. Returns at most 25 users.", raises=(SearchInvalid,))
SEEN_RECENTLY = switch("online", "Only users seen in the last five minutes.")
BY_LAST_SEEN_QUERY = Fields(*BY_LAST_SEEN.parameters, is_strict=False)
CALENDAR_QUERY = Fields(*CALENDAR.parameters, is_strict=False)
ACTIVITY_QUERY = Fields(
    START_TIME,
    query_flag("includeRivals", "Ignored, as rivals are not supported."),
    query_flag("includeFollowers", "Ignored, as following is not supported."),
)


class UserNotModified(APIError):
    status = 400
    message = "This request modifies nothing about this user."


PROFILE = Fields(
    text_between("about", 0, 2_000), text_between("status", 3, 140, or_null=True), is_strict=False, needs_one=True
)


class Users(UserViewSet):
    """Users and their stats, which are public."""

    generations = SHARED

    @endpoint(
        id="listUsers",
        returns=schemas.Users,
        message="Returned {count} users.",
        query=(SEARCH, SEEN_RECENTLY, *BY_LAST_SEEN.parameters),
        paging=BY_LAST_SEEN,
    )
    def list(self, request: Request) -> Response:
        """Lists users, or searches them by a part of their name.

        Sorted by the time they were last seen, latest first.
        """
        search = request.query_params.getlist(SEARCH.name)
        if len(search) > 1:
            raise SearchInvalid()
        params = BY_LAST_SEEN_QUERY.from_query(request)
        users = User.objects.present().annotate(seen=LAST_SEEN)
        if SEEN_RECENTLY.is_in(request):
            users = users.filter(seen__gte=timezone.now() - ONLINE)
        # A search returns at most 25 users, so that it has no pages.
        page = Page(find_users(search[0], users), None) if search else BY_LAST_SEEN.page(users, params)
        body = [shared.User.from_row(user) for user in page.rows]
        return page.add_pagination_headers(request, self.ok(body, count=len(body)))

    @endpoint(id="getUser", returns=shared.User, message="Found user {name}.", raises=NO_USER)
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a user."""
        user = self.get_object()
        return self.ok(shared.User.from_row(user), name=user.username)

    @endpoint(
        id="editUser",
        returns=shared.User,
        message="Successfully updated user.",
        permissions=(IsAuthenticatedBySession, IsSessionV3, IsSelfBySessionV3),
        body=PROFILE,
        raises=(*NO_USER, UserNotModified),
    )
    def partial_update(self, request: Request, **address: str) -> Response:
        """Updates the profile of a user.

        Other members of the body are ignored.
        """
        user = self.get_object()
        self.require(user)
        changes = PROFILE.from_body(self.body)
        if not changes:
            raise UserNotModified()
        for name, value in changes.items():
            setattr(user, name, value or "")
        user.save(update_fields=list(changes))
        return self.ok(shared.User.from_row(user))

    @endpoint(id="getSettings", returns=schemas.UserSettings, message="Retrieved settings.", raises=NO_USER)
    @action(detail=True, url_path="settings")
    def user_settings(self, request: Request, **address: str) -> Response:
        """Returns the settings of a user. They are the defaults, as this instance has no such settings."""
        return self.ok(
            schemas.UserSettings(user_id=self.get_object().pk, following=[], preferences=schemas.Preferences())
        )

    @endpoint(id="getCounts", returns=schemas.Counts, message="Retrieved stats.", raises=NO_USER)
    @action(detail=True)
    def stats(self, request: Request, **address: str) -> Response:
        """Returns the number of scores and sessions of a user."""
        user = self.get_object()
        body = schemas.Counts(
            scores=Score.objects.filter(user=user).count(), sessions=Session.objects.filter(user=user).count()
        )
        return self.ok(body)

    @endpoint(id="listFollowed", returns=schemas.Friends, message="Returned {count} friends.", raises=NO_USER)
    @action(detail=True)
    def following(self, request: Request, **address: str) -> Response:
        """Lists the users that a user follows. Always empty, as following is not supported."""
        self.get_object()
        return self.ok(schemas.Friends(friends=[]), count=0)

    @endpoint(
        id="listAllSessions",
        returns=schemas.Calendar,
        message="Found {count} events.",
        query=CALENDAR_QUERY,
        paging=CALENDAR,
        raises=NO_USER,
    )
    @action(detail=True, url_path="sessions/calendar")
    def calendar(self, request: Request, **address: str) -> Response:
        """Lists all sessions of a user in a short form."""
        user = self.get_object()
        params = CALENDAR_QUERY.from_query(request)
        page = CALENDAR.page(only_calendar_columns(Session.objects.filter(user=user)), params)
        body = [self.documents.of(shared.CalendarEntry).from_row(session) for session in page.rows]
        return page.add_pagination_headers(request, self.ok(body, count=len(body)))

    @endpoint(
        id="getRecentSummary",
        returns=schemas.RecentSummary,
        message="Retrieved information about {name} (#{user_id}).",
        raises=NO_USER,
    )
    @action(detail=True, url_path="recent-summary")
    def recent_summary(self, request: Request, **address: str) -> Response:
        """Returns what a user played in the last 16 hours.

        Folders and goals are not supported, so their lists are empty.
        """
        user = self.get_object()
        since = milliseconds(timezone.now() - RECENT)
        with read_snapshot():
            sessions = Session.objects.filter(user=user, time_ended__gte=since).order_by("-time_ended")
            # By game and playtype, which precede the time in the index of scores.
            plays = [
                Score.objects.filter(user=user, game=row.game, playtype=row.playtype, time_achieved__gte=since)
                for row in offered_stats(user)
            ]
            body = self.documents.of(schemas.RecentSummary)(
                recent_playcount=sum(scores.count() for scores in plays),
                recent_sessions=listed_sessions_of([*sessions], self.documents),
                recent_folders=[],
                recent_folder_stats=Empty(),
                recent_achieved_goals=[],
                recent_goals=[],
                recent_improved_goals=[],
            )
        return self.ok(body, name=user.username, user_id=user.pk)

    @endpoint(
        id="getUserActivity",
        returns=Feeds,
        message="Retrieved recent activity.",
        query=ACTIVITY_QUERY,
        raises=NO_USER,
    )
    @action(detail=True)
    def activity(self, request: Request, **address: str) -> Response:
        """Returns the recent activity of a user, by game and playtype.

        Rivals and followed users are not supported, so none are included.
        """
        user = self.get_object()
        # The parameters are checked, although there are neither rivals nor friends to include.
        ACTIVITY_QUERY.from_query(request)
        params = FeedParams(before=start_time(request))
        with read_snapshot():
            played = [FeedScope(row.game, row.playtype) for row in offered_stats(user)]
            by_scope = feeds(played, params, self.documents, user=user)
        return self.ok(feeds_by_game(by_scope, self.documents))


class UserGameStats(UserViewSet):
    """The stats of a user on each game."""

    @endpoint(id="getGameStats", returns=schemas.AllStats, message="Returned {count} stats objects.", raises=NO_USER)
    def list(self, request: Request, **address: str) -> Response:
        """Returns the user's ratings, classes and ranks on each game they have played."""
        with read_snapshot():
            stats = offered_stats(self.get_object())
            rankings = stats_rankings(stats)
        document = self.documents.of(schemas_stats.RankedStats)
        body = [document.from_row(row, ranking_data=schemas_stats.places_of(rankings[row.pk])) for row in stats]
        return self.ok(body, count=len(body))


class UserGameProfiles(UserGameStats):
    """The same in the API of 2026."""

    generations = (V3,)


def offered_stats(user: User) -> list[GameStats]:
    """Returns the stats of a user on each played game of this instance."""
    # A game may be disabled on an instance; its stats stay stored, but are not listed.
    offered = {game.slug for game in jobs.enabled_games()}
    return list(GameStats.objects.filter(user=user, game__in=offered).order_by("pk"))
