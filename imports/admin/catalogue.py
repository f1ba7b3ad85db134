"""Songs and charts in the admin. They are loaded from the seeds, and are to be changed there."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.admin.base import GameFilter, ReadOnlyAdmin, link_to_list
from imports.formats.match_keys import fold_title
from imports.models import Chart, GameRules, Rerating, Song


@admin.register(Song)
class SongAdmin(ReadOnlyAdmin):
    """Songs; the search uses the same keys as imports."""

    list_display = ("title", "artist", "game", "song_id", "charts")
    list_filter = (GameFilter,)
    search_fields = ("match_keys",)
    search_help_text = gettext_lazy("A whole title or alternative title, or a song ID of any kind")
    fields = (
        "game", "song_id", "v3_id", "former_ids", "title", "artist", "alt_titles", "search_terms", "data", "match_keys",
        "charts",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("charts"))
    def charts(self, song: Song) -> SafeString:
        return link_to_list("chart", _("charts"), song__id__exact=song.pk)

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        keys = [f"title:{fold_title(term)}", f"songID:{term}"]
        matches = Q(match_keys__overlap=keys) | Q(v3_id=term) | Q(former_ids__contains=[term])
        return queryset.filter(matches) if term else queryset, False


@admin.register(Chart)
class ChartAdmin(ReadOnlyAdmin):
    """Charts; the search accepts chart IDs and the game's own IDs and hashes."""

    list_display = ("song", "game", "playtype", "difficulty", "level", "level_num", "is_primary", "chart_id")
    list_filter = (GameFilter, "is_primary")
    list_select_related = ("song",)
    search_fields = ("chart_id", "match_keys")
    search_help_text = gettext_lazy("A whole chart ID of any kind, in-game ID or hash")
    fields = (
        "chart_id", "v3_id", "former_ids", "game", "song", "playtype", "difficulty", "level", "level_num",
        "is_primary", "versions", "data", "match_keys", "scores",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("scores"))
    def scores(self, chart: Chart) -> SafeString:
        return link_to_list("score", _("scores"), chart__id__exact=chart.pk)

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        keys = [f"{kind}:{term}" for kind in ("inGameID", "inGameStrID", "hash")]
        matches = Q(chart_id=term) | Q(match_keys__overlap=keys) | Q(v3_id=term) | Q(former_ids__contains=[term])
        return queryset.filter(matches) if term else queryset, False


@admin.register(Rerating)
class ReratingAdmin(ReadOnlyAdmin):
    """Progress of the reratings of changed charts and of games with new rules."""

    list_display = ("time_queued", "game", "rules", "player_count", "players_done", "scores_changed", "time_finished")
    fields = (
        "time_queued", "game", "rules", "rated", "flagged", "player_count", "players_done", "busy_players",
        "busy_imports", "scores_changed", "time_touched", "time_finished",
    )  # fmt: skip


@admin.register(GameRules)
class GameRulesAdmin(ReadOnlyAdmin):
    """The year of the rules by which the scores of each game are rated."""

    list_display = ("game", "year", "time_applied")
    fields = ("game", "year", "time_applied")
