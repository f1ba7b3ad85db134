"""The highlights of a session: its biggest gain, a first lamp, its best score, and a near miss of a best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from imports.catalogue.chart_names import ChartName
from imports.games.spec import Playtype
from imports.models import PersonalBest, Score, Session
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder
from imports.pages.components.score_rows import (
    Play,
    Plays,
    ScoreComparison,
    ScoreScope,
    rating_expression,
    score_row,
)
from imports.pages.components.view_models import DiffRow, SongName
from imports.pages.texts import formatting, score_texts
from imports.pipeline.rankings.session_results import find_levels_reached

MAX_GAP_SHARE = 0.005  # largest distance of a near miss from the best, as a part of the best


@dataclass(frozen=True, slots=True)
class Moment:
    """`number` is the value, `rest` its explanation; `grade` is shown below the score of a first lamp."""

    icon: str
    label: str
    song: SongName
    chart: ChartName
    url: str
    number: str
    rest: str = ""
    grade: Light | None = None


@dataclass(frozen=True, slots=True)
class MomentPlays:
    """The plays of the highlights; None if there is none of a kind. `tries`: on the chart of the near miss."""

    first_lamp: Play | None
    best: Play | None
    near_miss: Play | None
    tries: int

    @property
    def keys(self) -> set[int]:
        return {play.key for play in (self.first_lamp, self.best, self.near_miss) if play}


def find_moments(session: Session, played: Plays) -> MomentPlays:
    """Finds the plays of the highlights. Three queries."""
    near_miss = _near_miss(played)
    rated = [play for play in played.plays if play.rating]
    return MomentPlays(
        first_lamp=_first_lamp(session, played.plays),
        best=max(rated, key=lambda play: (play.rating or 0, -play.key), default=None),
        near_miss=near_miss,
        tries=sum(near_miss is not None and play.chart == near_miss.chart for play in played.plays),
    )


def best_moments(
    found: MomentPlays,
    gains: Sequence[DiffRow],
    scores: Mapping[int, ScoreComparison],
    scope: ScoreScope,
    playtype: Playtype,
) -> list[Moment]:
    """Returns at most one of each kind. `gains`: those of the session, largest first; `scores`: by key. One query."""
    moments = []
    rating = formatting.rating_name(playtype.default_score_rating, playtype)
    if gains and gains[0].change:
        gain, of_profile = gains[0], formatting.rating_name(playtype.default_profile_rating, playtype)
        moments.append(
            Moment("chart-line", score_texts.BIGGEST_GAIN, gain.song, gain.chart, gain.url, gain.change, of_profile)
        )
    if found.first_lamp:
        row = score_row(scores[found.first_lamp.key])
        label = score_texts.first_lamp(found.first_lamp.lamp.value, found.first_lamp.level)
        moments.append(Moment("trophy", label, row.song, row.chart, row.url, row.score, grade=row.grade))
    if found.best:
        each = scores[found.best.key]
        row, label = score_row(each), score_texts.best_of_session(rating)
        place = _place_now(each.score, scope, playtype, found.best.rating or 0)
        moments.append(Moment("star", label, row.song, row.chart, row.url, row.rating, place))
    if found.near_miss:
        row = score_row(scores[found.near_miss.key])
        gap, tries = score_texts.minus(row.gap), score_texts.missed(found.tries)
        moments.append(Moment("flag", score_texts.SO_CLOSE, row.song, row.chart, row.url, gap, tries))
    return moments


def _first_lamp(session: Session, plays: Sequence[Play]) -> Play | None:
    """Returns the play with the highest lamp that is the player's first on that level. Three queries."""
    ladder = row_ladder(session.game)
    tops: dict[str, Play] = {}  # level -> the play with its highest lamp; of several, the best score
    for play in sorted(plays, key=lambda play: (play.lamp.lit, play.value or 0, -play.key)):
        if play.lamp.lit:
            tops[play.level] = play
    lights = [light_of(session.game, ladder, value) for value in TABLE[session.game][ladder]]
    as_high = {level: [light.value for light in lights if light.lit >= play.lamp.lit] for level, play in tops.items()}
    reached = find_levels_reached(session, ladder, as_high)
    new = [play for level, play in tops.items() if level not in reached]
    return max(new, key=lambda play: (play.lamp.lit, play.level_number), default=None)


def _place_now(score: Score, scope: ScoreScope, playtype: Playtype, value: float) -> str:
    """Returns the place of a score among the player's bests; empty if it is no best. One query."""
    bests = PersonalBest.objects.filter(user=scope.player, game=score.game, playtype=score.playtype)
    counts = bests.annotate(value=rating_expression(playtype)).aggregate(
        own=Count("pk", filter=Q(chart=score.chart_id, score_id=score.score_id)),
        higher=Count("pk", filter=Q(value__gt=value)),
    )
    return score_texts.place_now(counts["higher"] + 1) if counts["own"] else ""


def _near_miss(played: Plays) -> Play | None:
    """Returns the play that missed a best by the least; None if each missed by more than `MAX_GAP_SHARE`."""
    gaps = {
        chart: known.before - known.best
        for chart, known in played.baselines.items()
        if known.before is not None and known.best is not None and known.before > known.best
    }
    if not gaps:
        return None
    chart = min(gaps, key=lambda chart: (gaps[chart], chart))
    known = played.baselines[chart]
    if gaps[chart] > (known.before or 0) * MAX_GAP_SHARE:
        return None
    return min((play for play in played.plays if play.chart == chart and play.value == known.best), key=lambda p: p.key)
