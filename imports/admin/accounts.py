"""Users and API tokens in the admin."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from imports import rules
from imports.admin.base import BoundedPaginator, ReadOnlyAdmin
from imports.models import APIToken, AuditEntry, AuthLevel, User

if TYPE_CHECKING:
    CreationForm = AdminUserCreationForm[User]
    ChangeForm = UserChangeForm[User]
else:
    CreationForm, ChangeForm = AdminUserCreationForm, UserChangeForm


class NewUserForm(CreationForm):
    """Django's form for our users."""

    class Meta:
        model = User
        fields = ("username",)


class UserForm(ChangeForm):
    """Django's form for our users."""

    class Meta:
        model = User
        fields = "__all__"


def may_ban(actor: Any, user: User) -> bool:
    """Whether to ban or to lift a ban: a moderator for players, an administrator for moderators, nobody for equals."""
    rank = AuthLevel.ADMIN if user.is_superuser else AuthLevel.MODERATOR if user.is_staff else AuthLevel.USER
    return rules.is_moderator(actor) and actor.auth_level > rank


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # it takes no argument at run time
    """Moderators look and ban; administrators may change accounts. An account is banned, never deleted."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "id", "role", "is_banned", "email", "last_login", "date_joined")
    list_filter = ("is_banned", "is_staff", "is_superuser")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    ordering = ("-pk",)
    search_fields = ("username", "email")
    search_help_text = "The beginning of a name, or a whole e-mail address"
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "is_banned")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_banned")}),
        ("About", {"fields": ("status", "about", "email")}),
        ("Role", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    actions = ("ban", "unban")

    @admin.display(description="role", ordering="is_superuser")
    def role(self, user: User) -> str:
        return user.auth_level.name.lower()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rules.is_moderator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rules.is_moderator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rules.is_administrator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rules.is_administrator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_ban_permission(self, request: HttpRequest) -> bool:
        return rules.is_moderator(request.user)

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        named = queryset.alias(lowered=Lower("username"))
        return named.filter(Q(lowered__startswith=term) | Q(email__iexact=term)), False

    @admin.action(description="Ban the selected users", permissions=["ban"])
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_banned(request, queryset, banned=True)

    @admin.action(description="Lift the ban of the selected users", permissions=["ban"])
    def unban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_banned(request, queryset, banned=False)

    def _set_banned(self, request: HttpRequest, queryset: QuerySet[User], *, banned: bool) -> None:
        verb = AuditEntry.Verb.BANNED if banned else AuditEntry.Verb.UNBANNED
        chosen = list(queryset.exclude(is_banned=banned))
        done = [user for user in chosen if may_ban(request.user, user)]
        refused = [user for user in chosen if user not in done]
        # One transaction: no ban without its entry.
        with transaction.atomic():
            User.objects.filter(pk__in=[user.pk for user in done]).update(is_banned=banned)
            AuditEntry.objects.bulk_create(
                AuditEntry(verb=verb, subject=user, actor=cast(User, request.user)) for user in done
            )
        if done:
            self.message_user(request, f"{verb.label.capitalize()}: {_names(done)}.", messages.SUCCESS)
        if refused:
            said = f"Left alone, as you may not judge your equals: {_names(refused)}."
            self.message_user(request, said, messages.WARNING)


def _names(users: Sequence[User]) -> str:
    return ", ".join(map(str, users))


@admin.register(APIToken)
class APITokenAdmin(ReadOnlyAdmin):
    """Whose tokens there are and what they may do; of the secret not even the digest. Administrators may revoke."""

    player = "user"
    list_display = ("identifier", "user", "may", "created_at", "last_used_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = "A player's name"
    fields = ("identifier", "user", "may", "created_at", "last_used_at", "expires_at")

    @admin.display(description="may")
    def may(self, token: APIToken) -> str:
        return ", ".join(token.permissions)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rules.is_administrator(request.user)

    def delete_model(self, request: HttpRequest, obj: APIToken) -> None:
        self._revoke(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        self._revoke(request, list(queryset.select_related("user")))

    def _revoke(self, request: HttpRequest, tokens: Sequence[APIToken]) -> None:
        # One transaction: no revocation without its entry.
        with transaction.atomic():
            AuditEntry.objects.bulk_create(
                AuditEntry(
                    verb=AuditEntry.Verb.TOKEN_REVOKED,
                    subject=token.user,
                    actor=cast(User, request.user),
                    reason=token.identifier,
                )
                for token in tokens
            )
            APIToken.objects.filter(pk__in=[token.pk for token in tokens]).delete()
