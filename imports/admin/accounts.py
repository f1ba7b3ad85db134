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
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from imports import rules
from imports.admin.base import BoundedPaginator, ReadOnlyAdmin, ReasonForm, link_to_list, reason_in, tell
from imports.models import APIToken, AuditEntry, User

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


def lists_of(user: User) -> list[SafeString]:
    """Links to what is the user's."""
    lists = (
        ("import", "user", "imports"), ("score", "user", "scores"), ("session", "user", "sessions"),
        ("gamestats", "user", "ratings and classes"), ("orphanscore", "user", "orphans"),
        ("apitoken", "user", "tokens"), ("auditentry", "subject", "history"),
    )  # fmt: skip
    return [link_to_list(model, words, **{f"{path}__id__exact": user.pk}) for model, path, words in lists]


class UserForm(ChangeForm):
    """Django's form for our users."""

    class Meta:
        model = User
        fields = "__all__"


AT_ONCE = 1_000  # users of one action


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
    action_form = ReasonForm
    actions = ("ban", "unban")
    change_form_template = "admin/imports/user/change_form.html"

    @admin.display(description="role", ordering="is_superuser")
    def role(self, user: User) -> str:
        return user.auth_level.name.lower()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a password not even the digest is for whoever may not set it."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        (title, options), *others = found
        return [(title, {**options, "fields": [name for name in options["fields"] if name != "password"]}), *others]

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
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if reason_in(request):
            self._set_banned(request, queryset, banned=True)
        else:
            self.message_user(request, "Say why: it goes on record.", messages.ERROR)
        return self._back(request)

    @admin.action(description="Lift the ban of the selected users", permissions=["ban"])
    def unban(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        self._set_banned(request, queryset, banned=False)
        return self._back(request)

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        """To the user on whose page the action was chosen; None: to the list."""
        came_from = request.POST.get("from", "")
        return redirect("admin:imports_user_change", came_from) if came_from.isdecimal() else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        context = {} if user is None else {"see": lists_of(user), "may_ban": rules.can_ban(request.user, user)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def _set_banned(self, request: HttpRequest, queryset: QuerySet[User], *, banned: bool) -> None:
        verb = AuditEntry.Verb.BANNED if banned else AuditEntry.Verb.UNBANNED
        chosen = list(queryset.exclude(is_banned=banned)[:AT_ONCE])
        done = [user for user in chosen if rules.can_ban(request.user, user)]
        refused = [user for user in chosen if user not in done]
        # One transaction: no ban without its entry.
        with transaction.atomic():
            User.objects.filter(pk__in=[user.pk for user in done]).update(is_banned=banned)
            AuditEntry.objects.bulk_create(
                AuditEntry(verb=verb, subject=user, actor=cast(User, request.user), reason=reason_in(request))
                for user in done
            )
        said = f"Left alone, as you may not judge your equals: {_names(refused)}."
        tell(
            request,
            done=f"{verb.label.capitalize()}: {_names(done)}." if done else "",
            refused=[said] if refused else [],
        )


def _names(users: Sequence[User]) -> str:
    return ", ".join(map(str, users))


@admin.register(APIToken)
class APITokenAdmin(ReadOnlyAdmin):
    """Whose tokens there are and what they may do; of the secret not even the digest. Moderators may revoke."""

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
        return rules.is_moderator(request.user) if obj is None else rules.can_revoke(request.user, cast(APIToken, obj))

    def delete_model(self, request: HttpRequest, obj: APIToken) -> None:
        APIToken.objects.revoke([obj], by=cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        APIToken.objects.revoke(queryset.select_related("user"), by=cast(User, request.user))
