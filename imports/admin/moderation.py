"""Blocked clients in the admin: clients whose submissions are refused until they are repaired."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from imports.access import blocked_clients, permissions
from imports.admin.base import ReadOnlyAdmin, truncate
from imports.models import BlockedClient, User


@admin.register(BlockedClient)
class BlockedClientAdmin(ReadOnlyAdmin):
    """Moderators can block and unblock clients; both are recorded in the audit trail."""

    list_display = ("pattern", "short_message", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("pattern",)
    search_help_text = gettext_lazy("Any part of a pattern")
    fields = ("pattern", "message", "created_by", "created_at")
    readonly_fields = ("created_by", "created_at")

    @admin.display(description=gettext_lazy("message"))
    def short_message(self, blocked: BlockedClient) -> str:
        return truncate(blocked.message, length=120)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Searches any part of a pattern: there are dozens of rows at most."""
        return queryset.filter(Q(pattern__icontains=search_term.strip())), False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return permissions.is_moderator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_moderator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_moderator(request.user)

    def save_model(self, request: HttpRequest, obj: BlockedClient, form: Any, change: bool) -> None:
        # Not `save`: these functions also write the audit entries.
        blocked_clients.block(obj, by=cast(User, request.user))

    def delete_model(self, request: HttpRequest, obj: BlockedClient) -> None:
        blocked_clients.unblock([obj], by=cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BlockedClient]) -> None:
        blocked_clients.unblock(list(queryset), by=cast(User, request.user))
