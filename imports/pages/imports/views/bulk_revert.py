"""/imports/revert/: several imports of one player. GET confirms, POST reverts; /imports/reverted/ is the result."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs
from imports.access import permissions
from imports.models import Import, State
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import get_input, kept_until
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required, visible_imports
from imports.pages.imports.change_summary import import_line, revert_preview
from imports.pages.imports.listing.rows import reverted_counts
from imports.pages.imports.listing.runs import MAX_REVERTED_TOGETHER, run_members
from imports.pages.imports.views.revert import revert_options_from_post
from imports.pages.texts import import_texts, revert_texts
from imports.pipeline.undo.preview import revert_all
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest

IMPORT_ID = re.compile("[0-9a-f]{40}")


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def bulk_revert(request: AuthenticatedRequest) -> HttpResponse:
    selection: QueryDict = request.POST if request.method == "POST" else request.GET
    if "run" in request.GET and request.method != "POST":
        # A run is given by its first and last import: a hundred IDs would be too long for the address.
        members = run_members(visible_imports(request), request.GET["run"]).filter(state=State.COMPLETED)
        selection = QueryDict(mutable=True)
        selection.setlist("import", list(members.values_list("import_id", flat=True)[: MAX_REVERTED_TOGETHER + 1]))
    count = len(set(selection.getlist("import")))
    # No or too many imports chosen is no error of the address: the list is the place to choose again.
    if not count or count > MAX_REVERTED_TOGETHER:
        messages.info(request, revert_texts.TOO_MANY if count else revert_texts.CHOOSE_SOME)
        return redirect("import-list")
    chosen = _selected_imports(request, selection)
    back_url = _list_of(request, chosen)
    try:
        if request.method != "POST":
            return _confirm_page(request, chosen, back_url=back_url)
        # All of them, or none if one is not completed any more: exactly the confirmed revert is done.
        revert_all(chosen, revert_options_from_post(request))
    except PlayerLocked:
        context = {"back_url": back_url, "back_text": import_texts.TO_THE_LIST, "section": "imports"}
        return render(request, "busy.html", context, status=409)
    except NotRevertible:
        messages.info(request, revert_texts.STATE_CHANGED)
        return redirect(back_url)
    query = QueryDict(mutable=True)
    query.setlist("import", [job.import_id for job in chosen])
    return HttpResponseRedirect(f"{reverse('import-reverted')}?{query.urlencode()}")


def _confirm_page(request: AuthenticatedRequest, chosen: Sequence[Import], *, back_url: str) -> HttpResponse:
    """Shows those that are still completed; shared scores are kept by default, as for a single import."""
    completed = [job for job in chosen if job.state == State.COMPLETED]
    if not completed:
        messages.info(request, revert_texts.NOTHING_TO_REVERT)
        return redirect(back_url)
    left_out = len(chosen) - len(completed)
    context = {
        "preview": revert_preview(completed, RevertRequest(by=request.user, keep_shared=True)),
        "left_out": revert_texts.not_completed_notice(left_out) if left_out else "",
        "back_url": back_url,
        "section": "imports",
    }
    return render(request, "import-revert-several.html", context)


@require_safe
@sign_in_required
def bulk_revert_result(request: AuthenticatedRequest) -> HttpResponse:
    """Shows the present state of each of these imports, so that the address stays valid."""
    chosen = _selected_imports(request, request.GET)
    if not chosen:
        return redirect("import-list")
    counts = reverted_counts(chosen)
    scores, kept = (sum(pair[place] for pair in counts.values()) for place in (0, 1))
    reasons = {job.revert_reason for job in chosen}
    context = {
        "headline": revert_texts.reverted_heading(len(chosen)),
        "summary": revert_texts.bulk_revert_result(scores, kept),
        "rows": [
            {
                "job": job,
                "line": import_line(job),
                "taken": revert_texts.revert_result(*counts[job.pk]) if job.pk in counts else "",
                "until": kept_until(job),
            }
            for job in chosen
        ],
        "restorable": [job for job in chosen if job.state == State.REVERTED and get_input(job) is not None],
        # They had one reason; since then an import may have been restored, or reverted again with another reason.
        "reason": reasons.pop() if len(reasons) == 1 else "",
        "crumb": Link(import_texts.IMPORTS, _list_of(request, chosen)),
        "section": "imports",
    }
    return render(request, "import-reverted-several.html", context)


@require_POST
@sign_in_required
def bulk_restore(request: AuthenticatedRequest) -> HttpResponse:
    """Queues the imports again, the oldest first, in their original order."""
    chosen = _selected_imports(request, request.POST)
    refused = 0
    # Each separately, unlike the revert: an import whose file is deleted must not block the others.
    for job in sorted(chosen, key=lambda job: job.pk):
        if not permissions.can_run_again(request.user, None, job):
            raise PermissionDenied(import_texts.NOT_YOURS)
        try:
            jobs.restore(job, by=request.user)
        except jobs.InvalidTransition:
            refused += 1
    if refused < len(chosen):
        messages.success(request, revert_texts.restoring(len(chosen) - refused))
    if refused:
        messages.warning(request, revert_texts.not_restored(refused))
    return redirect(_list_of(request, chosen))


# --- the selection ------------------------------------------------------------------------------------


def _selected_imports(request: AuthenticatedRequest, selection: QueryDict) -> list[Import]:
    """Returns them newest first. Raises Http404 if the reader may not see one, PermissionDenied if not revert it."""
    wanted = {text for text in selection.getlist("import") if IMPORT_ID.fullmatch(text)}
    found = list(
        visible_imports(request)
        .filter(import_id__in=wanted)
        .select_related("user")
        .order_by("-pk")[:MAX_REVERTED_TOGETHER]
    )
    # An ID is unknown or hidden from this reader. Continuing with the rest would revert less than was requested.
    if len(found) < len(set(selection.getlist("import"))):
        raise Http404
    if not all(permissions.can_revert(request.user, None, job) for job in found):
        raise PermissionDenied(import_texts.NOT_YOURS)
    if len({job.user_id for job in found}) > 1:
        raise PermissionDenied(revert_texts.ONE_PLAYER)
    return found


def _list_of(request: AuthenticatedRequest, chosen: Sequence[Import]) -> str:
    if not chosen or chosen[0].user == request.user:
        return reverse("import-list")
    return reverse("player-imports", args=[chosen[0].user.username])
