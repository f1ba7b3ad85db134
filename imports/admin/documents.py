"""What imports leave behind in the admin: input, problems, orphans, keys, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from imports.admin.base import GameFilter, ReadOnlyAdmin, short
from imports.models import AuditEntry, IdempotencyKey, ImportInput, ImportProblem, OrphanScore, User


@admin.register(ImportInput)
class ImportInputAdmin(ReadOnlyAdmin):
    """What came in, without its content."""

    player = "job__user"
    list_display = ("job", "user", "file_name", "size", "received_at")
    list_select_related = ("job__user",)
    search_fields = ("job__import_id",)
    search_help_text = "A whole import ID, or a player's name"
    fields = ("job", "file_name", "size", "fields", "infer_time_achieved", "received_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportInput]:
        return super().get_queryset(request).defer("content")

    @admin.display(description="user")
    def user(self, stored: ImportInput) -> User:
        return stored.job.user


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Which submission a client's key stood for, while it is kept."""

    player = "user"
    list_display = ("key", "user", "job", "created_at")
    list_select_related = ("user", "job")
    search_fields = ("job__import_id",)
    search_help_text = "A whole import ID, or a player's name"
    fields = ("key", "user", "job", "created_at")


@admin.register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin):
    """Rows that imports left out."""

    player = "job__user"
    list_display = ("job", "user", "row", "type", "said")
    list_filter = ("type",)
    list_select_related = ("job__user",)
    search_fields = ("job__import_id",)
    search_help_text = "A whole import ID, or a player's name"
    fields = ("job", "row", "type", "message", "datapoint", "orphan")

    @admin.display(description="user")
    def user(self, problem: ImportProblem) -> User:
        return problem.job.user

    @admin.display(description="message")
    def said(self, problem: ImportProblem) -> str:
        return short(problem.message, length=120)


@admin.register(OrphanScore)
class OrphanScoreAdmin(ReadOnlyAdmin):
    """Rows that wait for their song or chart."""

    player = "user"
    list_display = ("name", "user", "game", "said", "from_import", "time_inserted")
    list_filter = (GameFilter,)
    list_select_related = ("user", "from_import")
    search_fields = ("orphan_id",)
    search_help_text = "A whole orphan ID, or a player's name"
    fields = (
        "orphan_id", "user", "from_import", "import_type", "game", "data", "context", "error_message", "time_inserted",
    )  # fmt: skip

    @admin.display(description="orphan", ordering="pk")
    def name(self, orphan: OrphanScore) -> str:
        return short(orphan.orphan_id)

    @admin.display(description="message")
    def said(self, orphan: OrphanScore) -> str:
        return short(orphan.error_message, length=120)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when and why. The database itself refuses to change it."""

    player = "subject"
    list_display = ("at", "verb", "job", "subject", "actor", "told", "reason")
    list_filter = ("verb",)
    list_select_related = ("job", "subject", "actor")
    search_fields = ("job__import_id",)
    search_help_text = "A whole import ID, or the name of the player whose scores it was about"
    fields = ("at", "verb", "job", "subject", "actor", "token", "reason", "counts")

    @admin.display(description="counts")
    def told(self, entry: AuditEntry) -> str:
        return ", ".join(_counts(entry))


def _counts(entry: AuditEntry) -> Iterator[str]:
    for name, count in entry.counts.items():
        yield f"{name.removesuffix('_count').replace('_', ' ')} {count}"
