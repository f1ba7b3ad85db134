"""The pictures of a session: the rating before and after it, its plays in their order, lamps and grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imports.games.spec import Playtype
from imports.models import Session
from imports.pages.components.charts_and_distributions import distribution, distributions
from imports.pages.components.import_summary import main_rating_change
from imports.pages.components.lamp_colors import TABLE, Light, row_ladder
from imports.pages.components.lamp_strip import PlayStrip, play_strip
from imports.pages.components.score_rows import Play, Plays, ScoreScope, plays_of
from imports.pages.components.sessions.lines import MAX_DRAWN
from imports.pages.components.view_models import DistributionRow, RatingChange
from imports.pipeline.rankings.session_results import ratings_around


@dataclass(frozen=True, slots=True)
class LampCount:
    """A line of the table next to the strip."""

    light: Light
    plays: int
    new_bests: int


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """`low` and `high` are the lamps at both ends of the ladder.

    `strip` and `new_bests` (keys of scores) are omitted for a session of more than `MAX_DRAWN` plays.
    `verdict` is None if other sessions may have changed the ratings of the same days.
    """

    verdict: RatingChange | None
    strip: PlayStrip | None
    lamps: Sequence[LampCount]
    grades: Sequence[DistributionRow]
    new_bests: Sequence[int]
    low: str
    high: str


def session_overview(session: Session, scope: ScoreScope, playtype: Playtype, plays: Sequence[Play]) -> SessionOverview:
    """Returns the overview. One query, two for a session of too many plays."""
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


def session_plays(session: Session, scope: ScoreScope, playtype: Playtype) -> Plays:
    """Returns the plays of a session; none if it has more than `MAX_DRAWN`. Two queries."""
    is_drawn = session.score_count <= MAX_DRAWN
    return plays_of(scope, session.game, playtype, limit=MAX_DRAWN) if is_drawn else Plays([], {})


def strip_of(plays: Sequence[Play], **limits: int) -> PlayStrip | None:
    """`limits` as of `play_strip`."""
    lamps, marks = [play.lamp for play in plays], [play.is_new_best for play in plays]
    return play_strip(lamps, marks, [play.time for play in plays], **limits)


def rating_change_of(session: Session, playtype: Playtype) -> RatingChange | None:
    """Returns the main rating before and after, if the session's days (UTC) have no other scores. One query."""
    rating = playtype.default_profile_rating
    before, after = ratings_around([session.pk]).get(session.pk, ({}, {}))
    now = after.get(rating)
    return None if now is None else main_rating_change(playtype, before.get(rating), now)
