"""Scores and derived data in the admin, read-only."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from imports.access import permissions
from imports.admin import classes
from imports.admin.base import GameFilter, ReadOnlyAdmin, ReasonForm, truncate
from imports.admin.departures import MAX_AT_ONCE, delete_selected
from imports.models import (
    ClassAchievement,
    DailyRatings,
    GameStats,
    ImportSession,
    OrphanRetry,
    PersonalBest,
    RankingEntry,
    Score,
    ScoreBlacklist,
    Session,
    SessionIdentity,
    User,
)


def format_milliseconds(milliseconds: float | None) -> str | None:
    """Formats Unix milliseconds; Django would format a datetime in lists, but not on the page of one row."""
    if milliseconds is None:
        return None
    return date_format(datetime.fromtimestamp(milliseconds / 1000, tz=UTC), "DATETIME_FORMAT")


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    """All scores; searched by ID or player."""

    player = "user"
    list_display = ("name", "user", "chart", "song", "game", "playtype", "worth", "achieved", "time_added")
    list_filter = (GameFilter,)
    list_select_related = ("user", "chart__song")
    search_fields = ("score_id",)
    search_help_text = gettext_lazy("A whole score ID, or a player's name")
    fields = (
        "score_id", "user", "chart", "song", "from_import", "service", "import_type", "achieved", "time_added",
        "comment", "highlight", "pin_place", "edited", "score_data", "score_meta", "calculated_data",
    )  # fmt: skip

    @admin.display(description=pgettext_lazy("column", "score"), ordering="pk")
    def name(self, score: Score) -> str:
        return truncate(score.score_id)

    @admin.display(description=gettext_lazy("song"))
    def song(self, score: Score) -> str:
        return str(score.chart.song)

    @admin.display(description=gettext_lazy("result"))
    def worth(self, score: Score) -> str:
        # Lists and objects (a gauge, judgements) are too long for a line.
        metrics = [value for value in score.score_data.values() if isinstance(value, str | int | float)]
        return ", ".join(map(str, metrics))

    @admin.display(description=gettext_lazy("achieved"))
    def achieved(self, score: Score) -> str | None:
        return format_milliseconds(score.time_achieved)


@admin.register(ScoreBlacklist)
class ScoreBlacklistAdmin(ReadOnlyAdmin):
    """Scores that their owners deleted for good."""

    player = "user"
    list_display = ("name", "user", "time_added")
    list_select_related = ("user",)
    search_fields = ("score_id",)
    search_help_text = gettext_lazy("A whole score ID, or a player's name")
    fields = ("score_id", "user", "score", "time_added")

    @admin.display(description=pgettext_lazy("column", "score"), ordering="pk")
    def name(self, blacklisted: ScoreBlacklist) -> str:
        return truncate(blacklisted.score_id)


@admin.register(PersonalBest)
class PersonalBestAdmin(ReadOnlyAdmin):
    """Personal bests; searched by their primary score or player."""

    player = "user"
    list_display = ("user", "chart", "song", "game", "playtype", "is_primary", "ratings")
    list_filter = (GameFilter, "is_primary")
    list_select_related = ("user", "chart__song")
    search_fields = ("score_id",)
    search_help_text = gettext_lazy("A player's name")
    fields = (
        "user", "chart", "song", "game", "playtype", "is_primary", "score_id", "composed_from", "score_data",
        "calculated_data", "rank_keys", "highlight", "achieved",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("song"))
    def song(self, best: PersonalBest) -> str:
        return str(best.chart.song)

    @admin.display(description=gettext_lazy("ratings"))
    def ratings(self, best: PersonalBest) -> str:
        return ", ".join(f"{name} {value}" for name, value in best.calculated_data.items())

    @admin.display(description=gettext_lazy("achieved"))
    def achieved(self, best: PersonalBest) -> str | None:
        return format_milliseconds(best.time_achieved)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Sessions; searched by ID or player."""

    player = "user"
    list_display = ("name", "user", "game", "playtype", "score_count", "started", "ended")
    list_filter = (GameFilter,)
    list_select_related = ("user",)
    search_fields = ("session_id",)
    search_help_text = gettext_lazy("A whole session ID, or a player's name")
    fields = (
        "session_id", "user", "game", "playtype", "name", "desc", "highlight", "started", "ended", "score_count",
        "calculated_data", "time_inserted",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("started"))
    def started(self, session: Session) -> str | None:
        return format_milliseconds(session.time_started)

    @admin.display(description=gettext_lazy("ended"))
    def ended(self, session: Session) -> str | None:
        return format_milliseconds(session.time_ended)


