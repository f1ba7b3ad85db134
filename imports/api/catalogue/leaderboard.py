"""The leaderboard of a chart: everybody's bests on it, with their ranks, which are computed when they are read."""

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
    """Bests from this rank on, best first. Read from the index `best_by_rank`."""
    bests = PersonalBest.objects.filter(chart=chart)
    rows = bests.prefetch_related("user").order_by(*BY_RANK)[start - 1 : start - 1 + MAX_LISTED]
    listed = list(rows)  # their owners by a query of their own: a join may tempt the planner to sort
    if not listed:
        return documents.of(ChartBoard)(pbs=[], users=[])
    first = best_ranks(listed[:1])[listed[0].pk]
    # Ranks of the rows below follow from the first one's, so that only one is counted.
    ranks = [Rank(rank, first.out_of) for rank in ranks_below(first, listed)]
    return documents.of(ChartBoard)(
        pbs=[documents.of(RankedBest).ranked(best, chart, rank) for best, rank in zip(listed, ranks, strict=True)],
        users=[UserDocument.from_row(best.user) for best in listed],
    )


def bests_of_users(users: Sequence[User], chart: Chart, documents: Generation) -> ChartBoard:
    """The same for just these users, also those who have not played the chart."""
    bests = list(PersonalBest.objects.filter(chart=chart, user__in=users).defer("rank_keys"))
    ranks = best_ranks(bests)
    return documents.of(ChartBoard)(
        pbs=[documents.of(RankedBest).ranked(best, chart, ranks[best.pk]) for best in bests],
        users=[UserDocument.from_row(user) for user in users],
    )
