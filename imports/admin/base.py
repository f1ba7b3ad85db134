"""What all lists of the admin share: moderators may look, searches are exact and indexed, counting has an end."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.access import permissions
from imports.games import GAMES
from imports.models import User
from imports.models.documents import MAX_REASON_LENGTH

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyPaginator = admin.ModelAdmin, Paginator

MAX_COUNTED = 10_000  # rows; a longer list says so many and one more
MAX_REFUSALS = 10  # listed one by one
MAX_USERNAME_LENGTH = 21  # characters; every ID is longer


class BoundedPaginator(AnyPaginator):
    """Counts no further than `MAX_COUNTED`: counting ten million scores takes longer than looking at them."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: MAX_COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)


class ReadOnlyAdmin(AnyAdmin):
    """Moderators may look; nobody may add, change or delete.

    `search_fields` are names of unique columns, matched exactly; `player` is the path to the user whose name may be
    searched for as well.
    """

    player: ClassVar[str] = ""
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    ordering = ("-pk",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**list_title(self.opts), **(extra_context or {})})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return permissions.is_moderator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return permissions.is_moderator(request.user)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A player's name finds everything of theirs, an ID the one row that has it."""
        term = search_term.strip()
        if not term:
            return queryset, False
        # By its length a term is a name or an ID. To look for both would join the users to every search.
        if self.player and len(term) <= MAX_USERNAME_LENGTH:
            # `lower` is what the names are indexed by.
            user = User.objects.alias(lowered=Lower("username")).filter(lowered=term.lower()).first()
            return queryset.filter(**{self.player: user}) if user else queryset.none(), False
        # Exact, and each with an index of its own: `icontains`, Django's way, would read millions of rows.
        found = Q(pk__in=())
        for name in self.get_search_fields(request):
            found |= Q(**{name: term})
        return queryset.filter(found), False


def list_title(options: Any) -> dict[str, str]:
    """Context of a list: its heading says what is listed, and nobody to select one."""
    return {"title": str(options.verbose_name_plural).capitalize()}


class GameFilter(admin.SimpleListFilter):
    """By game, without asking the table which games it holds."""

    title = gettext_lazy("game")
    parameter_name = "game"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(game.slug, game.name) for game in GAMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(game=self.value()) if self.value() else queryset


def link_to_list(name: str, text: str, **filters: Any) -> SafeString:
    """A link to another list of the admin, filtered."""
    url = reverse(f"admin:imports_{name}_changelist", query=filters)
    return format_html('<a href="{}">{}</a>', url, text)


def reason_from_request(request: HttpRequest) -> str:
    """Why, as the moderator wrote it beside an action."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]


def report_results(request: HttpRequest, *, done: str, refused: Sequence[str]) -> None:
    """What an action did, and each thing that it was refused; of many refusals the first."""
    if done:
        messages.success(request, done)
    for refusal in refused[:MAX_REFUSALS]:
        messages.warning(request, refusal)
    if len(refused) > MAX_REFUSALS:
        messages.warning(request, _("{count} more were refused.").format(count=f"{len(refused) - MAX_REFUSALS:,}"))


class ReasonForm(ActionForm):
    """What stands above a list: the action, and why. The player reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason:"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        widget=forms.TextInput({"class": "vTextField"}),
    )


def truncate(text: str, *, length: int = 12) -> str:
    """The beginning of a long ID or message."""
    return text if len(text) <= length else f"{text[:length]}…"