@admin.register(SessionIdentity)
class SessionIdentityAdmin(ReadOnlyAdmin):
    """Names of sessions that were merged into others or lost all their scores."""

    player = "user"
    list_display = ("name", "user", "game", "playtype", "started", "ended")
    list_filter = (GameFilter,)
    list_select_related = ("user",)
    search_fields = ("session_id",)
    search_help_text = gettext_lazy("A whole session ID, or a player's name")
    fields = (
        "session_id", "user", "game", "playtype", "name", "desc", "highlight", "started", "ended", "time_inserted",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("started"))
    def started(self, identity: SessionIdentity) -> str | None:
        return format_milliseconds(identity.time_started)

    @admin.display(description=gettext_lazy("ended"))
    def ended(self, identity: SessionIdentity) -> str | None:
        return format_milliseconds(identity.time_ended)


@admin.register(ImportSession)
class ImportSessionAdmin(ReadOnlyAdmin):
    """Imports and their parts of sessions."""

    player = "job__user"
    list_display = ("job", "user", "session", "created", "score_count")
    list_select_related = ("job__user", "session")
    search_fields = ("job__import_id", "session__session_id")
    search_help_text = gettext_lazy("A whole import or session ID, or a player's name")
    fields = ("job", "session", "created", "score_count")

    @admin.display(description=gettext_lazy("user"))
    def user(self, part: ImportSession) -> User:
        return part.job.user


@admin.register(GameStats)
class GameStatsAdmin(ReadOnlyAdmin):
    """Ratings and classes."""

    player = "user"
    list_display = ("user", "game", "playtype", "ratings", "classes")
    list_filter = (GameFilter,)
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "game", "playtype", "ratings", "classes", "set_one")
    action_form = ReasonForm
    actions = ("delete_profiles",)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return permissions.is_administrator(request.user)

    @admin.action(description=gettext_lazy("Delete the profiles of these games in thirty days"), permissions=["remove"])
    def delete_profiles(self, request: HttpRequest, queryset: QuerySet[GameStats]) -> None:
        chosen = [(stats.user, stats.game) for stats in queryset.select_related("user")[:MAX_AT_ONCE]]
        delete_selected(request, dict.fromkeys(chosen))

    @admin.display(description=gettext_lazy("provided classes"))
    def set_one(self, stats: GameStats) -> SafeString:
        url = reverse(
            "admin:imports_gamestats_set_class",
            args=[stats.user_id],
            query={"game": stats.game, "playtype": stats.playtype},
        )
        return format_html('<a href="{}">{}</a>', url, _("Set one…"))

    def get_urls(self) -> list[URLPattern]:
        """Adds the page that sets a class. Its URL has no key of stats: a player may have none yet."""

        def view(request: HttpRequest, user_id: int) -> HttpResponse:
            return classes.set_class_page(request, user_id, self.admin_site.each_context(request))

        mine = path("set-class/<int:user_id>/", self.admin_site.admin_view(view), name="imports_gamestats_set_class")
        return [mine, *super().get_urls()]


@admin.register(DailyRatings)
class DailyRatingsAdmin(ReadOnlyAdmin):
    """The history of each player's ratings, by day."""

    player = "user"
    list_display = ("user", "game", "playtype", "day", "ratings")
    list_filter = (GameFilter,)
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "game", "playtype", "day", "ratings", "score_count")


@admin.register(RankingEntry)
class StandingAdmin(ReadOnlyAdmin):
    """The value of each player in each ranking."""

    player = "user"
    list_display = ("user", "game", "playtype", "ranking", "value")
    list_filter = (GameFilter,)
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "game", "playtype", "ranking", "value", "until")


@admin.register(OrphanRetry)
class OrphanRetryAdmin(ReadOnlyAdmin):
    """Retries of players' orphans, in progress or of the last day."""

    player = "user"
    ordering = ("-time_queued",)
    list_display = (
        "user", "time_queued", "total", "processed", "rescued", "kept", "removed", "time_finished",
    )  # fmt: skip
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = (
        "user", "by", "token", "time_queued", "total", "processed", "rescued", "kept", "removed", "crashes",
        "has_failed", "time_touched", "time_finished",
    )  # fmt: skip


@admin.register(ClassAchievement)
class ClassAchievementAdmin(ReadOnlyAdmin):
    """Classes that were reached, and the imports that brought them."""

    player = "user"
    list_display = ("user", "game", "playtype", "class_set", "old_value", "new_value", "from_import", "time_achieved")
    list_filter = (GameFilter,)
    list_select_related = ("user", "from_import")
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "game", "playtype", "class_set", "old_value", "new_value", "from_import", "time_achieved")
