"""Users, their pictures and import timestops in the admin."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.access import permissions
from imports.admin import words
from imports.admin.base import (
    BoundedPaginator,
    ReadOnlyAdmin,
    ReasonForm,
    link_to_list,
    list_title,
    reason_from_request,
    report_results,
)
from imports.admin.departures import MAX_AT_ONCE, delete_selected
from imports.admin.details.players import newest_imports, player_facts
from imports.integers import milliseconds
from imports.models import (
    AuditEntry,
    AuthLevel,
    Import,
    ImportTimestop,
    ProfilePicture,
    State,
    User,
)
from imports.models.documents import MAX_REASON_LENGTH
from imports.models.jobs.departures import EVERYTHING

if TYPE_CHECKING:
    CreationForm = AdminUserCreationForm[User]
    ChangeForm = UserChangeForm[User]
else:
    CreationForm, ChangeForm = AdminUserCreationForm, UserChangeForm


class NewUserForm(CreationForm):
    """Django's form for creating a user, for this project's user model."""

    class Meta:
        model = User
        fields = ("username",)


class UserForm(ChangeForm):
    """Django's form for changing a user, for this project's user model."""

    class Meta:
        model = User
        fields = "__all__"


MAX_USERS = 1_000  # users per action
RECENT = timedelta(days=7)


class RoleFilter(admin.SimpleListFilter):
    """Filters users by their role on this instance."""

    title, parameter_name = gettext_lazy("role"), "role"
    conditions: ClassVar = {
        "user": Q(is_staff=False, is_superuser=False, is_banned=False),
        "moderator": Q(is_staff=True, is_superuser=False, is_banned=False),
        "admin": Q(is_superuser=True, is_banned=False),
        "banned": Q(is_banned=True),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(words.ROLES[AuthLevel[name.upper()]])) for name in self.conditions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        condition = self.conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # it takes no argument at run time
    """Moderators can view and ban; administrators can change accounts and have them deleted after thirty days."""

    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "role", "last_import", "failed_lately", "seen", "joined", "email")
    list_filter = (RoleFilter,)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    ordering = ("-pk",)
    search_fields = ("username", "email")
    search_help_text = gettext_lazy("The beginning of a name, or a whole e-mail address")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "is_banned", "email", "email_changed_at")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_banned")}),
        (gettext_lazy("About"), {"fields": ("status", "about")}),
        (gettext_lazy("E-mail"), {"fields": ("email", "email_changed_at")}),
        (gettext_lazy("Role"), {"fields": ("is_active", "is_staff", "is_superuser", "may_import_classes")}),
        (gettext_lazy("Times"), {"fields": ("last_login", "date_joined")}),
    )
    action_form = ReasonForm
    actions = ("ban", "unban", "delete_accounts")
    change_form_template = "admin/imports/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # Each subquery is answered by an index, and only for the rows of the page.
        imports = Import.objects.filter(user=OuterRef("pk")).order_by("-pk")
        failed = imports.filter(state=State.FAILED, time_queued__gte=timezone.now() - RECENT).order_by()
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(
            last_import_at=Subquery(imports.values("time_queued")[:1]),
            failures=Coalesce(Subquery(failed.values("user").annotate(n=Count("pk")).values("n")), 0),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**list_title(self.opts), **(extra_context or {})})

    @admin.display(description=gettext_lazy("role"), ordering="is_superuser")
    def role(self, user: User) -> str:
        return str(words.ROLES[user.auth_level])

    @admin.display(description=gettext_lazy("last import"))
    def last_import(self, user: User) -> SafeString | str:
        at = user.last_import_at  # type: ignore[attr-defined]  # an annotation
        return link_to_list("import", date_format(at, _("j M Y H:i")), user__id__exact=user.pk) if at else _("none")

    @admin.display(description=gettext_lazy("failed in 7 days"))
    def failed_lately(self, user: User) -> SafeString | str:
        count = user.failures  # type: ignore[attr-defined]  # an annotation
        query = {"user__id__exact": user.pk, "state": State.FAILED.value, "days": RECENT.days}
        return link_to_list("import", f"{count:,}", **query) if count else "0"

    @admin.display(description=gettext_lazy("last seen"), ordering="last_seen")
    def seen(self, user: User) -> str:
        return date_format(user.last_seen, _("j M Y H:i")) if user.last_seen else _("never")

    @admin.display(description=gettext_lazy("joined"), ordering="date_joined")
    def joined(self, user: User) -> str:
        return date_format(user.date_joined, _("j M Y"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Hides the password's digest from users who cannot change it."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        (title, options), *others = fieldsets
        return [(title, {**options, "fields": [name for name in options["fields"] if name != "password"]}), *others]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return permissions.is_moderator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_moderator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return permissions.is_administrator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_administrator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # the action deletes accounts, after thirty days in which they can be restored

    def has_ban_permission(self, request: HttpRequest) -> bool:
        return permissions.is_moderator(request.user)

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        # The beginning only: an index answers that, and a match inside of names would read the whole table.
        named = queryset.alias(lowered=Lower("username"))
        return named.filter(Q(lowered__startswith=term) | Q(email__iexact=term)), False

    @admin.action(description=gettext_lazy("Ban the selected users"), permissions=["ban"])
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if reason_from_request(request):
            self._set_banned(request, queryset, banned=True)
        else:
            self.message_user(request, _("Give a reason; it is recorded."), messages.ERROR)
        return self._back(request)

    @admin.action(description=gettext_lazy("Lift the ban of the selected users"), permissions=["ban"])
    def unban(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        self._set_banned(request, queryset, banned=False)
        return self._back(request)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return permissions.is_administrator(request.user)

    @admin.action(description=gettext_lazy("Delete the selected accounts in thirty days"), permissions=["remove"])
    def delete_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        delete_selected(request, [(user, EVERYTHING) for user in queryset.order_by("pk")[:MAX_AT_ONCE]])

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        """Redirects to the page of the user where the action was chosen; None stands for the list."""
        came_from = request.POST.get("from", "")
        return redirect("admin:imports_user_change", came_from) if came_from.isdecimal() else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        context: dict[str, Any] = {"max_reason_length": MAX_REASON_LENGTH}
        if user is not None:
            lists = (
                ("import", "user", _("imports")), ("score", "user", _("scores")), ("session", "user", _("sessions")),
                ("gamestats", "user", _("ratings and classes")), ("orphanscore", "user", _("orphans")),
                ("apitoken", "user", _("tokens")), ("auditentry", "subject", _("history")),
            )  # fmt: skip
            context |= {
                "title": user.username,
                "subtitle": None,
                "facts": player_facts(user),
                "newest": newest_imports(user),
                "role": self.role(user),
                "see": [link_to_list(model, text, **{f"{path}__id__exact": user.pk}) for model, path, text in lists],
                "may_ban": permissions.can_ban(request.user, user),
                "may_moderate": permissions.can_moderate(request.user),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def _set_banned(self, request: HttpRequest, queryset: QuerySet[User], *, banned: bool) -> None:
        verb = AuditEntry.Verb.BANNED if banned else AuditEntry.Verb.UNBANNED
        # Users who are banned already are left out: a second entry would record a ban that changed nothing.
        chosen = list(queryset.exclude(is_banned=banned)[:MAX_USERS])
        done = [user for user in chosen if permissions.can_ban(request.user, user)]
        refused = [user for user in chosen if user not in done]
        # One transaction: no ban without its entry.
        with transaction.atomic():
            User.objects.filter(pk__in=[user.pk for user in done]).update(is_banned=banned)
            AuditEntry.objects.bulk_create(
                AuditEntry(verb=verb, subject=user, actor=cast(User, request.user), reason=reason_from_request(request))
                for user in done
            )
        message = _("Banned: {names}.") if banned else _("Ban lifted: {names}.")
        left_alone = _("Skipped, because you can't ban people with your own role: {names}.").format(
            names=_names(refused)
        )
        report_results(
            request, done=message.format(names=_names(done)) if done else "", refused=[left_alone] if refused else []
        )


def _names(users: Sequence[User]) -> str:
    return ", ".join(map(str, users))


@admin.register(ProfilePicture)
class ProfilePictureAdmin(ReadOnlyAdmin):
    """Pictures that players uploaded. Moderators can remove one; the player then has a generated picture again."""

    player = "user"
    list_display = ("user", "picture", "stored_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "picture", "stored_at")

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, row: ProfilePicture) -> SafeString:
        # A new picture gets a new URL, because browsers cache pictures for an hour.
        url = f"{reverse('api:user-picture', args=[row.user_id])}?v={milliseconds(row.stored_at)}"
        return format_html('<img src="{}" width="64" height="64" alt="">', url)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProfilePicture]:
        return super().get_queryset(request).defer("content")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_moderator(request.user)


@admin.register(ImportTimestop)
class ImportTimestopAdmin(ReadOnlyAdmin):
    """Up to which time scores of players were fetched from other services."""

    player = "user"
    list_display = ("user", "import_type", "last_score_time")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    search_help_text = gettext_lazy("A player's name")
    fields = ("user", "import_type", "last_score_time")
