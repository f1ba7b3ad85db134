"""Who stands around a player on a leaderboard."""

from __future__ import annotations

from imports.models import PersonalBest
from imports.pipeline.rankings.ranks import BY_RANK


def neighbouring_bests(best: PersonalBest, *, place: int, count: int) -> tuple[list[PersonalBest], list[PersonalBest]]:
    """Up to `count` bests ahead of one on its chart, nearest first, and behind it, best first.

    `place`: its own on the leaderboard, from 1, where complete ties have places of their own.
    """
    start = max(0, place - 1 - count)
    board = PersonalBest.objects.filter(chart_id=best.chart_id).defer("rank_keys").order_by(*BY_RANK)
    near = list(board[start : place + count])
    here = next(index for index, other in enumerate(near) if other.pk == best.pk)
    return near[:here][::-1], near[here + 1 :]
