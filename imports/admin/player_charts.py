"""Charts of BMS and PMS that players bring, courses, replays of USC and settings of hooks in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports import jobs
from imports.access import permissions
from imports.admin.base import GameFilter, ReadOnlyAdmin, report_results
from imports.jobs import CannotMerge
from imports.models import Chart, Course, HookSettings, PlayerChart, Replay, User, WaitingChart


class TargetForm(ActionForm):
    """The form above the lists: the action, and the target chart of a merge."""

    target = forms.CharField(
        label=gettext_lazy("Merge into chart ID:"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"class": "vTextField"}),
    )


class _ClosingAdmin(ReadOnlyAdmin):
    """Base class of both lists of charts, with their common actions."""

    action_form = TargetForm
    search_fields = ("chart_hash",)
    search_help_text = gettext_lazy("A whole SHA-256")
    list_filter = (GameFilter,)

    def player_charts(self, rows: QuerySet[Any]) -> Iterable[PlayerChart]:
        """Returns the player charts of the selected rows."""
        return rows

    @admin.action(description=gettext_lazy("Remove these charts; their plays become unmatched"))
    def remove(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self._close(request, rows, None)

    @admin.action(description=gettext_lazy("Merge these charts into the chart with the given ID"))
    def merge(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        wanted = request.POST.get("target", "").replace("\0", "").strip()
        target = Chart.objects.filter(chart_id=wanted).first()
        if target is None:
            report_results(request, done="", refused=[_("There is no chart with the ID {chart}.").format(chart=wanted)])
            return
        self._close(request, rows, target)

    def _close(self, request: HttpRequest, rows: QuerySet[Any], target: Chart | None) -> None:
        if not permissions.can_moderate(request.user):
            raise PermissionDenied
        done, read_again, refused = 0, 0, list[str]()
        for player_chart in self.player_charts(rows):
            try:
                closed = jobs.close_chart(player_chart, by=cast(User, request.user), merged_into=target)
            except CannotMerge as error:
                refused.append(f"{player_chart}: {error}")
                continue
            self.log_change(request, player_chart, "Merged." if target else "Removed.")
            done, read_again, refused = done + 1, read_again + closed.read_again, refused + closed.left
        message = ngettext("Closed {count} chart.", "Closed {count} charts.", done).format(count=f"{done:,}")
        again = ngettext(
            "{count} import is being processed again.", "{count} imports are being processed again.", read_again
        ).format(count=f"{read_again:,}")
        report_results(request, done=f"{message} {again}" if done else "", refused=refused)


@admin.register(WaitingChart)
class WaitingChartAdmin(_ClosingAdmin):
    """Charts that players have played and that the catalogue lacks."""

    list_display = ("title", "artist", "game", "playtype", "player_count", "orphan_count", "first_played", "chart_hash")
    actions = ("remove", "merge")

    def player_charts(self, rows: QuerySet[WaitingChart]) -> Iterable[PlayerChart]:
        for row in rows:
            facts = {"game": row.game, "playtype": row.playtype, "chart_hash": row.chart_hash}
            yield PlayerChart.objects.get_or_create(**facts, defaults={"title": str(row)})[0]


@admin.register(PlayerChart)
class PlayerChartAdmin(_ClosingAdmin):
    """Charts that were added because enough players had played them, and those that moderators closed."""

    list_display = ("title", "game", "playtype", "chart", "added_at", "closed_at", "closed_by", "merged_into")
    list_select_related = ("chart", "closed_by", "merged_into")
    fields: ClassVar = (
        "title", "game", "playtype", "chart_hash", "chart", "added_at", "closed_at", "closed_by", "merged_into",
    )  # fmt: skip
    actions = ("remove", "merge", "reopen")

    @admin.action(description=gettext_lazy("Reopen these charts"))
    def reopen(self, request: HttpRequest, rows: QuerySet[PlayerChart]) -> None:
        if not permissions.can_moderate(request.user):
            raise PermissionDenied
        closed = list(rows.exclude(closed_at=None))
        for player_chart in closed:
            jobs.reopen_chart(player_chart)
            self.log_change(request, player_chart, "Reopened.")
        message = ngettext("Reopened {count} chart.", "Reopened {count} charts.", len(closed))
        report_results(request, done=message.format(count=f"{len(closed):,}"), refused=())


@admin.register(Course)
class CourseAdmin(ReadOnlyAdmin):
    """Courses, as loaded from the seeds."""

    list_display = ("title", "game", "playtype", "class_set", "value")
    list_filter = (GameFilter,)
    search_fields = ("md5sums",)
    search_help_text = gettext_lazy("The MD5 hashes of all charts, concatenated")
    fields = ("title", "game", "playtype", "class_set", "value", "md5sums")


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays of USC."""

    player = "user"
    list_display = ("score_id", "user", "size", "time_added")
    list_select_related = ("user",)
    search_fields = ("score_id",)
    search_help_text = gettext_lazy("A whole score ID, or a player's name")
    fields = ("score_id", "user", "size", "time_added")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        return super().get_queryset(request).defer("content")


@admin.register(HookSettings)
class HookSettingsAdmin(ReadOnlyAdmin):
    """Settings of players for their hooks. Card IDs are shown to their owner only."""

    player = "user"
    list_display = ("user", "hook", "force_static_import")
    list_select_related = ("user",)
    list_filter = ("hook",)
    search_fields = ("user__username",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "hook", "force_static_import")
