"""/api/v1/activity: what everybody did of late, whatever the game (spec: http-api-reads §8)."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.activity import GPT, Wish, feeds, start_time
from imports.api.documents import Document
from imports.api.game_resource import everything_played
from imports.api.loading import one_moment
from imports.api.resource import Resource
from imports.api.responses import success

KEPT = 30  # sessions, over all games
TIMES = {
    "recentSessions": "timeEnded",
    "recentlyHighlightedScores": "timeAchieved",
    "achievedClasses": "timeAchieved",
}
"""The lists of rows in a feed, and by what they are cut off."""


class GlobalActivity(Resource):
    """A feed for every game and playtype of this instance."""

    def list(self, request: Request) -> Response:
        wish = Wish(before=start_time(request))
        scopes = [GPT(played.game.slug, played.playtype.name) for played in everything_played()]
        with one_moment():
            body = feeds(scopes, wish)
        return success("Retrieved global activity.", newest_of(body))


def newest_of(body: Mapping[str, Document]) -> dict[str, Document]:
    """Feeds without what ended before the 30 newest sessions of all began to end. Companions are not pruned."""
    ends = (session["timeEnded"] for feed in body.values() for session in feed["recentSessions"])
    latest = nlargest(KEPT + 1, ends)
    if len(latest) <= KEPT:
        return dict(body)
    cut = latest[-1]
    return {
        name: {**feed, **{rows: [row for row in feed[rows] if row[time] > cut] for rows, time in TIMES.items()}}
        for name, feed in body.items()
    }
