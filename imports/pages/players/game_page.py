"""What a player's page of a game shows: the rating with its picture, then one of three tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from imports.games.spec import Game, Playtype
from imports.models import Chart, DailyRatings, GameStats, Import, PersonalBest, Session, User
from imports.models.documents import UNFINISHED
from imports.pages.components.calendar import year_of_plays
from imports.pages.components.import_summary import profile_rating
from imports.pages.components.lamp_colors import lamps_below_full_combo, row_ladder
from imports.pages.components.rating_history import RANGES, Trend, rated_days, rating_plot, trends
from imports.pages.components.score_rows import get_page
from imports.pages.components.sessions.lines import session_lines
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.core.permissions import visible_imports
from imports.pages.core.urls import import_url
from imports.pages.players import overview
from imports.pages.players.counting_bests import counting_bests
from imports.pages.players.import_days import import_days
from imports.pages.players.lists import bests_page, unplayed_page
from imports.pages.texts import formatting, player_texts
from imports.pipeline.rankings.counting_bests import count_bests, count_places
from imports.pipeline.rankings.leaderboards import places_gained
from imports.pipeline.rankings.ranks import stats_rankings

MAX_LATEST_SESSIONS = 5
DEFAULT_RANGE = "90d"
# Values of `?show=`.
COUNTING = "counting"
NO_FULL_COMBO = "no-full-combo"
UNPLAYED = "unplayed"


@dataclass(frozen=True)
class PlayerGame:
    """A player and a playtype of theirs."""

    owner: User
    stats: GameStats
    game: Game
    playtype: Playtype

    @cached_property
    def trend(self) -> Trend:
        """Returns the trend of the default rating in the last ninety days. One query."""
        return trends([self.stats])[self.stats.pk]

    @property
    def bests(self) -> QuerySet[PersonalBest]:
        return PersonalBest.objects.filter(user=self.owner, game=self.game.slug, playtype=self.playtype.name)

    @cached_property
    def best_count(self) -> int:
        return self.bests.count()

    @property
    def charts(self) -> QuerySet[Chart]:
        """Returns the charts to be played; charts of earlier versions are not counted besides the current ones."""
        return Chart.objects.filter(game=self.game.slug, playtype=self.playtype.name, is_primary=True)

    @property
    def unplayed(self) -> QuerySet[Chart]:
        """Returns the charts without a best, the hardest first."""
        played = PersonalBest.objects.filter(user=self.owner, chart=OuterRef("pk"))
        return self.charts.filter(~Exists(played)).order_by("-level_num", "pk")

    @property
    def unfinished_import(self) -> Import | None:
        """Returns the oldest unfinished import whose game is known to be this one. One query of few rows."""
        mine = Import.objects.filter(user=self.owner, game=self.game.slug, state__in=UNFINISHED)
        return mine.only("import_id").order_by("pk").first()

    @cached_property
    def is_new(self) -> bool:
        """Returns whether all scores are of one day, and fewer bests exist than the rating counts. One query."""
        if self.places is None or self.best_count >= self.places:
            return False
        days = DailyRatings.objects.filter(user=self.owner, game=self.game.slug, playtype=self.playtype.name)
        return len(days.values_list("day")[:2]) == 1

    @cached_property
    def places(self) -> int | None:
        """Returns how many bests the rating counts; None if that depends on the charts."""
        return count_places(self.playtype)

    @property
    def sessions(self) -> QuerySet[Session]:
        """Returns the sessions, newest first."""
        mine = Session.objects.filter(user=self.owner, game=self.game.slug, playtype=self.playtype.name)
        return mine.order_by("-time_started")

    @cached_property
    def latest_sessions(self) -> list[Session]:
        return list(self.sessions[:MAX_LATEST_SESSIONS])


def frame(request: HttpRequest, page: PlayerGame, tab: str) -> dict[str, Any]:
    """Returns the context above the tabs. Four queries, five for the player."""
    is_own = page.owner == request.user
    unfinished = page.unfinished_import if is_own else None
    best_count, session_count, latest = page.best_count, page.sessions.count(), page.latest_sessions[:1]
    titles = {
        "overview": (player_texts.OVERVIEW, None),
        "bests": (player_texts.BESTS, best_count),
        "sessions": (player_texts.SESSIONS, session_count),
    }
    span = request.GET.get("range")
    kept = f"&range={span}" if span in RANGES else ""
    return {
        "owner": page.owner,
        "is_own": is_own,
        "unfinished_url": import_url(unfinished) if unfinished else "",
        "game": page.game,
        "name": page.game.label(page.playtype.name),
        "playtype": page.playtype,
        "best_count": best_count,
        "chart_count": page.charts.count(),
        "session_count": session_count,
        "last_played": int(latest[0].time_ended) if latest else None,
        "tab": tab,
        "tabs": [
            Link(str(title), f"?tab={key}{kept}#parts", count, is_current=key == tab)
            for key, (title, count) in titles.items()
        ],
        "crumb": Link(page.owner.username, reverse("profile", args=[page.owner.username])),
        "section": "profile" if is_own else "games",
    }


def rating_box(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """Returns the rating, the progress to the next class, and the rating over time. Seven queries."""
    stats, playtype = page.stats, page.playtype
    rating = playtype.default_profile_rating
    value = stats.ratings.get(rating)
    span = request.GET.get("range", "")
    span = span if span in RANGES else DEFAULT_RANGE
    trend = page.trend
    gained = places_gained(stats, rating, before=trend.before)
    days = rated_days(stats, span=RANGES[span])
    imported = import_days(stats, visible_imports(request), span=RANGES[span])
    return {
        "rating": formatting.UNKNOWN if value is None else profile_rating(value, playtype, rating),
        "rating_name": formatting.rating_name(rating, playtype),
        "score_rating_name": formatting.rating_name(playtype.default_score_rating, playtype),
        "trend": trend,
        "is_new": page.is_new,
        "places_note": player_texts.places_filled(page.best_count, page.places or 0) if page.is_new else "",
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
    """Returns lamps, grades, the bests that count, days played and the latest sessions. Eleven queries at most."""
    url = list_url(request.GET, tab="bests", **dict.fromkeys(("level", "lamp", "grade", "sort", "q", "page")))
    counting = counting_bests(page.stats, page.playtype)
    count = counting.count if counting else 0
    levels = overview.count_levels(page.stats, page.game)
    return {
        "heat": overview.lamps_by_level(levels, page.game, url=url),
        "grades": overview.grades(levels, page.stats, page.game, page.trend),
        "counting": counting,
        "counting_url": f"{list_url(request.GET, tab='bests', show=COUNTING, page=None)}#parts",
        "counting_title": player_texts.counting_bests(count),
        "counting_label": player_texts.skyline_label(count, counting.least, counting.high) if counting else "",
        "calendar": year_of_plays(page.owner, game=page.game.slug, playtype=page.playtype.name),
        "lines": session_lines(page.latest_sessions),
    }


def bests_tab(request: HttpRequest, page: PlayerGame) -> dict[str, Any]:
    """Returns all bests, or some of them (`?show=`), or the charts without a best. Ten queries at most."""
    shown = request.GET.get("show", "")
    shown = shown if shown in (COUNTING, NO_FULL_COMBO, UNPLAYED) else ""
    counted = count_bests(page.stats.user_id, page.stats.game, page.playtype)
    below, full_combo = lamps_below_full_combo(page.game.slug)
    lamp = KT(f"score_data__{row_ladder(page.game.slug)}")
    without = page.bests.alias(shown_lamp=lamp).filter(shown_lamp__in=below)
    kept = {name: None for name in request.GET if name != "range"}
    views = (
        (player_texts.ALL_BESTS, page.best_count, ""),
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
    """Returns all sessions, and the days played. Three queries."""
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
