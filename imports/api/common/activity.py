"""Activity feeds (spec: http-api-reads §8): recent events on a game and playtype, with a fixed number of queries.

Goals and quests do not exist: their lists are empty. The newest highlighted scores and classes are listed, in such
numbers over all feeds that a response stays below a megabyte.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, TypeVar

from django.db.models import Model, QuerySet
from msgspec import Meta
from rest_framework.request import Request

from imports.api.common import schemas, schemas_stats
from imports.api.common.generations import V2, Generation
from imports.api.common.queries import listed_sessions_of, load_charts, related_songs_and_charts, score_documents
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Parameter
from imports.api.core.renderers import encode
from imports.api.core.responses import Schema
from imports.integers import MAX_TIMESTAMP_MS
from imports.integers import milliseconds as to_ms
from imports.models import Chart, ClassAchievement, Score, Session, User

DEFAULT_SESSIONS = 30  # of a feed
MIN_SESSIONS, MAX_SESSIONS = 10, 100
MAX_ROWS = 200  # highlighted scores, and classes, of all feeds together
HIGHLIGHT_BYTES = 400_000
"""The maximum size of the documents of highlighted scores with their songs and charts, over all feeds."""

Row = TypeVar("Row", bound=Model)


class Feed(Schema):
    """The recent activity on a game and playtype."""

    recent_sessions: list[schemas.Session]
    recently_highlighted_scores: list[schemas.Score]
    songs: list[schemas.Song]
    charts: list[schemas.Chart]
    achieved_classes: list[schemas_stats.Achievement]
    users: list[schemas.User]
    goals: schemas.Nothing
    goal_subs: schemas.Nothing
    quests: schemas.Nothing
    quest_subs: schemas.Nothing


Feeds = Annotated[dict[str, Feed], Meta(description="`game:playtype`, or the ID of a game of 2026 -> feed.")]


class FeedScope(NamedTuple):
    """A game and playtype."""

    game: str
    playtype: str

    def __str__(self) -> str:
        return f"{self.game}:{self.playtype}"


class FeedParams(NamedTuple):
    """The number of sessions, and the time before which they started (Unix milliseconds; None: now)."""

    sessions: int = DEFAULT_SESSIONS
    before: float | None = None


class StartTimeIsNoNumber(APIError):
    status = 400
    message = "Invalid startTime, got a non number."


class FeedParameterGivenTwice(APIError):
    status = 400
    message = "Invalid '{name}'."


class InvalidSessionCount(APIError):
    status = 400
    message = f"Invalid sessions, got {{given}}, which wasn't between {MIN_SESSIONS} and {MAX_SESSIONS}."


START_TIME = Parameter(
    name="startTime",
    description="Returns only activity before this time, in Unix milliseconds.",
    schema={"type": "number"},
    raises=(StartTimeIsNoNumber,),
)
SESSIONS = Parameter(
    name="sessions",
    description=f"The number of sessions. Defaults to {DEFAULT_SESSIONS}.",
    schema={"type": "integer", "minimum": MIN_SESSIONS, "maximum": MAX_SESSIONS},
    raises=(FeedParameterGivenTwice, InvalidSessionCount),
)
FEED_QUERY = (SESSIONS, START_TIME)


def feed_params(request: Request) -> FeedParams:
    """Returns `sessions` and `startTime` of a query; empty values count as absent. Raises APIError with 400."""
    given = {parameter.name: request.query_params.getlist(parameter.name) for parameter in FEED_QUERY}
    for name, values in given.items():
        if len(values) > 1:
            raise FeedParameterGivenTwice(name=name)
    text = "".join(given[SESSIONS.name]) or str(DEFAULT_SESSIONS)
    count = _number(text)
    if count is None or not MIN_SESSIONS <= count <= MAX_SESSIONS or not count.is_integer():
        raise InvalidSessionCount(given="NaN" if count is None else text)
    return FeedParams(int(count), start_time(request))


def start_time(request: Request) -> float | None:
    """Returns `startTime` of a query in Unix milliseconds; None if absent. Raises APIError with 400."""
    values = request.query_params.getlist(START_TIME.name)
    if not values or not values[0]:
        return None
    number = _number(values[0]) if len(values) == 1 else None
    if number is None:
        raise StartTimeIsNoNumber()
    return number


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def feeds_by_game(found: Mapping[FeedScope, Feed], documents: Generation) -> dict[str, Feed]:
    """Returns the feeds by the names of their games in an API version."""
    return {documents.game_name(scope.game, scope.playtype): feed for scope, feed in found.items()}


# --- feeds ------------------------------------------------------------------------------------------


def feeds(
    scopes: Sequence[FeedScope],
    params: FeedParams,
    documents: Generation = V2,
    *,
    user: User | None = None,
    limit: int | None = None,
) -> dict[FeedScope, Feed]:
    """Returns a feed for each scope, of one player or of everybody.

    With `limit`, the feeds contain only this number of sessions over all feeds, those that ended last, and no earlier
    scores and classes.
    """
    everything = {scope: Window(None, params.before, limit=params.sessions) for scope in scopes}
    sessions = _newest(Session.objects.all(), "time_started", everything, user)
    # Scores and classes are listed from the start of the oldest session on: older ones belong to the next page.
    now = time.time_ns() / 1_000_000
    since = {scope: sessions[scope][-1].time_started if sessions[scope] else now for scope in scopes}
    windows = {scope: Window(since[scope], params.before) for scope in scopes}
    scores = _newest(Score.objects.filter(highlight=True).defer("best_keys"), "time_achieved", windows, user)
    timestamps = {scope: Window(_timestamp(window.start), _timestamp(window.end)) for scope, window in windows.items()}
    classes = _newest(ClassAchievement.objects.all(), "time_achieved", timestamps, user)
    cut = -math.inf  # only later rows are listed (Unix milliseconds): the end of the first session that is left out
    if limit is not None:
        ends = heapq.nlargest(limit + 1, (session.time_ended for group in sessions.values() for session in group))
        cut = ends[-1] if len(ends) > limit else cut
    rows = _Rows(
        {scope: [row for row in group if row.time_ended > cut] for scope, group in sessions.items()},
        {scope: [row for row in group if (row.time_achieved or 0) > cut] for scope, group in scores.items()},
        {scope: [row for row in group if to_ms(row.time_achieved) > cut] for scope, group in classes.items()},
        documents,
    )
    return {scope: rows.feed(scope) for scope in scopes}


class Window(NamedTuple):
    """A time range, with its start and without its end, and the maximum number of its rows."""

    start: Any
    end: Any
    limit: int = MAX_ROWS


def _newest(
    rows: QuerySet[Row], key: str, windows: Mapping[FeedScope, Window], user: User | None
) -> dict[FeedScope, list[Row]]:
    """Returns the newest rows of each window, newest first, in one query."""
    parts = []
    for scope, (start, end, limit) in windows.items():
        part = rows.filter(game=scope.game, playtype=scope.playtype, **({"user": user} if user else {}))
        part = part if start is None else part.filter(**{f"{key}__gte": start})
        part = part if end is None else part.filter(**{f"{key}__lt": end})
        # Each window has its own LIMIT, so that its index is read no further.
        parts.append(part.order_by(f"-{key}", "-pk")[:limit])
    found: dict[FeedScope, list[Row]] = {scope: [] for scope in windows}
    for row in parts[0].union(*parts[1:], all=True) if parts else ():
        found[FeedScope(row.game, row.playtype)].append(row)  # type: ignore[attr-defined]  # all three models have them
    # UNION ALL promises no order, not even that of its parts.
    return {
        scope: sorted(group, key=lambda row: (getattr(row, key), row.pk), reverse=True)
        for scope, group in found.items()
    }


def _newest_of_all(groups: Mapping[FeedScope, Sequence[Row]], key: str) -> dict[FeedScope, list[Row]]:
    """Returns the `MAX_ROWS` newest rows over all groups, each group in its previous order."""
    ordered = sorted(((getattr(row, key), row.pk) for group in groups.values() for row in group), reverse=True)
    newest = set(ordered[:MAX_ROWS])
    return {scope: [row for row in group if (getattr(row, key), row.pk) in newest] for scope, group in groups.items()}


def _timestamp(milliseconds: float | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(min(max(milliseconds, 0), MAX_TIMESTAMP_MS) / 1_000, UTC)


class _Rows:
    """The rows of all feeds with their related rows and documents."""

    def __init__(
        self,
        sessions: Mapping[FeedScope, Sequence[Session]],
        scores: Mapping[FeedScope, Sequence[Score]],
        classes: Mapping[FeedScope, Sequence[ClassAchievement]],
        documents: Generation,
    ) -> None:
        self.documents = documents
        self.scores: Mapping[FeedScope, Sequence[Score]] = _newest_of_all(scores, "time_achieved")
        self.classes = _newest_of_all(classes, "time_achieved")
        every = [session for group in sessions.values() for session in group]
        listed = dict(zip((session.pk for session in every), listed_sessions_of(every, documents), strict=True))
        self.sessions = {scope: [listed[session.pk] for session in group] for scope, group in sessions.items()}
        # Charts of all feeds at once: the number of queries does not depend on the number of games.
        self.charts = load_charts(score.chart_id for group in self.scores.values() for score in group)
        self.scores = self._fitting()
        every_score = [score for group in self.scores.values() for score in group]
        written = score_documents(every_score, self.charts, documents)
        self.score_documents = dict(zip((score.pk for score in every_score), written, strict=True))
        listed_rows: list[Session | Score | ClassAchievement] = []
        for groups in (sessions, self.scores, self.classes):
            for group in groups.values():
                listed_rows += group
        self.users = User.objects.in_bulk({row.user_id for row in listed_rows})

    def _fitting(self) -> Mapping[FeedScope, Sequence[Score]]:
        """Returns the newest scores whose documents together have at most `HIGHLIGHT_BYTES`."""
        left, seen = HIGHLIGHT_BYTES, set[int]()
        document = self.documents.of(schemas.Score)
        found: dict[FeedScope, list[Score]] = {scope: [] for scope in self.scores}
        every = [(scope, score) for scope, group in self.scores.items() for score in group]
        for scope, score in sorted(every, key=lambda item: (item[1].time_achieved or 0, item[1].pk), reverse=True):
            chart = self.charts[score.chart_id]
            left -= len(encode(document.from_row(score, chart)))
            left -= 0 if chart.pk in seen else len(encode(related_songs_and_charts([chart], self.documents)))
            if left < 0:
                break
            seen.add(chart.pk)
            found[scope].append(score)
        return found

    def feed(self, scope: FeedScope) -> Feed:
        sessions, scores, classes = self.sessions[scope], self.scores[scope], self.classes[scope]
        charts: dict[int, Chart] = {score.chart_id: self.charts[score.chart_id] for score in scores}
        owners = [session.user_id for session in sessions]
        owners += [score.user_id for score in scores] + [row.user_id for row in classes]
        achievement = self.documents.of(schemas_stats.Achievement)
        return self.documents.of(Feed)(
            recent_sessions=sessions,
            recently_highlighted_scores=[self.score_documents[score.pk] for score in scores],
            **related_songs_and_charts(charts.values(), self.documents),
            achieved_classes=[achievement.from_row(row) for row in classes],
            users=[schemas.User.from_row(self.users[key]) for key in dict.fromkeys(owners)],
            goals=[],
            goal_subs=[],
            quests=[],
            quest_subs=[],
        )
