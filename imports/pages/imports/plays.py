"""When the scores of an import were played: a dot for each play if it covers a few days, otherwise a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median_low

from django.db.models import Count, F, IntegerField, Max, Min, QuerySet
from django.db.models.functions import Cast, Floor
from django.urls import reverse

from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, ImportSession, Score
from imports.pages.components.calendar import Calendar, calendar_of, first_day
from imports.pages.components.lamp_colors import TABLE, light_of
from imports.pages.components.score_rows import Play, import_scope, metric_format, plays_of
from imports.pages.components.view_models import Dot, PlayDots, PlayedSession
from imports.pages.texts import import_texts
from imports.pages.texts.numbers import format_metric

DAY = 86_400_000  # ms
MAX_DOT_DAYS = 14
MAX_DOTS = 600  # more would be unreadable and make the page large
PAUSE = 7_200_000  # ms: a longer time without a play is a gap in the picture
GAP_PERCENT, MAX_GAPS_PERCENT = 6.0, 40.0  # of the picture's width: one gap, and all gaps at most
MARGIN_PERCENT = 3.0  # of its width, free at both sides
TOP_PERCENT, BOTTOM_PERCENT = 6.0, 94.0  # of its height: position of the highest and the lowest value


@dataclass(frozen=True, slots=True)
class PlayDays:
    """A calendar of the last year of an import; `note` tells of earlier plays."""

    calendar: Calendar
    note: str


def plays_over_time(job: Import) -> PlayDots | PlayDays | None:
    """Returns the picture; None for fewer than two plays with a time. Four queries at most."""
    if job.game not in BY_SLUG or not job.playtypes:
        return None
    timed = Score.objects.filter(from_import=job, time_achieved__isnull=False)
    span = timed.aggregate(start=Min("time_achieved"), end=Max("time_achieved"), count=Count("pk"))
    if span["count"] < 2 or span["start"] == span["end"]:
        return None
    if span["end"] - span["start"] > MAX_DOT_DAYS * DAY or span["count"] > MAX_DOTS:
        return _days(timed, _day_of(span["end"] // DAY), span["count"])
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]]
    return _dots(job, playtype, plays_of(import_scope(job), job.game, playtype, limit=MAX_DOTS).plays)


# --- a calendar ---------------------------------------------------------------------------------------


def _days(timed: QuerySet[Score], last: date, count: int) -> PlayDays:
    start = first_day(last)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp() * 1000
    number = Cast(Floor(F("time_achieved") / DAY), IntegerField())
    by_day = timed.filter(time_achieved__gte=midnight).values_list(number).annotate(count=Count("pk")).order_by()
    counts = {_day_of(day): scores for day, scores in by_day}
    earlier = count - sum(counts.values())
    return PlayDays(calendar_of(counts, last=last), import_texts.earlier_plays(earlier) if earlier else "")


def _day_of(number: float) -> date:
    """Returns the day (UTC) this many days after 1 January 1970."""
    return date(1970, 1, 1) + timedelta(days=number)


# --- dots ---------------------------------------------------------------------------------------------


def _dots(job: Import, playtype: Playtype, plays: Sequence[Play]) -> PlayDots | None:
    """Returns the picture of the plays. Two queries besides those of the plays."""
    valued = [(play, play.value) for play in plays if play.value is not None]
    if not valued:
        return None
    high, low = (bound(value for _, value in valued) for bound in (max, min))
    shown = metric_format(playtype, playtype.default_metric)
    places = _places([play.time for play, _ in valued])
    top, span = (high, high - low) if high != low else (high + 1, 2)  # equal values are in the middle
    # A whole number if both are, as no score has a half.
    middle = (high + low) // 2 if float(high).is_integer() and float(low).is_integer() else (high + low) / 2
    step = (BOTTOM_PERCENT - TOP_PERCENT) / span
    dots = tuple(
        Dot(f"{x:.2f}%", f"{TOP_PERCENT + (top - value) * step:.2f}%", play.lamp.color if play.is_new_best else "")
        for (play, value), x in zip(valued, places, strict=True)
    )
    times = [play.time for play in plays]
    return PlayDots(
        # New bests are drawn last, above the others.
        dots=tuple(sorted(dots, key=lambda dot: bool(dot.light))),
        values=(format_metric(high, shown), format_metric(middle, shown), format_metric(low, shown)),
        times=(times[0], times[len(times) // 2], times[-1]),
        is_one_night=times[-1] - times[0] < DAY // 2,
        sessions=tuple(_sessions(job, plays, playtype)),
        label=import_texts.dots_label(len(plays), sum(play.is_new_best for play in plays)),
    )


def _places(times: Sequence[int]) -> list[float]:
    """Returns the horizontal positions of plays in percent: pauses between them are gaps of equal width."""
    is_pause = [later - earlier > PAUSE for earlier, later in pairwise(times)]
    width, pauses = 100 - 2 * MARGIN_PERCENT, sum(is_pause)
    steps = len(is_pause) - pauses
    gap = min(GAP_PERCENT, MAX_GAPS_PERCENT / pauses) if pauses and steps else width / max(1, pauses)
    step = (width - gap * pauses) / max(1, steps)
    places = [MARGIN_PERCENT]
    for follows_pause in is_pause:
        places.append(places[-1] + (gap if follows_pause else step))
    return places


def _sessions(job: Import, plays: Sequence[Play], playtype: Playtype) -> list[PlayedSession]:
    """Returns the sessions of the plays, oldest first. One query."""
    shown = metric_format(playtype, playtype.default_metric)
    order = list(TABLE[job.game]["grade"])
    found = []
    for part in ImportSession.objects.filter(job=job).select_related("session").order_by("session__time_started"):
        session = part.session
        mine = [play for play in plays if session.time_started <= play.time <= session.time_ended]
        values = [play.value for play in mine if play.value is not None]
        if not values:
            continue
        grade = max((play.grade for play in mine), key=lambda value: order.index(value) if value in order else -1)
        found.append(
            PlayedSession(
                name=session.name,
                url=reverse("session-detail", args=[session.session_id]),
                scores=len(mine),
                new_bests=sum(play.is_new_best for play in mine),
                median=format_metric(median_low(values), shown),
                best_grade=light_of(job.game, "grade", grade),
            )
        )
    return found
