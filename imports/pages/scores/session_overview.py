"""What a session came to, as pictures: the rating before and after it, its plays in their order, lamps and grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models.fields.json import KT

from imports.games.spec import Playtype
from imports.models import DailyRatings, Score, Session
from imports.pages.components.charts_and_distributions import distribution, distributions
from imports.pages.components.import_summary import main_rating_change
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder
from imports.pages.components.lamp_strip import PlayStrip, play_strip
from imports.pages.components.score_rows import ChartBaseline, ScoreScope, rating_expression
from imports.pages.components.view_models import DistributionRow, RatingChange

MAX_DRAWN = 2_000  # plays; a session of more is no evening, and is told in numbers alone
MAX_DAYS = 30  # that a session can span


@dataclass(frozen=True, slots=True)
class Play:
    """One play of a session, in short. `is_new_best`: better than all before the session, and the best of it.

    `value` is what bests are compared by; `level_number` orders the levels.
    """

    key: int
    chart: int
    lamp: Light
    grade: str
    level: str
    level_number: float
    value: float | None
    rating: float | None
    time: int  # ms
    is_new_best: bool


@dataclass(frozen=True, slots=True)
class SessionPlays:
    """The plays of a session in their order, and by chart what there was before. Nothing of more than MAX_DRAWN."""

    plays: Sequence[Play]
    baselines: Mapping[int, ChartBaseline]


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


def session_overview(session: Session, scope: ScoreScope, playtype: Playtype, plays: Sequence[Play]) -> SessionOverview:
    """Two queries, three of a session of too many plays."""
    ladder = row_ladder(session.game)
    if plays:
        lamps = distribution(session.game, ladder, Counter(play.lamp.value for play in plays))
        grades = distribution(session.game, "grade", Counter(play.grade for play in plays))
    else:
        lamps, grades = distributions(scope.scores(), session.game)
    values = list(TABLE[session.game][ladder])
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


def session_plays(session: Session, scope: ScoreScope, playtype: Playtype) -> SessionPlays:
    """Two queries, of a bounded number of scores."""
    if session.score_count > MAX_DRAWN:
        return SessionPlays([], {})
    ladder = row_ladder(session.game)
    columns = (
        "pk", "chart_id", KT(f"score_data__{ladder}"), KT("score_data__grade"), "chart__level", "chart__level_num",
        "best_keys__0", rating_expression(playtype), "time_achieved",
    )  # fmt: skip
    rows = list(scope.scores().order_by("time_achieved", "pk").values_list(*columns)[:MAX_DRAWN])
    baselines = scope.baselines({chart for _, chart, *_ in rows})
    tops = {chart: baseline.best for chart, baseline in baselines.items() if baseline.is_raised}
    plays = []
    for key, chart, lamp, grade, level, number, value, rating, time in rows:
        # Of several equal ones the first was the new best.
        is_new_best = value is not None and tops.get(chart) == value
        if is_new_best:
            del tops[chart]
        light = light_of(session.game, ladder, lamp)
        plays.append(Play(key, chart, light, grade, level, number, value, rating, int(time), is_new_best))
    return SessionPlays(plays, baselines)


def strip_of(plays: Sequence[Play], **limits: int) -> PlayStrip | None:
    """`limits` as of `play_strip`."""
    lamps, marks = [play.lamp for play in plays], [play.is_new_best for play in plays]
    return play_strip(lamps, marks, [play.time for play in plays], **limits)


def rating_change_of(session: Session, playtype: Playtype) -> RatingChange | None:
    """The main rating before and after, where the days (UTC) of the session hold no other scores. Two queries."""
    first, last = (
        datetime.fromtimestamp(moment / 1000, UTC).date() for moment in (session.time_started, session.time_ended)
    )
    mine = {"user": session.user_id, "game": session.game, "playtype": session.playtype}
    # Those of the session, and the one before them.
    days = DailyRatings.objects.filter(**mine, day__lte=last).order_by("-day")
    rows = list(days.values_list("day", "score_count", "ratings")[: MAX_DAYS + 1])
    # Ratings are kept by day: beside another session nobody could say which of the two moved them.
    if sum(count for day, count, _ in rows if day >= first) != session.score_count:
        return None
    midnights = (_midnight(first), _midnight(last + timedelta(days=1)))
    if Score.objects.filter(**mine, time_achieved=None, time_added__range=midnights).exists():
        return None
    rating = playtype.default_profile_rating
    after = rows[0][2].get(rating) if rows else None
    before = next((ratings.get(rating) for day, _, ratings in rows if day < first), None)
    return None if after is None else main_rating_change(playtype, before, after)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
