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
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from imports import rules
from imports.games import GAMES
from imports.models import User

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyPaginator = admin.ModelAdmin, Paginator

COUNTED = 10_000  # rows; a longer list says so many and one more
REASON_LIMIT = 500  # characters
REFUSALS = 10  # told one by one
LONGEST_NAME = 21  # characters; every ID is longer


class BoundedPaginator(AnyPaginator):
    """Counts no further than `COUNTED`: counting ten million scores takes longer than looking at them."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: COUNTED + 1].count() if isinstance(rows, QuerySet) else len(rows)


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

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rules.is_moderator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rules.is_moderator(request.user)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A player's name finds what is his, an ID the one thing that bears it."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if self.player and len(term) <= LONGEST_NAME:
            user = user_named(term)
            return queryset.filter(**{self.player: user}) if user else queryset.none(), False
        found = Q(pk__in=())
        for name in self.get_search_fields(request):
            found |= Q(**{name: term})
        return queryset.filter(found), False


def user_named(name: str) -> User | None:
    """By name, whatever its case; `lower` is what the names are indexed by."""
    return User.objects.alias(lowered=Lower("username")).filter(lowered=name.lower()).first()


class GameFilter(admin.SimpleListFilter):
    """By game, without asking the table which games it holds."""

    title = "game"
    parameter_name = "game"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(game.slug, game.name) for game in GAMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(game=self.value()) if self.value() else queryset


def link_to_list(name: str, text: str, **filters: Any) -> SafeString:
    """A link to another list of the admin, filtered."""
    url = reverse(f"admin:imports_{name}_changelist", query=filters)
    return format_html('<a href="{}">{}</a>', url, text)


def reason_in(request: HttpRequest) -> str:
    """Why, as the moderator wrote it beside an action."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:REASON_LIMIT]


def tell(request: HttpRequest, *, done: str, refused: Sequence[str]) -> None:
    """What an action did, and each thing that it was refused; of many refusals the first."""
    if done:
        messages.success(request, done)
    for refusal in refused[:REFUSALS]:
        messages.warning(request, refusal)
    if len(refused) > REFUSALS:
        messages.warning(request, f"And {len(refused) - REFUSALS:,} more were refused.")


class ReasonForm(ActionForm):
    """What stands above a list: the action, and why. The player reads it."""

    reason = forms.CharField(
        label="Reason:", required=False, max_length=REASON_LIMIT, widget=forms.TextInput({"class": "vTextField"})
    )


def short(text: str, *, length: int = 12) -> str:
    """The beginning of a long ID or message."""
    return text if len(text) <= length else f"{text[:length]}…"
