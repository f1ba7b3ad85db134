"""Closing charts that players brought: their plays move to another chart, or become orphans again."""

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
    """The plays cannot move to the other chart; the text gives the reason."""


@dataclass(slots=True)
class ClosedCharts:
    """The result of closing a chart. `left`: one sentence per import that still has scores on it, with the reason."""

    read_again: int = 0
    left: list[str] = field(default_factory=list)


def close_chart(brought: PlayerChart, *, by: User, merged_into: Chart | None = None) -> ClosedCharts:
    """Removes a chart from the catalogue and refuses its hash; its imports are processed again, one by one.

    With `merged_into` the plays move to that chart, otherwise they become orphans. Imports that fail (another import of
    the player is in progress, the input is no longer stored) can be tried again by another call. Raises CannotMerge.
    """
    if merged_into is not None:
        if (merged_into.game, merged_into.playtype) != (brought.game, brought.playtype):
            raise CannotMerge(f"{merged_into.chart_id} is no chart of {brought.game} {brought.playtype}.")
        if merged_into.pk == brought.chart_id:
            raise CannotMerge("A chart cannot be merged into itself.")
    # One transaction: the hash no longer leads to the chart, and the decision is recorded.
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
        # Orphans added since the chart was closed can be matched now.
        waiting = OrphanScore.objects.filter(
            chart_hash=brought.chart_hash, game=brought.game, chart_playtype=brought.playtype
        )
        orphan_retries.plan_players(list(waiting.values_list("user", flat=True).distinct()))
    return closed


def _read_again(chart: int, closed: ClosedCharts, *, by: User) -> Iterator[str]:
    """Reverts and restores the imports with scores on a chart. Yields a sentence for each that fails."""
    keys = Score.objects.filter(chart=chart).order_by().values("from_import").distinct()
    for job in Import.objects.filter(pk__in=keys).select_related("user").order_by("pk")[:MAX_IMPORTS]:
        if not hasattr(job, "input"):  # its scores could not be restored
            yield f"{job.import_id}: what was sent is not stored any more."
            continue
        try:
            # Two transactions: if the second fails, the owner can restore the import.
            revert(job, RevertRequest(by=by, reason=REASON))
            restore(job, by=by, reason=REASON)
        except (PlayerLocked, NotRevertible, InvalidTransition):
            yield f"{job.import_id}: an import or a revert of its player is in progress."
        else:
            closed.read_again += 1


def _delete(brought: PlayerChart) -> None:
    """Deletes a chart and its song, unless the chart has scores or the song other charts."""
    chart = brought.chart
    if chart is None or Score.objects.filter(chart=chart).exists():
        return
    try:
        # One transaction: a song without charts could not be found.
        with transaction.atomic():
            chart.delete()
            if not chart.song.charts.exists():
                chart.song.delete()
    except ProtectedError:  # a score was added meanwhile
        return
    brought.chart = None


def reopen_chart(brought: PlayerChart) -> None:
    """Allows players to bring a chart again. Merged plays stay where they are."""
    # One transaction: the chart, if it still exists, can be found by its hash again.
    with transaction.atomic():
        chart = brought.chart
        if chart is not None:
            chart.match_keys = chart_keys({"data": chart.data})
            chart.save(update_fields=["match_keys"])
        brought.closed_at = brought.closed_by = brought.merged_into = None
        brought.save()
