"""The leaderboard of a chart: all bests on it with their ranks, which are computed and not stored."""

from __future__ import annotations

from collections.abc import Sequence

from imports.api.catalogue.schemas import ChartBoard
from imports.api.common.generations import Generation
from imports.api.common.schemas import RankedBest
from imports.api.common.schemas import User as UserDocument
from imports.models import Chart, PersonalBest, User
from imports.pipeline.rankings.ranks import BY_RANK, Rank, best_ranks, ranks_below

MAX_LISTED = 100


def leaderboard_page(chart: Chart, documents: Generation, *, start: int) -> ChartBoard:
    """Returns up to `MAX_LISTED` bests from position `start` on, best first, read from the index `best_by_rank`."""
    bests = PersonalBest.objects.filter(chart=chart)
    rows = bests.prefetch_related("user").order_by(*BY_RANK)[start - 1 : start - 1 + MAX_LISTED]
    listed = list(rows)  # owners by a separate query: with a join the planner may choose to sort
    if not listed:
        return documents.of(ChartBoard)(pbs=[], users=[])
    first = best_ranks(listed[:1])[listed[0].pk]
    # The ranks of the other rows are derived from the first one, so that only one is counted.
    ranks = [Rank(rank, first.out_of) for rank in ranks_below(first, listed)]
    return documents.of(ChartBoard)(
        pbs=[documents.of(RankedBest).ranked(best, chart, rank) for best, rank in zip(listed, ranks, strict=True)],
        users=[UserDocument.from_row(best.user) for best in listed],
    )


def bests_of_users(users: Sequence[User], chart: Chart, documents: Generation) -> ChartBoard:
    """Returns the bests of these users on a chart, and all of the users, also those who have not played it."""
    bests = list(PersonalBest.objects.filter(chart=chart, user__in=users).defer("rank_keys"))
    ranks = best_ranks(bests)
    return documents.of(ChartBoard)(
        pbs=[documents.of(RankedBest).ranked(best, chart, ranks[best.pk]) for best in bests],
        users=[UserDocument.from_row(user) for user in users],
    )
