"""What hooks need of charts, in the admin: charts of BMS and PMS that players bring, courses, and replays of USC."""

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
    """What stands above the lists: the action, and the chart that takes the plays where charts are merged."""

    target = forms.CharField(
        label=gettext_lazy("Merge into chart ID:"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"class": "vTextField"}),
    )


class _ClosingAdmin(ReadOnlyAdmin):
    """The actions that both lists of charts have."""

    action_form = TargetForm
    search_fields = ("chart_hash",)
    search_help_text = gettext_lazy("A whole SHA-256")
    list_filter = (GameFilter,)

    def player_charts(self, rows: QuerySet[Any]) -> Iterable[PlayerChart]:
        """Returns the charts of the rows that were chosen: these themselves, unless the list is one of other rows."""
        return rows

    @admin.action(description=gettext_lazy("Remove: keep these charts out, their plays wait"))
    def remove(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self._close(request, rows, None)

    @admin.action(description=gettext_lazy("Merge: their plays are on the chart whose ID is given"))
    def merge(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        asked = request.POST.get("target", "").replace("\0", "").strip()
        target = Chart.objects.filter(chart_id=asked).first()
        if target is None:
            report_results(request, done="", refused=[_("There is no chart with the ID {chart}.").format(chart=asked)])
            return
        self._close(request, rows, target)

    def _close(self, request: HttpRequest, rows: QuerySet[Any], target: Chart | None) -> None:
        if not permissions.can_moderate(request.user):
            raise PermissionDenied
        done, read_again, refused = 0, 0, list[str]()
        for brought in self.player_charts(rows):
            try:
                closed = jobs.close_chart(brought, by=cast(User, request.user), merged_into=target)
            except CannotMerge as error:
                refused.append(f"{brought}: {error}")
                continue
            self.log_change(request, brought, "Merged." if target else "Removed.")
            done, read_again, refused = done + 1, read_again + closed.read_again, refused + closed.left
        said = ngettext("Closed {count} chart.", "Closed {count} charts.", done).format(count=f"{done:,}")
        again = ngettext(
            "{count} import is being read again.", "{count} imports are being read again.", read_again
        ).format(count=f"{read_again:,}")
        report_results(request, done=f"{said} {again}" if done else "", refused=refused)


@admin.register(WaitingChart)
class WaitingChartAdmin(_ClosingAdmin):
    """Charts that players have played and that are not in the catalogue."""

    list_display = ("title", "artist", "game", "playtype", "player_count", "orphan_count", "first_played", "chart_hash")
    actions = ("remove", "merge")

    def player_charts(self, rows: QuerySet[WaitingChart]) -> Iterable[PlayerChart]:
        for row in rows:
            facts = {"game": row.game, "playtype": row.playtype, "chart_hash": row.chart_hash}
            yield PlayerChart.objects.get_or_create(**facts, defaults={"title": str(row)})[0]


@admin.register(PlayerChart)
class PlayerChartAdmin(_ClosingAdmin):
    """Charts that came in because enough players had played them, and those that moderators closed."""

    list_display = ("title", "game", "playtype", "chart", "added_at", "closed_at", "closed_by", "merged_into")
    list_select_related = ("chart", "closed_by", "merged_into")
    fields: ClassVar = (
        "title", "game", "playtype", "chart_hash", "chart", "added_at", "closed_at", "closed_by", "merged_into",
    )  # fmt: skip
    actions = ("remove", "merge", "reopen")

    @admin.action(description=gettext_lazy("Reopen: let players bring these charts again"))
    def reopen(self, request: HttpRequest, rows: QuerySet[PlayerChart]) -> None:
        if not permissions.can_moderate(request.user):
            raise PermissionDenied
        closed = list(rows.exclude(closed_at=None))
        for brought in closed:
            jobs.reopen_chart(brought)
            self.log_change(request, brought, "Reopened.")
        said = ngettext("Reopened {count} chart.", "Reopened {count} charts.", len(closed))
        report_results(request, done=said.format(count=f"{len(closed):,}"), refused=())


@admin.register(Course)
class CourseAdmin(ReadOnlyAdmin):
    """Courses, as the seeds bring them."""

    list_display = ("title", "game", "playtype", "class_set", "value")
    list_filter = (GameFilter,)
    search_fields = ("md5sums",)
    search_help_text = gettext_lazy("The MD5 of all charts, one behind the other")
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
    """What players set for their hooks. The IDs of cards are for their owner alone."""

    player = "user"
    list_display = ("user", "hook", "force_static_import")
    list_select_related = ("user",)
    list_filter = ("hook",)
    search_fields = ("user__username",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "hook", "force_static_import")
