"""API clients, their codes and webhooks, and API tokens in the admin."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.access import permissions
from imports.admin.base import ReadOnlyAdmin
from imports.models import APIClient, APIToken, AuthorizationCode, User, WebhookDelivery


@admin.register(APIClient)
class APIClientAdmin(ReadOnlyAdmin):
    """Tools that ask players for tokens. Administrators create those that everybody can find (without an author)."""

    player = "author"
    list_display = ("name", "client_id", "author", "redirect_uri", "created_at")
    list_select_related = ("author",)
    search_fields = ("client_id",)
    search_help_text = gettext_lazy("A whole client ID, or its author's name")
    fields = (
        "client_id",
        "name",
        "author",
        "permissions",
        "redirect_uri",
        "webhook_uri",
        "key_template",
        "key_filename",
    )
    raw_id_fields = ("author",)
    actions = ("reset_secret",)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return permissions.is_administrator(request.user)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return permissions.is_administrator(request.user)

    @admin.action(description=gettext_lazy("Reset the secret of the selected client"), permissions=["reset"])
    def reset_secret(self, request: HttpRequest, queryset: QuerySet[APIClient]) -> None:
        """Shows the secret once. Secrets of users' clients are reset by their authors."""
        client = queryset.filter(author=None).first() if queryset.count() == 1 else None
        if client is None:
            self.message_user(request, _("Choose one client without an author."), messages.ERROR)
        else:
            message = _("The secret of {client}, shown only once: {secret}")
            message = message.format(client=client.name, secret=client.reset_secret())
            self.message_user(request, message, messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_administrator(request.user)


@admin.register(AuthorizationCode)
class AuthorizationCodeAdmin(ReadOnlyAdmin):
    """Recently issued codes: user, client and time, without the codes."""

    list_display = ("user", "client", "created_at")
    list_select_related = ("user", "client")
    fields = list_display


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Events for the webhooks of clients in the past two weeks."""

    player = "user"
    list_display = ("client", "user", "created_at", "attempts", "status", "failure", "delivered_at", "next_attempt_at")
    list_select_related = ("client", "user")
    search_fields = ("delivery_id",)
    search_help_text = gettext_lazy("A whole delivery ID, or a player's name")
    fields = ("delivery_id", "body", *list_display)


@admin.register(APIToken)
class APITokenAdmin(ReadOnlyAdmin):
    """API tokens with owners and permissions, without secrets and digests. Moderators can revoke them."""

    player = "user"
    list_display = ("identifier", "user", "may", "created_at", "last_used_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("identifier", "user", "may", "created_at", "last_used_at", "expires_at")

    @admin.display(description=gettext_lazy("permissions"))
    def may(self, token: APIToken) -> str:
        return ", ".join(token.permissions)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return (
            permissions.is_moderator(request.user)
            if obj is None
            else permissions.can_revoke(request.user, cast(APIToken, obj))
        )

    def delete_model(self, request: HttpRequest, obj: APIToken) -> None:
        # Not `delete`: revoking is recorded in the audit trail.
        APIToken.objects.revoke([obj], by=cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        APIToken.objects.revoke(queryset.select_related("user"), by=cast(User, request.user))
