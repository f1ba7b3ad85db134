"""The leaderboard of a chart: everybody's bests on it, with their ranks, which are computed when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imports.api.documents import Document, best_document, user_document
from imports.models import Chart, PersonalBest, User
from imports.pipeline.ranking import BY_RANK, Rank, best_ranks

LISTED = 100


def board(chart: Chart, *, start: int) -> Document:
    """`{pbs, users}`: bests from this rank on, best first. Read from the index `best_by_rank`."""
    bests = PersonalBest.objects.filter(chart=chart)
    out_of = bests.count()
    if start > out_of:
        return {"pbs": [], "users": []}
    rows = bests.defer("rank_keys").prefetch_related("user").order_by(*BY_RANK)[start - 1 : start - 1 + LISTED]
    listed = list(rows)  # their owners by a query of their own: a join may tempt the planner to sort
    return {
        "pbs": [best_document(best, chart, Rank(start + index, out_of)) for index, best in enumerate(listed)],
        "users": _documents(best.user for best in listed),
    }


def bests_of(users: Sequence[User], chart: Chart) -> Document:
    """The same for just these users, also those who have not played the chart."""
    bests = list(PersonalBest.objects.filter(chart=chart, user__in=users).defer("rank_keys"))
    ranks = best_ranks(bests)
    return {"pbs": [best_document(best, chart, ranks[best.pk]) for best in bests], "users": _documents(users)}


def _documents(users: Iterable[User]) -> list[Document]:
    return [user_document(user) for user in users]
