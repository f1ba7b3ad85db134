"""Users and API tokens in the admin."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from imports import rules
from imports.admin.base import BoundedPaginator, ReadOnlyAdmin
from imports.models import APIToken, User

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
    """A moderator may ban players, an administrator moderators too, nobody an equal or themselves."""
    return rules.is_moderator(actor) and (user.is_banned or actor.auth_level > user.auth_level)


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
        chosen = list(queryset.exclude(is_banned=banned))
        done = [user for user in chosen if may_ban(request.user, user)]
        refused = [user for user in chosen if user not in done]
        User.objects.filter(pk__in=[user.pk for user in done]).update(is_banned=banned)
        for user in done:
            self.log_change(request, user, "Banned." if banned else "Ban lifted.")
        names = ", ".join(map(str, done))
        if done:
            self.message_user(request, f"{'Banned' if banned else 'No longer banned'}: {names}.", messages.SUCCESS)
        if refused:
            said = f"Not banned, as you may not ban your equals: {', '.join(map(str, refused))}."
            self.message_user(request, said, messages.WARNING)


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
