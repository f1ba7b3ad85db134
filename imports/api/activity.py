"""Activity feeds (spec: http-api-reads §8): what happened of late on a game and playtype, a fixed number of queries.

Goals and quests do not exist: their lists are empty. At most 500 highlighted scores and 500 classes are told.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from imports.api.documents import Document, achievement_document, companions, score_document, user_document
from imports.api.errors import Refused
from imports.api.loading import charts_of, sessions_of
from imports.models import Chart, ClassAchievement, Score, Session, User

SESSIONS = 30  # of a feed where nobody asks for more or less
FEWEST, MOST = 10, 100
ROWS = 500  # highlighted scores, and classes, of one feed
LAST_MOMENT = 253_402_300_799_999  # Unix milliseconds; a timestamp can be compared with none after the year 9999

Row = TypeVar("Row", bound=Model)


class GPT(NamedTuple):
    """A game and playtype."""

    game: str
    playtype: str

    def __str__(self) -> str:
        return f"{self.game}:{self.playtype}"


class Wish(NamedTuple):
    """How many sessions, begun before which moment (Unix milliseconds; None: now)."""

    sessions: int = SESSIONS
    before: float | None = None


def wish_of(request: Request) -> Wish:
    """`sessions` and `startTime` of a query; empty ones count as absent. Raises Refused with 400."""
    given = {name: request.query_params.getlist(name) for name in ("sessions", "startTime")}
    for name, values in given.items():
        if len(values) > 1:
            raise Refused(f"Invalid '{name}'.", status=400)
    return Wish(_session_count(given["sessions"]), start_time(request))


def _session_count(values: Sequence[str]) -> int:
    if not values or not values[0]:
        return SESSIONS
    count = _number(values[0])
    if count is None or not FEWEST <= count <= MOST or not count.is_integer():
        told = "NaN" if count is None else values[0]
        raise Refused(f"Invalid sessions, got {told}, which wasn't between {FEWEST} and {MOST}.", status=400)
    return int(count)


def start_time(request: Request) -> float | None:
    """`startTime` of a query, in Unix milliseconds. Raises Refused with 400."""
    values = request.query_params.getlist("startTime")
    if not values or not values[0]:
        return None
    found = _number(values[0]) if len(values) == 1 else None
    if found is None:
        raise Refused("Invalid startTime, got a non number.", status=400)
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# --- feeds ------------------------------------------------------------------------------------------


def feeds(scopes: Sequence[GPT], wish: Wish, *, user: User | None = None) -> dict[str, Document]:
    """`{"game:playtype": feed}`, of one player or of everybody."""
    everything = {scope: Window(None, wish.before, most=wish.sessions) for scope in scopes}
    sessions = _newest(Session.objects.all(), "time_started", everything, user)
    now = time.time_ns() / 1_000_000
    since = {scope: sessions[scope][-1].time_started if sessions[scope] else now for scope in scopes}
    windows = {scope: Window(since[scope], wish.before) for scope in scopes}
    scores = _newest(Score.objects.filter(highlight=True).defer("best_keys"), "time_achieved", windows, user)
    timestamps = {scope: Window(_timestamp(window.start), _timestamp(window.end)) for scope, window in windows.items()}
    classes = _newest(ClassAchievement.objects.all(), "time_achieved", timestamps, user)
    rows = _Rows(sessions, scores, classes)
    return {str(scope): rows.feed(scope) for scope in scopes}


class Window(NamedTuple):
    """A stretch of time, its start included and its end not, and how many rows of it are told."""

    start: Any
    end: Any
    most: int = ROWS


def _newest(rows: QuerySet[Row], key: str, windows: Mapping[GPT, Window], user: User | None) -> dict[GPT, list[Row]]:
    """The newest rows of each window, newest first, in one query."""
    parts = []
    for scope, (start, end, most) in windows.items():
        part = rows.filter(game=scope.game, playtype=scope.playtype, **({"user": user} if user else {}))
        part = part if start is None else part.filter(**{f"{key}__gte": start})
        part = part if end is None else part.filter(**{f"{key}__lt": end})
        parts.append(part.order_by(f"-{key}", "-pk")[:most])
    found: dict[GPT, list[Row]] = {scope: [] for scope in windows}
    for row in parts[0].union(*parts[1:], all=True) if parts else ():
        found[GPT(row.game, row.playtype)].append(row)  # type: ignore[attr-defined]  # all three models have them
    return {
        scope: sorted(group, key=lambda row: (getattr(row, key), row.pk), reverse=True)
        for scope, group in found.items()
    }


def _timestamp(milliseconds: float | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(min(max(milliseconds, 0), LAST_MOMENT) / 1_000, UTC)


class _Rows:
    """The rows of all feeds, and what belongs to them."""

    def __init__(
        self,
        sessions: Mapping[GPT, Sequence[Session]],
        scores: Mapping[GPT, Sequence[Score]],
        classes: Mapping[GPT, Sequence[ClassAchievement]],
    ) -> None:
        self.scores, self.classes = scores, classes
        every = [session for group in sessions.values() for session in group]
        told = dict(zip((session.pk for session in every), sessions_of(every), strict=True))
        self.sessions = {scope: [told[session.pk] for session in group] for scope, group in sessions.items()}
        self.charts = charts_of(score.chart_id for group in scores.values() for score in group)
        told_of: list[Session | Score | ClassAchievement] = []
        for groups in (sessions, scores, classes):
            for group in groups.values():
                told_of += group
        self.users = User.objects.in_bulk({row.user_id for row in told_of})

    def feed(self, scope: GPT) -> Document:
        sessions, scores, classes = self.sessions[scope], self.scores[scope], self.classes[scope]
        charts: dict[int, Chart] = {score.chart_id: self.charts[score.chart_id] for score in scores}
        owners = [document["userID"] for document in sessions]
        owners += [score.user_id for score in scores] + [row.user_id for row in classes]
        return {
            "recentSessions": sessions,
            "recentlyHighlightedScores": [score_document(score, charts[score.chart_id]) for score in scores],
            **companions(charts.values()),
            "achievedClasses": [achievement_document(row) for row in classes],
            "users": [user_document(self.users[key]) for key in dict.fromkeys(owners)],
            **{name: [] for name in ("goals", "goalSubs", "quests", "questSubs")},
        }
