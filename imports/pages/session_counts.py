"""What a session came to, in numbers."""

from __future__ import annotations

from django.db.models import Count, F, Max, Q

from imports.models import Score, Session
from imports.pages import words
from imports.pages.numbers import format_rating
from imports.pages.parts import Count as Cell
from imports.pages.result import playtype_named
from imports.pages.score_rows import DEFAULT_METRIC, Stretch


def session_counts(session: Session, stretch: Stretch) -> tuple[Cell, ...]:
    """One query."""
    raised, first = _bests(stretch)
    return (
        Cell(words.SCORES, session.score_count),
        Cell(words.BETTER_BESTS, raised),
        Cell(words.FIRST_PLAYS, first),
        *_rating(session),
    )


def _bests(stretch: Stretch) -> tuple[int, int]:
    """Charts that were played better than ever before, and charts that were played for the first time."""
    charts = (
        Score.objects.filter(user_id=stretch.player, chart__in=stretch.scores().values("chart"))
        .values("chart_id")
        .annotate(
            before=Max(DEFAULT_METRIC, filter=stretch.earlier),
            top=Max(DEFAULT_METRIC, filter=stretch.here),
        )
        .order_by()
    )
    counted = charts.aggregate(
        raised=Count("chart_id", filter=Q(top__gt=F("before"))), first=Count("chart_id", filter=Q(before=None))
    )
    return counted["raised"], counted["first"]


def _rating(session: Session) -> tuple[Cell, ...]:
    playtype = playtype_named(session.game, session.playtype)
    if playtype is None:
        return ()
    name = playtype.default_session_rating
    value = session.calculated_data.get(name)
    text = format_rating(value, playtype.session_ratings[name].shown, kind="session")
    return (Cell(words.session_rating(name), words.UNKNOWN if value is None else text),)
