"""Base classes and helpers of all lists: moderators can view, searches are exact and indexed, counts are bounded."""

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
from django.utils.text import capfirst
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

MAX_COUNTED = 10_000  # rows; a longer list shows one more than this
MAX_REFUSALS = 10  # listed one by one
MAX_USERNAME_LENGTH = 21  # characters; all IDs are longer


class BoundedPaginator(AnyPaginator):
    """Counts at most `MAX_COUNTED` + 1 rows: counting ten million scores takes longer than listing them."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: MAX_COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)


class ReadOnlyAdmin(AnyAdmin):
    """An admin in which moderators can view rows; nobody can add, change or delete them.

    `search_fields` are names of unique columns, matched exactly; `player` is the path to the user by whose name the
    rows can be searched, too.
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
        """Filters by a player's name (all rows of the player) or by an ID (the row with it)."""
        term = search_term.strip()
        if not term:
            return queryset, False
        # The length tells names from IDs. Searching for both would join the users in every search.
        if self.player and len(term) <= MAX_USERNAME_LENGTH:
            # Names are indexed by `lower`.
            user = User.objects.alias(lowered=Lower("username")).filter(lowered=term.lower()).first()
            return queryset.filter(**{self.player: user}) if user else queryset.none(), False
        # Exact matches, each with an index: Django's own `icontains` would read millions of rows.
        matches = Q(pk__in=())
        for name in self.get_search_fields(request):
            matches |= Q(**{name: term})
        return queryset.filter(matches), False


def list_title(options: Any) -> dict[str, str]:
    """Returns the context of a list with its plural name as the heading, instead of Django's "Select … to view"."""
    return {"title": capfirst(options.verbose_name_plural)}


class GameFilter(admin.SimpleListFilter):
    """Filters by game, without reading from the table which games occur."""

    title = gettext_lazy("game")
    parameter_name = "game"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(game.slug, game.name) for game in GAMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(game=self.value()) if self.value() else queryset


def link_to_list(name: str, text: str, **filters: Any) -> SafeString:
    """Returns a link to the filtered list of another table."""
    url = reverse(f"admin:imports_{name}_changelist", query=filters)
    return format_html('<a href="{}">{}</a>', url, text)


def reason_from_request(request: HttpRequest) -> str:
    """Returns the reason that the moderator typed beside an action."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]


def report_results(request: HttpRequest, *, done: str, refused: Sequence[str]) -> None:
    """Shows messages with the result of an action and with the first `MAX_REFUSALS` refusals."""
    if done:
        messages.success(request, done)
    for refusal in refused[:MAX_REFUSALS]:
        messages.warning(request, refusal)
    if len(refused) > MAX_REFUSALS:
        messages.warning(request, _("{count} more were refused.").format(count=f"{len(refused) - MAX_REFUSALS:,}"))


class ReasonForm(ActionForm):
    """The form above a list: the action and its reason, which is shown to the player."""

    reason = forms.CharField(
        label=gettext_lazy("Reason:"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        widget=forms.TextInput({"class": "vTextField"}),
    )


def truncate(text: str, *, length: int = 12) -> str:
    """Returns the beginning of a long ID or message."""
    return text if len(text) <= length else f"{text[:length]}…"
