"""Pending deletions, data exports and mails in the admin. Administrators can request deletions and restore."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports import jobs
from imports.access import permissions
from imports.admin.base import ReadOnlyAdmin, reason_from_request, report_results
from imports.admin.reverting import BUSY
from imports.games import BY_SLUG
from imports.models import DataExport, DataExportPart, Departure, HiddenRow, KnownPlace, Mail, User
from imports.pipeline.states import PlayerLocked

MAX_AT_ONCE = 100  # rows per action


def delete_selected(request: HttpRequest, chosen: Iterable[tuple[User, str]]) -> None:
    """Hides accounts, or games of players, to be deleted in thirty days. Shows messages about refusals."""
    reason = reason_from_request(request)
    if not reason:
        messages.error(request, _("Give a reason; it is recorded."))
        return
    done, refused = [], []
    for user, game in chosen:
        name = f"{user}, {BY_SLUG[game].name}" if game in BY_SLUG else str(user)
        try:
            jobs.start_departure(user, game, by=cast(User, request.user), reason=reason)
            done.append(name)
        except PlayerLocked:
            refused.append(f"{name}: {BUSY}")
        except jobs.CannotLeave as refusal:
            refused.append(f"{name}: {refusal}")
    message = _("Hidden, and deleted in {days} days: {names}.").format(days=jobs.DAYS_TO_RETURN, names="; ".join(done))
    report_results(request, done=message if done else "", refused=refused)


@admin.register(Departure)
class DepartureAdmin(ReadOnlyAdmin):
    """Accounts and profiles that are hidden until they are deleted."""

    player = "user"
    ordering = ("due_at",)
    list_display = ("user", "what", "by", "requested_at", "due_at")
    list_select_related = ("user", "by")
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "what", "by", "requested_at", "due_at", "counts")
    actions = ("restore",)

    @admin.display(description=gettext_lazy("what"))
    def what(self, departure: Departure) -> str:
        return BY_SLUG[departure.game].name if departure.game in BY_SLUG else departure.game or _("the account")

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return permissions.is_administrator(request.user)

    @admin.action(description=gettext_lazy("Restore the selected"), permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Departure]) -> None:
        done: list[str] = []
        refused: list[str] = []
        for departure in queryset.select_related("user")[:MAX_AT_ONCE]:
            try:
                jobs.cancel_departure(departure, by=cast(User, request.user))
                done.append(str(departure.user))
            except PlayerLocked:
                refused.append(f"{departure.user}: {BUSY}")
        report_results(
            request, done=_("Restored: {names}.").format(names=", ".join(done)) if done else "", refused=refused
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name == "restore"}


@admin.register(HiddenRow)
class HiddenRowAdmin(ReadOnlyAdmin):
    """Hidden rows: their table and departure, without their content."""

    list_display = ("id", "departure", "table")
    list_select_related = ("departure",)
    fields = ("departure", "table")

    def get_queryset(self, request: HttpRequest) -> QuerySet[HiddenRow]:
        return super().get_queryset(request).defer("row", "content")


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin):
    """Data exports of players with their state, without the ZIPs."""

    player = "user"
    list_display = ("user", "state", "size", "attempts", "time_queued", "time_finished", "expires_at")
    list_select_related = ("user",)
    search_fields = ("export_id",)
    search_help_text = gettext_lazy("A whole export ID, or a player's name")
    fields = ("export_id", *list_display)


@admin.register(DataExportPart)
class DataExportPartAdmin(ReadOnlyAdmin):
    """The parts in which ZIPs are stored, without their content."""

    list_display = ("export", "number")
    list_select_related = ("export",)
    fields = ("export", "number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataExportPart]:
        return super().get_queryset(request).defer("content")


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """Mails that are still to be sent."""

    player = "user"
    list_display = ("kind", "user", "address", "created_at", "attempts", "next_attempt_at")
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = (*list_display, "language")


@admin.register(KnownPlace)
class KnownPlaceAdmin(ReadOnlyAdmin):
    """When accounts with an e-mail address were signed in to; the places themselves are not stored."""

    player = "user"
    list_display = ("user", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = list_display
