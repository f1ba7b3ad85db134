"""What a session came to, as pictures: the rating before and after it, its plays in their order, lamps and grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Sum

from imports.games.spec import Playtype
from imports.models import DailyRatings, Score, Session
from imports.pages.components.charts_and_distributions import distributions
from imports.pages.components.import_summary import main_rating_change
from imports.pages.components.lamp_colors import TABLE, Light, row_ladder
from imports.pages.components.lamp_strip import PlayStrip, play_strip
from imports.pages.components.score_rows import Play, ScoreScope, plays_of
from imports.pages.components.view_models import DistributionRow, RatingChange

MAX_DRAWN = 2_000  # plays; a session of more is no evening, and is told in numbers alone


@dataclass(frozen=True, slots=True)
class LampCount:
    """A line of the table beside the strip."""

    light: Light
    plays: int
    new_bests: int


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """`low` and `high` name the lamps at both ends of the ladder.

    `strip` and `new_bests` (keys of scores) are left out of a session of more than `MAX_DRAWN` plays.
    `verdict` is None where the ratings of the days cannot be told apart from those of other sessions.
    """

    verdict: RatingChange | None
    strip: PlayStrip | None
    lamps: Sequence[LampCount]
    grades: Sequence[DistributionRow]
    new_bests: Sequence[int]
    low: str
    high: str


def session_overview(session: Session, scope: ScoreScope, playtype: Playtype) -> SessionOverview:
    """Seven queries at most, of a bounded number of scores."""
    lamps, grades = distributions(scope.scores(), session.game)
    plays = plays_of(scope, session.game, most=MAX_DRAWN) if session.score_count <= MAX_DRAWN else []
    values = list(TABLE[session.game][row_ladder(session.game)])
    raised = Counter(play.lamp.value for play in plays if play.is_new_best)
    return SessionOverview(
        verdict=rating_change_of(session, playtype),
        strip=strip_of(plays),
        lamps=[LampCount(row.light, row.count, raised[row.light.value]) for row in lamps],
        grades=grades,
        new_bests=[play.key for play in plays if play.is_new_best],
        low=values[0],
        high=values[-1],
    )


def strip_of(plays: Sequence[Play], **limits: int) -> PlayStrip | None:
    """`limits` as of `play_strip`."""
    lamps, marks = [play.lamp for play in plays], [play.is_new_best for play in plays]
    return play_strip(lamps, marks, [play.time for play in plays], **limits)


def rating_change_of(session: Session, playtype: Playtype) -> RatingChange | None:
    """The main rating before and after, where the days (UTC) of the session hold no other scores. Three queries."""
    first, last = (
        datetime.fromtimestamp(moment / 1000, UTC).date() for moment in (session.time_started, session.time_ended)
    )
    mine = {"user": session.user_id, "game": session.game, "playtype": session.playtype}
    days = DailyRatings.objects.filter(**mine)
    counted = days.filter(day__range=(first, last)).aggregate(scores=Sum("score_count"))["scores"]
    # Ratings are kept by day: beside another session nobody could say which of the two moved them.
    midnights = (_midnight(first), _midnight(last + timedelta(days=1)))
    others = Score.objects.filter(**mine, time_achieved=None, time_added__range=midnights)
    if counted != session.score_count or others.exists():
        return None
    ratings = [
        found.get(playtype.default_profile_rating)
        for found in (
            days.filter(day__lt=first).order_by("-day").values_list("ratings", flat=True).first() or {},
            days.filter(day__lte=last).order_by("-day").values_list("ratings", flat=True).first() or {},
        )
    ]
    return None if ratings[1] is None else main_rating_change(playtype, ratings[0], ratings[1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
