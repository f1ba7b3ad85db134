"""What a player's page of a game shows: the rating with its picture, then one of three tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest
from django.urls import reverse

from imports.games.spec import Game, Playtype
from imports.models import Chart, GameStats, PersonalBest, Session, User
from imports.pages.components.calendar import year_of_plays
from imports.pages.components.import_summary import profile_rating
from imports.pages.components.lamp_colors import lamps_below_full_combo, row_ladder
from imports.pages.components.rating_history import RANGES, rated_days, rating_plot, trends
from imports.pages.components.score_rows import get_page
from imports.pages.components.sessions.lines import session_lines
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.core.permissions import visible_imports
from imports.pages.players import overview
from imports.pages.players.counting_bests import counting_bests
from imports.pages.players.import_days import import_days
from imports.pages.players.lists import bests_page, unplayed_page
from imports.pages.texts import formatting, player_texts
from imports.pipeline.rankings.counting_bests import count_bests
from imports.pipeline.rankings.leaderboards import places_gained
from imports.pipeline.rankings.ranks import stats_rankings

MAX_LATEST_SESSIONS = 5
DEFAULT_RANGE = "90d"
# What `?show=` may say.
COUNTING = "counting"
NO_FULL_COMBO = "no-full-combo"
UNPLAYED = "unplayed"


@dataclass(frozen=True, slots=True)
class PlayerGame:
    """A player and a playtype of theirs."""

    owner: User
    stats: GameStats
    game: Game
    playtype: Playtype

    @property
    def bests(self) -> QuerySet[PersonalBest]:
        return PersonalBest.objects.filter(user=self.owner, game=self.game.slug, playtype=self.playtype.name)

    @property
    def charts(self) -> QuerySet[Chart]:
        """What there is to be played; a chart of an earlier version is not counted beside today's."""
        return Chart.objects.filter(game=self.game.slug, playtype=self.playtype.name, is_primary=True)

    @property
    def unplayed(self) -> QuerySet[Chart]:
        """The charts without a best, the hardest first."""
        played = PersonalBest.objects.filter(user=self.owner, chart=OuterRef("pk"))
        return self.charts.filter(~Exists(played)).order_by("-level_num", "pk")

    @property
    def sessions(self) -> QuerySet[Session]:
        """Newest first."""
        mine = Session.objects.filter(user=self.owner, game=self.game.slug, playtype=self.playtype.name)
        return mine.order_by("-time_started")


def frame(request: HttpRequest, page: PlayerGame, tab: str) -> dict[str, Any]:
    """What the page says above its tabs. Four queries."""
    best_count, session_count, latest = page.bests.count(), page.sessions.count(), page.sessions.first()
    titles = {
        "overview": (player_texts.OVERVIEW, None),
        "bests": (player_texts.BESTS, best_count),
        "sessions": (player_texts.SESSIONS, session_count),
    }
    span = request.GET.get("range")
    kept = f"&range={span}" if span in RANGES else ""
    return {
        "owner": page.owner,
        "is_own": page.owner == request.user,
        "game": page.game,
        "name": page.game.label(page.playtype.name),
        "playtype": page.playtype,
        "best_count": best_count,
        "chart_count": page.charts.count(),
        "session_count": session_count,
        "last_played": int(latest.time_ended) if latest else None,
        "tab": tab,
        "tabs": [
            Link(str(title), f"?tab={key}{kept}#parts", count, is_current=key == tab)
            for key, (title, count) in titles.items()
        ],
        "crumb": Link(page.owner.username, reverse("profile", args=[page.owner.username])),
        "section": "profile" if page.owner == request.user else "games",
    }


