"""/api/v1/activity: the recent activity of all players on all games (spec: http-api-reads §8)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.catalogue.views import all_playtypes
from imports.api.common.activity import START_TIME, FeedParams, Feeds, FeedScope, feeds, feeds_by_game, start_time
from imports.api.common.generations import SharedView
from imports.api.common.queries import read_snapshot
from imports.api.core.endpoints import Tag, endpoint

MAX_SESSIONS = 30  # sessions, over all games


class GlobalActivity(SharedView):
    """A feed for every game and playtype of this instance."""

    tag = Tag.INSTANCE

    @endpoint(id="getActivity", returns=Feeds, message="Retrieved global activity.", query=(START_TIME,))
    def list(self, request: Request, **address: str) -> Response:
        """Returns the recent activity of all users, by game and playtype."""
        params = FeedParams(before=start_time(request))
        scopes = [FeedScope(played.game.slug, played.playtype.name) for played in all_playtypes()]
        with read_snapshot():
            found = feeds(scopes, params, self.documents, limit=MAX_SESSIONS)
        return self.ok(feeds_by_game(found, self.documents))


class ActivityAlias(GlobalActivity):
    """The same at a path that ad blockers do not block."""

    @endpoint(id="getActivityUnblocked", returns=Feeds, message="Retrieved global activity.", query=(START_TIME,))
    def list(self, request: Request, **address: str) -> Response:
        """Returns the recent activity of all users, at a path that ad blockers do not block."""
        return super().list(request)
