"""Who stands around a player on a leaderboard."""

from __future__ import annotations

from imports.models import PersonalBest
from imports.pipeline.ranking import BY_RANK


def bests_around(best: PersonalBest, *, rank: int, reach: int) -> tuple[list[PersonalBest], list[PersonalBest]]:
    """Up to `reach` bests ahead of one on its chart, nearest first, and behind it, best first, from the leaderboard."""
    start = max(0, rank - 1 - reach)
    board = PersonalBest.objects.filter(chart_id=best.chart_id).defer("rank_keys").order_by(*BY_RANK)
    near = list(board[start : rank + reach])
    place = next(place for place, other in enumerate(near) if other.pk == best.pk)
    return near[:place][::-1], near[place + 1 :]
