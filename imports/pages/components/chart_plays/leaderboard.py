"""A chart's leaderboard with cursor pagination: any page is read from the index alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from imports.games import BY_SLUG
from imports.games.spec import Game
from imports.models import Chart, PersonalBest, User
from imports.pages.components.lamp_colors import Light, light_of, shown_lamp
from imports.pages.components.score_rows import main_number
from imports.pages.core.pagination import list_url
from imports.pages.core.urls import score_url
from imports.pages.texts.numbers import format_rating
from imports.pipeline.rankings.ranks import (
    BY_RANK,
    BY_RANK_BACKWARDS,
    best_ranks,
    ranked_above,
    ranked_below,
    ranks_below,
)

PER_PAGE = 25
MAX_AROUND = 2  # number of bests above and below a best


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A player's best on the chart."""

    rank: int
    player: str
    url: str
    score: str
    grade: Light
    lamp: Light
    rating: str
    time: int | None  # ms
    is_own: bool


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A page of a leaderboard. `newer_url`: better bests, `older_url`: lower bests, or empty; `own`: the reader's."""

    rows: tuple[LeaderboardRow, ...]
    out_of: int
    newer_url: str = ""
    older_url: str = ""
    own: LeaderboardRow | None = None


def leaderboard(chart: Chart, query: QueryDict, *, reader: User | None) -> Leaderboard:
    """Returns the page after the cursor `below` or `above` (a score ID) in the query. At most six queries."""
    found = PersonalBest.objects.filter(chart=chart).select_related("user")
    listed, better, lesser = _page(found, query)
    own = found.filter(user=reader).first() if reader else None
    # Counting a rank is expensive, so that it is done for the first best only, and the others follow from it.
    ranks = best_ranks([*listed[:1], *([own] if own else [])])
    if not listed:
        return Leaderboard((), 0)
    game, first = BY_SLUG[chart.game], ranks[listed[0].pk]
    rows = [_row(best, game, rank, reader) for best, rank in zip(listed, ranks_below(first, listed), strict=True)]
    return Leaderboard(
        rows=tuple(rows),
        out_of=first.out_of,
        newer_url=_edge(query, above=listed[0].score_id) if better else "",
        older_url=_edge(query, below=listed[-1].score_id) if lesser else "",
        own=_row(own, game, ranks[own.pk].rank, reader) if own else None,
    )


def rows_around(best: PersonalBest, *, reader: User | None) -> list[LeaderboardRow]:
    """Returns a best with up to two bests above and below it on its leaderboard. Three queries."""
    found = PersonalBest.objects.filter(chart=best.chart_id).select_related("user")
    above = list(found.filter(ranked_above(best)).order_by(*BY_RANK_BACKWARDS)[:MAX_AROUND])[::-1]
    below = list(found.filter(ranked_below(best)).order_by(*BY_RANK)[:MAX_AROUND])
    listed = [*above, best, *below]
    ranks = ranks_below(best_ranks(listed[:1])[listed[0].pk], listed)
    game = BY_SLUG[best.game]
    return [_row(each, game, rank, reader) for each, rank in zip(listed, ranks, strict=True)]


def _page(found: QuerySet[PersonalBest], query: QueryDict) -> tuple[Sequence[PersonalBest], bool, bool]:
    """Returns bests, best first, and whether there are better and lower ones. A missing cursor means the first page."""
    above = _best_at(found, query.get("above", ""))
    if above is not None:
        up = list(found.filter(ranked_above(above)).order_by(*BY_RANK_BACKWARDS)[: PER_PAGE + 1])
        # Nothing is above the cursor if its best has become the first meanwhile: then the first page is returned.
        if up:
            return up[:PER_PAGE][::-1], len(up) > PER_PAGE, True
    below = _best_at(found, query.get("below", ""))
    rest = found if below is None else found.filter(ranked_below(below))
    down = list(rest.order_by(*BY_RANK)[: PER_PAGE + 1])
    return down[:PER_PAGE], below is not None, len(down) > PER_PAGE


def _best_at(found: QuerySet[PersonalBest], score_id: str) -> PersonalBest | None:
    # PostgreSQL refuses texts with NUL, which would be a server error instead of the first page.
    return found.filter(score_id=score_id).first() if score_id and "\0" not in score_id else None


def _edge(query: QueryDict, **edge: str) -> str:
    return f"{list_url(query, **{'above': None, 'below': None, **edge})}#board"


def _row(best: PersonalBest, game: Game, rank: int, reader: User | None) -> LeaderboardRow:
    playtype = game.by_name[best.playtype]
    rating = playtype.default_score_rating
    return LeaderboardRow(
        rank=rank,
        player=best.user.username,
        url=score_url(best.score_id),
        score=main_number(best.score_data, playtype),
        grade=light_of(game.slug, "grade", best.score_data["grade"]),
        lamp=shown_lamp(game.slug, best.score_data),
        rating=format_rating(best.calculated_data.get(rating), playtype.score_ratings[rating].shown, kind="score"),
        time=None if best.time_achieved is None else int(best.time_achieved),
        is_own=best.user == reader,
    )
