"""/api/v1/users and what is told of a user over all games."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api import parameters
from imports.api.activity import GPT, Wish, feeds, start_time
from imports.api.documents import Document, calendar_entry, milliseconds, stats_document, user_document
from imports.api.errors import Refused
from imports.api.loading import one_moment, sessions_of
from imports.api.paging import Page, Paging
from imports.api.players import UserResource
from imports.api.responses import success
from imports.formats.text import storable
from imports.models import GameStats, Score, Session, User
from imports.pipeline.ranking import stats_rankings

FOUND = 25  # users found by a part of their name
ONLINE = timedelta(minutes=5)
RECENT = timedelta(hours=16)
ACTIVITY_QUERY = {
    "startTime": lambda value: value,  # looked at by `start_time`
    "includeRivals": parameters.maybe(parameters.spoken),
    "includeFollowers": parameters.maybe(parameters.spoken),
}
LAST_SEEN = Coalesce("last_seen", "last_login", "date_joined")
"""As the index `user_by_last_seen` has it."""
BY_LAST_SEEN = Paging(key="seen", kind=datetime, most=100)
CALENDAR = Paging(key="time_ended", kind=float, most=10_000)


class Users(UserResource):
    """Players and their stats are everybody's to read."""

    def list(self, request: Request) -> Response:
        """By a part of the name; or those who were seen last, latest first."""
        search = request.query_params.getlist("search")
        if len(search) > 1:
            raise Refused("Search parameter was invalid.", status=400)
        wishes = parameters.query(request, BY_LAST_SEEN.members, alone=False)
        users = User.objects.annotate(seen=LAST_SEEN)
        if "online" in request.query_params:
            users = users.filter(seen__gte=timezone.now() - ONLINE)
        page = Page(users_named(search[0], users), None) if search else BY_LAST_SEEN.page(users, wishes)
        body = [user_document(user) for user in page.rows]
        return page.announce(request, success(f"Returned {len(body)} users.", body))

    def retrieve(self, request: Request, user_id: str) -> Response:
        user = self.get_object()
        return success(f"Found user {user.username}.", user_document(user))

    @action(detail=True, url_path="game-stats")
    def game_stats(self, request: Request, user_id: str) -> Response:
        with one_moment():
            stats = _stats(self.get_object())
            rankings = stats_rankings(stats)
        body = [stats_document(row, rankings[row.pk]) for row in stats]
        return success(f"Returned {len(body)} stats objects.", body)

    @action(detail=True)
    def stats(self, request: Request, user_id: str) -> Response:
        user = self.get_object()
        body = {
            "scores": Score.objects.filter(user=user).count(),
            "sessions": Session.objects.filter(user=user).count(),
        }
        return success("Retrieved stats.", body)

    @action(detail=True, url_path="sessions/calendar")
    def calendar(self, request: Request, user_id: str) -> Response:
        """Every session, in a few words each."""
        user = self.get_object()
        wishes = parameters.query(request, CALENDAR.members, alone=False)
        page = CALENDAR.page(Session.objects.filter(user=user).defer("calculated_data"), wishes)
        body = [calendar_entry(session) for session in page.rows]
        return page.announce(request, success(f"Found {len(body)} events.", body))

    @action(detail=True, url_path="recent-summary")
    def recent_summary(self, request: Request, user_id: str) -> Response:
        """What was played in the last 16 hours. Folders and goals do not exist: their lists are empty."""
        user = self.get_object()
        with one_moment():
            body = _recent_summary(user, since=milliseconds(timezone.now() - RECENT))
        return success(f"Retrieved information about {user.username} (#{user.pk}).", body)

    @action(detail=True)
    def activity(self, request: Request, user_id: str) -> Response:
        """A feed for every game and playtype of the user. Rivals and followed users do not exist: none are added."""
        user = self.get_object()
        parameters.query(request, ACTIVITY_QUERY)
        wish = Wish(before=start_time(request))
        with one_moment():
            played = [GPT(row.game, row.playtype) for row in _stats(user)]
            return success("Retrieved recent activity.", feeds(played, wish, user=user))


def users_named(part: str, users: QuerySet[User] | None = None) -> list[User]:
    """Up to 25 users with this in their name, whatever its case, in no order."""
    found = User.objects.all() if users is None else users
    return list(found.filter(username__icontains=storable(part))[:FOUND])


def _stats(user: User) -> list[GameStats]:
    offered = {game.slug for game in jobs.offered_games()}
    return list(GameStats.objects.filter(user=user, game__in=offered).order_by("pk"))


def _recent_summary(user: User, *, since: int) -> Document:
    sessions = Session.objects.filter(user=user, time_ended__gte=since).order_by("-time_ended")
    # By game and playtype, as the index of scores by time has it.
    plays: dict[str, Any] = {
        f"{row.game}:{row.playtype}": Score.objects.filter(
            user=user, game=row.game, playtype=row.playtype, time_achieved__gte=since
        )
        for row in _stats(user)
    }
    return {
        "recentPlaycount": sum(scores.count() for scores in plays.values()),
        "recentSessions": sessions_of(list(sessions)),
        "recentFolders": [],
        "recentFolderStats": {},
        "recentAchievedGoals": [],
        "recentGoals": [],
        "recentImprovedGoals": [],
    }
