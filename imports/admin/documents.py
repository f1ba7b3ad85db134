"""Stored input, problems, orphans, idempotency keys and the audit trail in the admin."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from imports.admin import words
from imports.admin.base import GameFilter, ReadOnlyAdmin, truncate
from imports.models import (
    AuditEntry,
    CarriedScores,
    IdempotencyKey,
    ImportInput,
    ImportProblem,
    OrphanScore,
    RowCorrection,
    User,
)
from imports.models.results.carried_scores import ID_SIZE


@admin.register(ImportInput)
class ImportInputAdmin(ReadOnlyAdmin):
    """The stored input of an import, without its content."""

    player = "job__user"
    list_display = ("job", "user", "file_name", "size", "received_at")
    list_select_related = ("job__user",)
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or a player's name")
    fields = ("job", "file_name", "size", "fields", "infer_time_achieved", "received_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportInput]:
        # A page of fifty inputs could be hundreds of megabytes.
        return super().get_queryset(request).defer("content")

    @admin.display(description=gettext_lazy("user"))
    def user(self, stored: ImportInput) -> User:
        return stored.job.user


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Stored idempotency keys of clients and the imports they belong to."""

    player = "user"
    list_display = ("key", "user", "job", "created_at")
    list_select_related = ("user", "job")
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or a player's name")
    fields = ("key", "user", "job", "created_at")


@admin.register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin):
    """Rows that imports left out."""

    player = "job__user"
    list_display = ("job", "user", "row", "type", "short_message")
    list_filter = ("type",)
    list_select_related = ("job__user",)
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or a player's name")
    fields = ("job", "row", "type", "message", "datapoint", "orphan")

    @admin.display(description=gettext_lazy("user"))
    def user(self, problem: ImportProblem) -> User:
        return problem.job.user

    @admin.display(description=gettext_lazy("message"))
    def short_message(self, problem: ImportProblem) -> str:
        return truncate(problem.message, length=120)


@admin.register(OrphanScore)
class OrphanScoreAdmin(ReadOnlyAdmin):
    """Rows whose song or chart is not known yet."""

    player = "user"
    list_display = ("name", "user", "game", "short_message", "from_import", "time_inserted")
    list_filter = (GameFilter,)
    list_select_related = ("user", "from_import")
    search_fields = ("orphan_id",)
    search_help_text = gettext_lazy("A whole orphan ID, or a player's name")
    fields = (
        "orphan_id", "user", "from_import", "import_type", "game", "data", "context", "error_message", "time_inserted",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("orphan"), ordering="pk")
    def name(self, orphan: OrphanScore) -> str:
        return truncate(orphan.orphan_id)

    @admin.display(description=gettext_lazy("message"))
    def short_message(self, orphan: OrphanScore) -> str:
        return truncate(orphan.error_message, length=120)


class ActionFilter(admin.SimpleListFilter):
    """Entries of one kind of action, by the names that the list shows."""

    title = gettext_lazy("action")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(verb, words.what_happened(verb, None)) for verb in words.VERBS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Actions with their actor, time and reason. The database refuses changes to them."""

    player = "subject"
    list_display = ("at", "what", "job", "subject", "actor", "counts_text", "reason")
    list_filter = (ActionFilter,)
    list_select_related = ("job", "subject", "actor")
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or the name of the player whose scores it was about")
    fields = ("at", "what", "job", "subject", "actor", "token", "reason", "counts")

    @admin.display(description=gettext_lazy("action"), ordering="verb")
    def what(self, entry: AuditEntry) -> str:
        return words.what_happened(entry.verb, None)

    @admin.display(description=gettext_lazy("counts"))
    def counts_text(self, entry: AuditEntry) -> str:
        return ", ".join(f"{words.count_name(name)} {count}" for name, count in entry.counts.items())


@admin.register(RowCorrection)
class RowCorrectionAdmin(ReadOnlyAdmin):
    """Rows that an import left out and that were imported later, on a chart that the player chose."""

    player = "job__user"
    list_display = ("job", "user", "row", "corrected_by", "score_id")
    list_select_related = ("job__user", "corrected_by")
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or a player's name")
    fields = ("job", "row", "corrected_by", "corrected_row", "score_id", "orphan")

    @admin.display(description=gettext_lazy("user"))
    def user(self, correction: RowCorrection) -> User:
        return correction.job.user


@admin.register(CarriedScores)
class CarriedScoresAdmin(ReadOnlyAdmin):
    """The number of scores in an import's file that belonged to other imports."""

    player = "job__user"
    list_display = ("job", "user", "score_count")
    list_select_related = ("job__user",)
    search_fields = ("job__import_id",)
    search_help_text = gettext_lazy("A whole import ID, or a player's name")
    fields = ("job", "score_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CarriedScores]:
        # All packed IDs have the same size: their number follows from the length, without reading them.
        counted: QuerySet[CarriedScores] = super().get_queryset(request).annotate(packed_size=Length("score_ids"))
        return counted.defer("score_ids")

    @admin.display(description=gettext_lazy("user"))
    def user(self, carried: CarriedScores) -> User:
        return carried.job.user

    @admin.display(description=gettext_lazy("scores"))
    def score_count(self, carried: Any) -> int:
        return int(carried.packed_size) // ID_SIZE
