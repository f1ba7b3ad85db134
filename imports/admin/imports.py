"""Imports in the admin: found by anything, taken back, brought back, tried again, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from imports import jobs, rules, watching
from imports.admin import taking_back
from imports.admin.base import ReadOnlyAdmin, ReasonForm, link_to_list, reason_in, short, tell
from imports.admin.filters import (
    ClientFilter,
    CountedGameFilter,
    IntentFilter,
    ServiceFilter,
    StateFilter,
    StuckFilter,
    TimeFilter,
    TypeFilter,
    WordsFilter,
)
from imports.models import Import, ImportInput, State, User
from imports.pipeline.classes import roll_back_classes, still_raised
from imports.pipeline.states import Busy

# Columns that may be large and that the list does not show.
UNREAD = ("also_carried", "put_aside", "class_deltas", "rating_changes", "stage_seconds", "error_message", "traceback")

Do = Callable[..., Any]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Everything about an import, and what a moderator can do with it."""

    player = "user"
    list_display = (
        "name", "user", "queued", "standing", "gpt", "service", "sender", "new", "known", "left_out",
    )  # fmt: skip
    list_filter = (
        StuckFilter, StateFilter, TimeFilter, CountedGameFilter, TypeFilter, IntentFilter, WordsFilter, ClientFilter,
        ServiceFilter,
    )  # fmt: skip
    list_select_related = ("user",)
    show_facets = admin.ShowFacets.ALLOW
    search_fields = ("import_id",)
    search_help_text = "A whole import ID, or a player's name"
    action_form = ReasonForm
    actions = ("revert_selected", "restore_selected", "retry_selected", "cancel_selected", "roll_back_selected")
    change_form_template = "admin/imports/import/change_form.html"
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
        ("Sent by", {"fields": ("client", "token", "user_intent", "input_file")}),
        ("Failure", {"fields": ("status_code", "error_message", "where")}),
        ("Revert", {"fields": ("reverted_at", "reverted_by", "revert_reason")}),
    )  # fmt: skip

    # --- what it shows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        found: QuerySet[Import] = super().get_queryset(request)
        return found.defer(*UNREAD).annotate(held=watching.is_held())

    @admin.display(description="import", ordering="pk")
    def name(self, job: Import) -> str:
        return short(job.import_id)

    @admin.display(description="state", ordering="state")
    def standing(self, job: Import) -> str:
        now = timezone.now()
        if job.state == State.QUEUED:
            return f"queued for {timesince(job.time_queued, now)}"
        if job.state == State.RUNNING:
            held = "" if job.held else ", nobody at it"  # type: ignore[attr-defined]  # an annotation
            return f"running for {timesince(job.time_started or now, now)}{held}"
        return f"failed ({job.status_code})" if job.state == State.FAILED else str(job.get_state_display())

    @admin.display(description="queued", ordering="time_queued")
    def queued(self, job: Import) -> str:
        return date_format(job.time_queued, "j M Y H:i")

    @admin.display(description="game")
    def gpt(self, job: Import) -> str:
        return " ".join([job.game, *job.playtypes])

    @admin.display(description="playtypes")
    def played(self, job: Import) -> str:
        return ", ".join(job.playtypes)

    @admin.display(description="client")
    def sender(self, job: Import) -> SafeString | str:
        return link_to_list("import", short(job.client, length=24), client=job.client) if job.client else ""

    @admin.display(description="new")
    def new(self, job: Import) -> int:
        return job.score_count

    @admin.display(description="duplicates")
    def known(self, job: Import) -> int:
        return job.duplicate_count

    @admin.display(description="problems")
    def left_out(self, job: Import) -> int:
        return job.problem_count

    @admin.display(description="traceback, for staff")
    def where(self, job: Import) -> SafeString | str:
        return format_html('<pre class="traceback">{}</pre>', job.traceback) if job.traceback else "-"

    @admin.display(description="input")
    def input_file(self, job: Import) -> SafeString | str:
        sent = ImportInput.objects.filter(job=job).defer("content").first()
        if sent is None:
            return "No longer stored."
        url = reverse("import-input", args=[job.import_id])
        return format_html('<a href="{}">Download {} ({} bytes)</a>', url, sent.file_name or "it", f"{sent.size:,}")

    @admin.display(description="see")
    def links(self, job: Import) -> SafeString:
        lists = {"score": "from_import", "importproblem": "job", "importsession": "job", "auditentry": "job"}
        names = {"score": "scores", "importproblem": "problems", "importsession": "sessions", "auditentry": "history"}
        links = [link_to_list(model, names[model], **{f"{path}__exact": job.pk}) for model, path in lists.items()]
        links += [link_to_list("import", "all of this player", user__id__exact=job.user_id)]
        page = format_html('<a href="{}">its page</a>', reverse("import-detail", args=[job.import_id]))
        return SafeString(" · ".join([*links, page]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context = {"deeds": deeds_for(job) if job and rules.can_moderate(request.user) else []}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    # --- what it does

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revert_view)
        return [path("revert/", view, name="imports_import_revert"), *super().get_urls()]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return rules.can_moderate(request.user)

    @admin.action(description="Revert … (shows what would change first)", permissions=["moderate"])
    def revert_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        """Asks first, on a page of its own."""
        try:
            chosen = taking_back.chosen(queryset)
        except taking_back.TooMany as why:
            self.message_user(request, str(why), messages.ERROR)
            return None
        return taking_back.ask(self, request, chosen)

    def revert_view(self, request: HttpRequest) -> HttpResponse:
        """The question again with other choices, or the deed."""
        return taking_back.answer(self, request)

    @admin.action(description="Restore", permissions=["moderate"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._each(request, queryset, jobs.restore, done="Queued to be restored")

    @admin.action(description="Retry", permissions=["moderate"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._each(request, queryset, jobs.retry, done="Queued to be tried again")

    @admin.action(description="Cancel", permissions=["moderate"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._each(request, queryset, jobs.cancel, done="Cancelled")

    @admin.action(description="Roll back the classes it brought", permissions=["moderate"])
    def roll_back_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        if not reason_in(request):
            self.message_user(request, "Say why: the player reads it.", messages.ERROR)
            return self._back(request)
        return self._each(request, queryset, _roll_back, done="Rolled back the classes of")

    def _each(self, request: HttpRequest, queryset: QuerySet[Import], do: Do, *, done: str) -> HttpResponse | None:
        """Does this to one import after the other, the oldest first, and says what was refused."""
        counted, refused, reason = 0, [], reason_in(request)
        for job in queryset.select_related("user").order_by("pk")[: taking_back.AT_ONCE]:
            try:
                do(job, by=cast(User, request.user), reason=reason)
                counted += 1
            except jobs.NotPossible as why:
                refused.append(f"Left alone: {job.import_id} of {job.user}. {why}")
        said = f"{done}: {counted:,} import{pluralize(counted)}." if counted else ""
        tell(request, done=said, refused=refused)
        return self._back(request)

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        """To the import whose page the action was chosen on; None: to the list."""
        came_from = request.POST.get("from", "")
        return redirect("admin:imports_import_change", came_from) if came_from.isdecimal() else None


def _roll_back(job: Import, *, by: User, reason: str) -> None:
    try:
        count = roll_back_classes(job, by=by, reason=reason)
    except Busy:
        raise jobs.NotPossible(taking_back.BUSY) from None
    if not count:
        raise jobs.NotPossible("It raised no provided class that is still as it left it.")


def deeds_for(job: Import) -> list[tuple[str, str]]:
    """(action, words on its button) of what can be done with an import as it stands."""
    deeds = {
        State.COMPLETED: [("revert_selected", "Revert …")],
        State.REVERTED: [("restore_selected", "Restore")],
        State.FAILED: [("retry_selected", "Retry")],
        State.CANCELLED: [("retry_selected", "Retry")],
        State.QUEUED: [("cancel_selected", "Cancel")],
        State.RUNNING: [("cancel_selected", "Cancel")],
    }[State(job.state)]
    for change in still_raised(job):
        deeds = [*deeds, ("roll_back_selected", f"Roll back {change.class_set} to {change.value or 'none'}")]
    return deeds
