"""The days on which a player imported files, for the picture of their rating."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from imports.models import GameStats, Import, State
from imports.pages.components.rating_history import MAX_POINTS, ImportDay, today


def import_days(stats: GameStats, visible: QuerySet[Import], *, span: int | None) -> list[ImportDay]:
    """Returns the latest days (UTC) of the last `span` with file imports that the reader may see, oldest first.

    At most MAX_POINTS. One query.
    """
    found = visible.filter(
        user=stats.user_id,
        game=stats.game,
        playtypes__contains=[stats.playtype],
        state__in=(State.COMPLETED, State.REVERTED),
        import_type__startswith="file/",
        score_count__gt=0,
    )
    if span is not None:
        found = found.filter(time_finished__gte=datetime.combine(today() - timedelta(days=span), time.min, UTC))
    by_day = (
        found.annotate(day=TruncDate("time_finished", tzinfo=UTC))
        .values_list("day")
        .annotate(
            completed=Count("pk", filter=Q(state=State.COMPLETED)), reverted=Count("pk", filter=Q(state=State.REVERTED))
        )
    )
    return [ImportDay(*row) for row in by_day.order_by("-day")[:MAX_POINTS]][::-1]
