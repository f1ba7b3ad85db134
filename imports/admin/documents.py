"""Imports and what they leave behind in the admin, and the one deed there is: reverting."""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from imports import rules
from imports.admin.base import GameFilter, ReadOnlyAdmin, link_to_list, short
from imports.formats import FORMATS
from imports.models import AuditEntry, Import, ImportInput, ImportProblem, OrphanScore, User
from imports.pipeline.revert import Busy, Deed, NotRevertible, revert

AT_ONCE = 100  # imports that one action reverts, each in a transaction of its own


class TypeFilter(admin.SimpleListFilter):
    """By import type, without asking the table which types it holds."""

    title = "type"
    parameter_name = "import_type"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(each.import_type, each.import_type) for each in FORMATS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Import]) -> QuerySet[Import]:
        return queryset.filter(import_type=self.value()) if self.value() else queryset


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Everything about an import, and the way to revert it."""

    player = "user"
    list_display = (
        "name", "user", "state", "gpt", "import_type", "new", "known", "left_out", "time_queued", "time_finished",
    )  # fmt: skip
    list_filter = ("state", GameFilter, TypeFilter)
    list_select_related = ("user",)
    search_fields = ("import_id",)
    search_help_text = "A whole import ID, or a player's name"
    actions = ("revert_selected",)
    fieldsets = (
        (None, {"fields": ("import_id", "user", "state", "import_type", "service", "game", "played", "links")}),
        (
            "Counts",
            {
                "fields": (
                    "row_count", "score_count", "duplicate_count", "problem_count", "best_count", "first_play_count",
                    "class_deltas", "rating_changes",
                )
            },
        ),
        ("Times", {"fields": ("time_queued", "time_started", "time_finished", "attempts", "stage_seconds")}),
        ("Sent by", {"fields": ("client", "token", "user_intent")}),
        ("Failure", {"fields": ("status_code", "error_message")}),
        ("Revert", {"fields": ("reverted_at", "reverted_by", "revert_reason")}),
    )  # fmt: skip

    @admin.display(description="import", ordering="pk")
    def name(self, job: Import) -> str:
        return short(job.import_id)

    @admin.display(description="game")
    def gpt(self, job: Import) -> str:
        return " ".join([job.game, *job.playtypes])

    @admin.display(description="playtypes")
    def played(self, job: Import) -> str:
        return ", ".join(job.playtypes)

    @admin.display(description="new")
    def new(self, job: Import) -> int:
        return job.score_count

    @admin.display(description="duplicates")
    def known(self, job: Import) -> int:
        return job.duplicate_count

    @admin.display(description="problems")
    def left_out(self, job: Import) -> int:
        return job.problem_count

    @admin.display(description="see")
    def links(self, job: Import) -> SafeString:
        lists = {"score": "from_import", "importproblem": "job", "importsession": "job", "auditentry": "job"}
        names = {"score": "scores", "importproblem": "problems", "importsession": "sessions", "auditentry": "history"}
        links = [link_to_list(model, names[model], **{f"{path}__exact": job.pk}) for model, path in lists.items()]
        return SafeString(" · ".join(links))

    def has_revert_permission(self, request: HttpRequest) -> bool:
        return rules.is_moderator(request.user)

    @admin.action(description="Revert the selected imports …", permissions=["revert"])
    def revert_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        """Asks first; then reverts each by itself and reports what was done and what was refused."""
        chosen = list(queryset.select_related("user").order_by("-pk")[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            self.message_user(request, f"Choose at most {AT_ONCE} imports at once.", messages.ERROR)
            return None
        if "confirmed" in request.POST:
            self._revert(request, chosen)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Revert imports",
            "opts": self.opts,
            "imports": chosen,
            "scores": sum(job.score_count for job in chosen if job.state == "completed"),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/imports/import/revert_selected.html", context)

    def _revert(self, request: HttpRequest, chosen: Sequence[Import]) -> None:
        deed = Deed(
            by=cast(User, request.user),  # nobody else comes this far
            reason=request.POST.get("reason", "").strip(),
            keep_shared="keep_shared" in request.POST,
        )
        done, scores = 0, 0
        for job in chosen:
            said = revert_or_reason(job, deed)
            if isinstance(said, str):
                self.message_user(request, f"Not reverted: {job.import_id} of {job.user}. {said}", messages.WARNING)
            else:
                done, scores = done + 1, scores + said
        if done:
            told = f"Reverted {done} import{pluralize(done)}; {scores:,} score{pluralize(scores)} gone."
            self.message_user(request, told, messages.SUCCESS)


def revert_or_reason(job: Import, deed: Deed) -> int | str:
    """Reverts an import: how many scores went, or why it was refused."""
    if not rules.can_revert(deed.by, None, job):
        return "Only its owner or an administrator may."
    try:
        return revert(job, deed).scores
    except Busy:
        return "Another import or revert of this player is under way."
    except NotRevertible:
        return "It is not completed (any more)."


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
