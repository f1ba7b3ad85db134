"""Charts that players brought and moderators close: their plays go to another chart, or wait as orphans again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from imports.formats.match_keys import chart_keys
from imports.jobs.submission import InvalidTransition, restore
from imports.models import Chart, Import, OrphanScore, PlayerChart, Score, User
from imports.pipeline import orphan_retries
from imports.pipeline.states import PlayerLocked
from imports.pipeline.undo.revert import NotRevertible, RevertRequest, revert

MAX_IMPORTS = 200  # processed per call; the next call continues
REASON = "The chart that players had brought was closed."


class CannotMerge(ValueError):
    """The plays cannot move to the other chart; the text says why."""


@dataclass(slots=True)
class ClosedCharts:
    """The result of closing a chart. `left`: why imports still have scores on it, one sentence for each."""

    read_again: int = 0
    left: list[str] = field(default_factory=list)


def close_chart(brought: PlayerChart, *, by: User, merged_into: Chart | None = None) -> ClosedCharts:
    """Takes a chart out of the catalogue and keeps its hash out; its imports are read again, one by one.

    With `merged_into` the plays are on that chart from now on, without they wait as orphans. What could not be done
    (a player's import is in progress, an input is not stored any more) can be tried again. Raises CannotMerge.
    """
    if merged_into is not None:
        if (merged_into.game, merged_into.playtype) != (brought.game, brought.playtype):
            raise CannotMerge(f"{merged_into.chart_id} is no chart of {brought.game} {brought.playtype}.")
        if merged_into.pk == brought.chart_id:
            raise CannotMerge("A chart cannot be merged into itself.")
    # One transaction: the hash no longer leads to the chart, and it is recorded who decided that.
    with transaction.atomic():
        # The chart stays until the imports with scores on it have been read again.
        if brought.chart_id is not None:
            Chart.objects.filter(pk=brought.chart_id).update(match_keys=[])
        brought.closed_at, brought.closed_by, brought.merged_into = timezone.now(), by, merged_into
        brought.save()
    closed = ClosedCharts()
    if brought.chart_id is not None:
        closed.left.extend(_read_again(brought.chart_id, closed, by=by))
        _delete(brought)
    if merged_into is not None:
        # Plays that came since the chart was closed know where to go now.
        waiting = OrphanScore.objects.filter(
            chart_hash=brought.chart_hash, game=brought.game, chart_playtype=brought.playtype
        )
        orphan_retries.plan_players(list(waiting.values_list("user", flat=True).distinct()))
    return closed


def _read_again(chart: int, closed: ClosedCharts, *, by: User) -> Iterator[str]:
    """Reverts and restores the imports that have scores on a chart. Yields why one could not be."""
    keys = Score.objects.filter(chart=chart).order_by().values("from_import").distinct()
    for job in Import.objects.filter(pk__in=keys).select_related("user").order_by("pk")[:MAX_IMPORTS]:
        if not hasattr(job, "input"):  # nothing could bring its scores back
            yield f"{job.import_id}: what was sent is not stored any more."
            continue
        try:
            # Two transactions: should the second not come about, the import can be restored by its owner.
            revert(job, RevertRequest(by=by, reason=REASON))
            restore(job, by=by, reason=REASON)
        except (PlayerLocked, NotRevertible, InvalidTransition):
            yield f"{job.import_id}: an import or a revert of its player is in progress."
        else:
            closed.read_again += 1


def _delete(brought: PlayerChart) -> None:
    """Deletes a chart with its song, unless scores are (still) on it."""
    chart = brought.chart
    if chart is None or Score.objects.filter(chart=chart).exists():
        return
    try:
        # One transaction: a song without its chart would be found by nobody.
        with transaction.atomic():
            chart.delete()
            if not chart.song.charts.exists():
                chart.song.delete()
    except ProtectedError:  # a play came in just now
        return
    brought.chart = None


def reopen_chart(brought: PlayerChart) -> None:
    """Lets players bring a chart again. What was merged stays where it is."""
    # One transaction: the chart, where it is still there, is found by its hash from now on.
    with transaction.atomic():
        chart = brought.chart
        if chart is not None:
            chart.match_keys = chart_keys({"data": chart.data})
            chart.save(update_fields=["match_keys"])
        brought.closed_at = brought.closed_by = brought.merged_into = None
        brought.save()
