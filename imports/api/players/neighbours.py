"""The neighbours of a best on the leaderboard of its chart."""

from __future__ import annotations

from imports.models import PersonalBest
from imports.pipeline.rankings.ranks import BY_RANK


def neighbouring_bests(best: PersonalBest, *, place: int, count: int) -> tuple[list[PersonalBest], list[PersonalBest]]:
    """Returns up to `count` bests ahead of a best on its chart, nearest first, and up to `count` behind it, best first.

    `place`: its position on the leaderboard, from 1; complete ties have different positions.
    """
    start = max(0, place - 1 - count)
    board = PersonalBest.objects.filter(chart_id=best.chart_id).defer("rank_keys").order_by(*BY_RANK)
    near = list(board[start : place + count])
    here = next(index for index, other in enumerate(near) if other.pk == best.pk)
    return near[:here][::-1], near[here + 1 :]
