"""Imports in the admin: search, revert, restore, retry and cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports import jobs, monitoring
from imports.access import permissions
from imports.admin import reverting
from imports.admin.base import ReadOnlyAdmin, ReasonForm, link_to_list, reason_from_request, report_results, truncate
from imports.admin.details.clients import client_name
from imports.admin.details.import_page import import_page
from imports.admin.details.transitions import brought_by
from imports.admin.filters import (
    ClientFilter,
    CountedGameFilter,
    IntentFilter,
    ServiceFilter,
    StateFilter,
    StuckFilter,
    TextFilter,
    TimeFilter,
    TypeFilter,
)
from imports.catalogue.class_sets import class_set_name
from imports.catalogue.rating_names import class_value_name
from imports.games import playtype_of
from imports.models import AuditEntry, Import, ImportInput, Score, Song, State, User
from imports.models.documents import MAX_REASON_LENGTH
from imports.pipeline.classes import roll_back_classes, still_raised
from imports.pipeline.states import PlayerLocked
from imports.templatetags.moderation import import_game, import_label, state_name

# Potentially large columns that the list does not show.
DEFERRED_COLUMNS = (
    "put_aside",
    "class_deltas",
    "rating_changes",
    "stage_seconds",
    "error_message",
    "traceback",
    "input__content",
)
MAX_FOUND = 1_000  # newest imports from each part of a search
MAX_SONGS = 20  # songs with the searched title

Action = Callable[..., Any]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """The list and the pages of imports, with the actions of moderators."""

    player = "user"
    list_display = (
        "name", "user", "queued", "state_text", "gpt", "service", "sender", "new", "duplicates", "problems",
    )  # fmt: skip
    list_filter = (
        StuckFilter, StateFilter, TimeFilter, CountedGameFilter, TypeFilter, IntentFilter, TextFilter, ClientFilter,
        ServiceFilter,
    )  # fmt: skip
    list_select_related = ("user", "input")
    show_facets = admin.ShowFacets.ALLOW
    search_fields = ("import_id",)
    search_help_text = gettext_lazy(
        "A player, the beginning of a file's name or a service, a song's title, or a whole import ID"
    )
    action_form = ReasonForm
    actions = (
        "revert_selected",
        "restore_selected",
        "retry_selected",
        "cancel_selected",
        "requeue_selected",
        "roll_back_selected",
    )
    change_form_template = "admin/imports/import/change_form.html"
    fieldsets = (
        (None, {"fields": ("import_id", "user", "state", "import_type", "service", "game", "played", "links")}),
        (
            gettext_lazy("Counts"),
            {
                "fields": (
                    "row_count", "score_count", "duplicate_count", "problem_count", "best_count", "first_play_count",
                    "rating_change_text",
                )
            },
        ),
        (
            gettext_lazy("Times"),
            {"fields": ("time_queued", "time_started", "time_finished", "attempts", "stage_seconds")},
        ),
        (gettext_lazy("Sent by"), {"fields": ("client", "token", "user_intent", "input_file")}),
        (gettext_lazy("Failure"), {"fields": ("status_code", "error_message", "where")}),
        (gettext_lazy("Revert"), {"fields": ("reverted_at", "reverted_by", "revert_reason")}),
    )  # fmt: skip

    # --- what it shows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        # Read with the list whether a worker holds the import's lock: otherwise fifty imports would take fifty queries.
        imports: QuerySet[Import] = super().get_queryset(request)
        return imports.defer(*DEFERRED_COLUMNS).annotate(held=monitoring.is_held())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Searches by player or ID first; else by file, service or song. Each part uses an index or is bounded."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        term = search_term.replace("\0", "").strip()
        if not term or found.exists():
            return found, distinct
        files = ImportInput.objects.filter(file_name__startswith=term).exclude(file_name="").order_by("-pk")
        matched = Q(pk__in=list(files.values_list("pk", flat=True)[:MAX_FOUND]))
        if any(map(str.isalnum, term)):
            services = Import.objects.search(term, clients=False).order_by("-pk")
            matched |= Q(pk__in=list(services.values_list("pk", flat=True)[:MAX_FOUND]))
        songs = Song.objects.filter(title=term)[:MAX_SONGS]
        if songs:
            scores = Score.objects.filter(chart__song__in=[song.pk for song in songs]).order_by("-pk")
            matched |= Q(pk__in=list(scores.values_list("from_import", flat=True)[:MAX_FOUND]))
        return queryset.filter(matched), False

    @admin.display(description=gettext_lazy("import"), ordering="pk")
    def name(self, job: Import) -> str:
        return import_label(job)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_text(self, job: Import) -> str:
        now = timezone.now()
        if job.state == State.QUEUED:
            return _("Queued for {time}").format(time=timesince(job.time_queued, now))
        if job.state == State.RUNNING:
            time = timesince(job.time_started or now, now)
            if job.held:  # type: ignore[attr-defined]  # an annotation
                return _("Running for {time}").format(time=time)
            return _("Running for {time}, no worker").format(time=time)
        if job.state == State.FAILED:
            return _("Failed ({status})").format(status=job.status_code)
        return capfirst(state_name(job.state))

    @admin.display(description=gettext_lazy("queued"), ordering="time_queued")
    def queued(self, job: Import) -> str:
        return date_format(job.time_queued, _("j M Y H:i"))

    @admin.display(description=gettext_lazy("game"))
    def gpt(self, job: Import) -> str:
        return import_game(job)

    @admin.display(description=gettext_lazy("playtypes"))
    def played(self, job: Import) -> str:
        return ", ".join(job.playtypes)

    @admin.display(description=gettext_lazy("client"))
    def sender(self, job: Import) -> SafeString | str:
        return (
            link_to_list("import", truncate(client_name(job.client), length=32), client=job.client)
            if job.client
            else ""
        )

    @admin.display(description=gettext_lazy("new"))
    def new(self, job: Import) -> int:
        return job.score_count

    @admin.display(description=gettext_lazy("duplicates"))
    def duplicates(self, job: Import) -> int:
        return job.duplicate_count

    @admin.display(description=gettext_lazy("problems"))
    def problems(self, job: Import) -> int:
        return job.problem_count

    @admin.display(description=gettext_lazy("ratings and classes"))
    def rating_change_text(self, job: Import) -> SafeString | str:
        lines = [(line.name, line.before, line.after) for line in brought_by(job)]
        return format_html_join(SafeString("<br>"), "{}: {} → {}", lines) or "-"

    @admin.display(description=gettext_lazy("traceback, for staff"))
    def where(self, job: Import) -> SafeString | str:
        return format_html('<pre class="traceback">{}</pre>', job.traceback) if job.traceback else "-"

    @admin.display(description=gettext_lazy("input"))
    def input_file(self, job: Import) -> SafeString | str:
        sent = ImportInput.objects.filter(job=job).defer("content").first()
        if sent is None:
            return _("No longer stored.")
        url = reverse("import-input", args=[job.import_id])
        return format_html('<a href="{}">{}</a> ({})', url, sent.file_name or _("Download"), filesizeformat(sent.size))

    @admin.display(description=gettext_lazy("links"))
    def links(self, job: Import) -> SafeString:
        lists = {"score": "from_import", "importproblem": "job", "importsession": "job", "auditentry": "job"}
        names = {
            "score": _("scores"),
            "importproblem": _("problems"),
            "importsession": _("sessions"),
            "auditentry": _("history"),
        }
        links = [link_to_list(model, names[model], **{f"{path}__exact": job.pk}) for model, path in lists.items()]
        links += [link_to_list("import", _("all of this player"), user__id__exact=job.user_id)]
        page = format_html('<a href="{}">{}</a>', reverse("import-detail", args=[job.import_id]), _("player's view"))
        return SafeString(" · ".join([*links, page]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        actions = available_actions(job) if job and permissions.can_moderate(request.user) else []
        context = {
            "available_actions": actions,
            "max_reason_length": MAX_REASON_LENGTH,
            **({"title": import_label(job), "subtitle": None, "page": import_page(job)} if job else {}),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    # --- what it does

    def get_urls(self) -> list[URLPattern]:
        # Before Django's own URLs, which would match `revert/` as the key of an import.
        view = self.admin_site.admin_view(self.revert_view)
        return [path("revert/", view, name="imports_import_revert"), *super().get_urls()]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return permissions.can_moderate(request.user)

    @admin.action(description=gettext_lazy("Revert … (shows what would change first)"), permissions=["moderate"])
    def revert_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        """Shows a page that asks for confirmation."""
        try:
            chosen = reverting.selected_keys(queryset)
        except reverting.TooManyImports as why:
            self.message_user(request, str(why), messages.ERROR)
            return None
        return reverting.confirm_view(self, request, chosen)

    def revert_view(self, request: HttpRequest) -> HttpResponse:
        """Shows the confirmation again with other options, or reverts."""
        return reverting.handle_post(self, request)

    @admin.action(description=gettext_lazy("Restore"), permissions=["moderate"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._apply_to_each(
            request,
            queryset,
            jobs.restore,
            done=lambda n: ngettext("Restoring {count} import.", "Restoring {count} imports.", n),
        )

    @admin.action(description=gettext_lazy("Retry"), permissions=["moderate"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._apply_to_each(
            request,
            queryset,
            jobs.retry,
            done=lambda n: ngettext("Retrying {count} import.", "Retrying {count} imports.", n),
        )

    @admin.action(description=gettext_lazy("Cancel"), permissions=["moderate"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        return self._apply_to_each(
            request,
            queryset,
            jobs.cancel,
            done=lambda n: ngettext("Cancelled {count} import.", "Cancelled {count} imports.", n),
        )

    @admin.action(description=gettext_lazy("Requeue"), permissions=["moderate"])
    def requeue_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        """Queues imports without a worker again, as the sweeper does. Queueing an import twice is harmless."""

        def requeue(job: Import, *, by: User, reason: str) -> None:
            if job.is_final or job.held:  # type: ignore[attr-defined]  # an annotation
                raise jobs.InvalidTransition(_("It is finished, or a worker is running it."))
            AuditEntry.objects.record(AuditEntry.Verb.RETRIED, job, by=by, reason=reason or "queued again")
            jobs.enqueue(job.import_id)

        return self._apply_to_each(
            request,
            queryset,
            requeue,
            done=lambda n: ngettext("Requeued {count} import.", "Requeued {count} imports.", n),
        )

    @admin.action(description=gettext_lazy("Undo the classes it set"), permissions=["moderate"])
    def roll_back_selected(self, request: HttpRequest, queryset: QuerySet[Import]) -> HttpResponse | None:
        if not reason_from_request(request):
            self.message_user(request, _("Give a reason; the player sees it."), messages.ERROR)
            return self._back(request)

        def roll_back(job: Import, *, by: User, reason: str) -> None:
            try:
                count = roll_back_classes(job, by=by, reason=reason)
            except PlayerLocked:
                raise jobs.InvalidTransition(reverting.BUSY) from None
            if not count:
                raise jobs.InvalidTransition(_("None of the classes it set is still in place."))

        return self._apply_to_each(
            request,
            queryset,
            roll_back,
            done=lambda n: ngettext("Classes of {count} import undone.", "Classes of {count} imports undone.", n),
        )

    def _apply_to_each(
        self, request: HttpRequest, queryset: QuerySet[Import], action: Action, *, done: Callable[[int], str]
    ) -> HttpResponse | None:
        """Applies an action to each import, oldest first, and shows messages with the result and the refusals."""
        counted, refused, reason = 0, [], reason_from_request(request)
        # A refused import does not stop the others: they may belong to different players.
        for job in queryset.select_related("user").order_by("pk")[: reverting.MAX_IMPORTS]:
            try:
                action(job, by=cast(User, request.user), reason=reason)
                counted += 1
            except jobs.InvalidTransition as why:
                refused.append(_("Skipped: {job} of {user}. {why}").format(job=job.import_id, user=job.user, why=why))
        message = done(counted).format(count=f"{counted:,}") if counted else ""
        report_results(request, done=message, refused=refused)
        return self._back(request)

    def _back(self, request: HttpRequest) -> HttpResponse | None:
        """Redirects to the import's page or the queue, wherever the action was chosen; None stands for the list."""
        came_from = request.POST.get("from", "")
        if came_from == "queue":
            return redirect("admin:queue")
        return redirect("admin:imports_import_change", came_from) if came_from.isdecimal() else None


def available_actions(job: Import) -> list[tuple[str, str]]:
    """Returns (action, label of its button) for the actions that the import's state allows."""
    # The transitions that `pipeline.states` allows: a button that would always be refused is not shown.
    actions = {
        State.COMPLETED: [("revert_selected", _("Revert…"))],
        State.REVERTED: [("restore_selected", _("Restore"))],
        State.FAILED: [("retry_selected", _("Retry"))],
        State.CANCELLED: [("retry_selected", _("Retry"))],
        State.QUEUED: [("cancel_selected", _("Cancel"))],
        State.RUNNING: [("cancel_selected", _("Cancel"))],
    }[State(job.state)]
    for change in still_raised(job):
        playtype = playtype_of(change.game, change.playtype)
        label = _("Roll back {class_set} to {value}").format(
            class_set=class_set_name(change.class_set),
            value=class_value_name(playtype, change.class_set, change.value) or _("none"),
        )
        actions = [*actions, ("roll_back_selected", label)]
    return actions