def rating_box(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """The rating, the way to the next class, and the rating over time. Six queries."""
    stats, playtype = page.stats, page.playtype
    rating = playtype.default_profile_rating
    value = stats.ratings.get(rating)
    span = request.GET.get("range", "")
    span = span if span in RANGES else DEFAULT_RANGE
    trend = trends([stats])[stats.pk]
    gained = places_gained(stats, rating, before=trend.before)
    days = rated_days(stats, span=RANGES[span])
    imported = import_days(stats, visible_imports(request), span=RANGES[span])
    return {
        "rating": formatting.UNKNOWN if value is None else profile_rating(value, playtype, rating),
        "rating_name": formatting.rating_name(rating),
        "score_rating_name": formatting.rating_name(playtype.default_score_rating),
        "trend": trend,
        "progress": overview.class_progress(value, playtype, trend) if value is not None else None,
        "rank": stats_rankings([stats])[stats.pk].get(rating) if value is not None else None,
        "rank_change": player_texts.places_gained(gained) if gained else "",
        "classes": overview.class_notes(stats, playtype),
        "plot": rating_plot(days, playtype, span=RANGES[span], imported=imported),
        "ranges": [
            Link(str(text), list_url(request.GET, range=key), is_current=key == span)
            for key, text in player_texts.RANGES.items()
        ],
    }


def overview_tab(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """Lamps, grades, the bests that count, days played and the latest sessions. Ten queries at most."""
    url = list_url(request.GET, tab="bests", **dict.fromkeys(("level", "lamp", "grade", "sort", "q", "page")))
    counting = counting_bests(page.stats, page.playtype)
    count = len(counting.rows) if counting else 0
    return {
        "heat": overview.lamps_by_level(page.stats, page.game, url=url),
        "grades": overview.grades(page.stats, page.game),
        "counting": counting,
        "counting_title": player_texts.counting_bests(count),
        "counting_label": player_texts.skyline_label(count, counting.least, counting.high) if counting else "",
        "calendar": year_of_plays(page.owner, game=page.game.slug, playtype=page.playtype.name),
        "lines": session_lines(list(page.sessions[:MAX_LATEST_SESSIONS])),
    }


def bests_tab(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """All bests, or some of them (`?show=`), or the charts that have none. Ten queries at most."""
    shown = request.GET.get("show", "")
    shown = shown if shown in (COUNTING, NO_FULL_COMBO, UNPLAYED) else ""
    counted = count_bests(page.stats.user_id, page.stats.game, page.playtype)
    below, full_combo = lamps_below_full_combo(page.game.slug)
    lamp = KT(f"score_data__{row_ladder(page.game.slug)}")
    without = page.bests.alias(shown_lamp=lamp).filter(shown_lamp__in=below)
    kept = {name: None for name in request.GET if name != "range"}
    views = (
        (player_texts.ALL_BESTS, page.bests.count(), ""),
        (player_texts.COUNTING, len(counted.places), COUNTING),
        (player_texts.no_full_combo(full_combo.short), without.count(), NO_FULL_COMBO),
        (player_texts.NOT_PLAYED, page.unplayed.count(), UNPLAYED),
    )
    chips = [
        Link(
            str(name),
            f"{list_url(request.GET, **{**kept, 'tab': 'bests', 'show': show or None})}#parts",
            count,
            is_current=show == shown,
        )
        for name, count, show in views
    ]
    context = {"views": chips, "is_unplayed": shown == UNPLAYED}
    if shown == UNPLAYED:
        return context | unplayed_page(request, page.unplayed, page.game)
    chosen = {COUNTING: page.bests.filter(pk__in=counted.places), NO_FULL_COMBO: without}.get(shown, page.bests)
    return context | bests_page(request, chosen, page.game, page.playtype, counted)


def sessions_tab(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """All sessions, and the days played. Three queries."""
    found = get_page(page.sessions, request)
    return {
        "page": found,
        "lines": session_lines(list(found.object_list)),
        "calendar": year_of_plays(page.owner, game=page.game.slug, playtype=page.playtype.name),
    }


TABS: dict[str, Callable[[HttpRequest, PlayerGame], dict[str, Any]]] = {
    "overview": overview_tab,
    "bests": bests_tab,
    "sessions": sessions_tab,
}
