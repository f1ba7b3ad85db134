"""What a session came to, as pictures: the rating before and after it, its plays in their order, lamps and grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imports.games.spec import Playtype
from imports.models import Session
from imports.pages.components.charts_and_distributions import distributions
from imports.pages.components.import_summary import main_rating_change
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder
from imports.pages.components.lamp_strip import PlayStrip, play_strip
from imports.pages.components.score_rows import ScoreScope
from imports.pages.components.sessions.lines import MAX_DRAWN
from imports.pages.components.view_models import DistributionRow, RatingChange
from imports.pipeline.rankings.session_results import ratings_around


@dataclass(frozen=True, slots=True)
class Play:
    """One play of a session, in short. `is_new_best`: better than all before the session, and the best of it."""

    key: int
    chart: int
    lamp: Light
    time: int  # ms
    is_new_best: bool


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
    """Five queries at most, of a bounded number of scores."""
    lamps, grades = distributions(scope.scores(), session.game)
    plays = session_plays(session, scope) if session.score_count <= MAX_DRAWN else []
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


def session_plays(session: Session, scope: ScoreScope) -> list[Play]:
    """The plays in their order. Two queries."""
    ladder = f"score_data__{row_ladder(session.game)}"
    columns = ("pk", "chart_id", ladder, "best_keys__0", "time_achieved")
    rows = list(scope.scores().order_by("time_achieved", "pk").values_list(*columns)[:MAX_DRAWN])
    baselines = scope.chart_baselines(list({chart for _, chart, *_ in rows}))
    tops = {row["chart_id"]: row["top"] for row in baselines if _is_raised(row)}
    plays = []
    for key, chart, lamp, value, time in rows:
        # Of several equal ones the first was the new best.
        is_new_best = value is not None and tops.get(chart) == value
        if is_new_best:
            del tops[chart]
        plays.append(Play(key, chart, light_of(session.game, row_ladder(session.game), lamp), int(time), is_new_best))
    return plays


def strip_of(plays: Sequence[Play], **limits: int) -> PlayStrip | None:
    """`limits` as of `play_strip`."""
    lamps, marks = [play.lamp for play in plays], [play.is_new_best for play in plays]
    return play_strip(lamps, marks, [play.time for play in plays], **limits)


def rating_change_of(session: Session, playtype: Playtype) -> RatingChange | None:
    """The main rating before and after, where the days (UTC) of the session hold no other scores. One query."""
    rating = playtype.default_profile_rating
    before, after = ratings_around([session.pk]).get(session.pk, ({}, {}))
    now = after.get(rating)
    return None if now is None else main_rating_change(playtype, before.get(rating), now)


def _is_raised(row: Mapping[str, float | None]) -> bool:
    before, top = row["before"], row["top"]
    return before is not None and top is not None and top > before
