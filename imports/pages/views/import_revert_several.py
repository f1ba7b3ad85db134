"""/imports/revert/: several imports of one player as one deed. GET asks, POST does; /imports/reverted/ tells of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs, rules
from imports.models import Import, State
from imports.pages import undo_words, words
from imports.pages.access import Visit, signed_in, visible_imports
from imports.pages.import_rows import taken_back
from imports.pages.naming import input_of, kept_until
from imports.pages.parts import Link
from imports.pages.preview import import_line, revert_preview
from imports.pages.views.import_revert import answered
from imports.pipeline.preview import revert_all
from imports.pipeline.revert import Busy, Deed, NotRevertible

MOST = 100  # imports in one deed, as in the API
IMPORT_ID = re.compile("[0-9a-f]{40}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def revert_several(request: Visit) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    wrong = _wrong_with(asked)
    if wrong:
        messages.info(request, wrong)
        return redirect("import-list")
    chosen = _chosen(request, asked)
    back_url = _list_of(request, chosen)
    try:
        return _revert(request, chosen) if request.method == "POST" else _ask(request, chosen, back_url=back_url)
    except Busy:
        context = {"back_url": back_url, "back_text": words.TO_THE_LIST, "section": "imports"}
        return render(request, "busy.html", context, status=409)
    except NotRevertible:
        messages.info(request, undo_words.MOVED_ON)
        return redirect(back_url)


def _ask(request: Visit, chosen: Sequence[Import], *, back_url: str) -> HttpResponse:
    """Of those only that are still completed; as for one, shared scores are kept unless the answer says otherwise."""
    completed = [job for job in chosen if job.state == State.COMPLETED]
    if not completed:
        messages.info(request, words.NOTHING_TO_REVERT)
        return redirect(back_url)
    left_out = len(chosen) - len(completed)
    context = {
        "preview": revert_preview(completed, Deed(by=request.user, keep_shared=True)),
        "left_out": undo_words.not_completed(left_out) if left_out else "",
        "back_url": back_url,
        "section": "imports",
    }
    return render(request, "import-revert-several.html", context)


def _revert(request: Visit, chosen: Sequence[Import]) -> HttpResponse:
    """All of them or, where one is not completed any more, none: what was confirmed is what is done."""
    revert_all(chosen, answered(request))
    return _to(reverse("import-reverted"), chosen)


@require_safe
@signed_in
def reverted_several(request: Visit) -> HttpResponse:
    """Stays readable and true: it tells how each of these imports stands now."""
    chosen = _chosen(request, request.GET)
    if not chosen:
        return redirect("import-list")
    taken = taken_back(chosen)
    back = [job for job in chosen if job.state == State.REVERTED and input_of(job) is not None]
    context = {
        "headline": undo_words.imports_reverted(len(chosen)),
        "said": undo_words.taken_back(*(sum(pair[place] for pair in taken.values()) for place in (0, 1))),
        "rows": [
            {"job": job, "line": import_line(job), "taken": _taken(job, taken), "until": kept_until(job)}
            for job in chosen
        ],
        "restorable": back,
        "reason": _reason(chosen),
        "crumb": Link(words.IMPORTS, _list_of(request, chosen)),
        "section": "imports",
    }
    return render(request, "import-reverted-several.html", context)


@require_POST
@signed_in
def restore_several(request: Visit) -> HttpResponse:
    """Queues them again, the oldest first, as they came."""
    chosen = _chosen(request, request.POST)
    refused = 0
    for job in sorted(chosen, key=lambda job: job.pk):
        if not rules.can_run_again(request.user, None, job):
            raise PermissionDenied(words.NOT_YOURS)
        try:
            jobs.restore(job, by=request.user)
        except jobs.NotPossible:
            refused += 1
    messages.success(request, undo_words.restored(len(chosen) - refused, refused))
    return redirect(_list_of(request, chosen))


# --- what was chosen ----------------------------------------------------------------------------------


def _wrong_with(asked: QueryDict) -> str:
    count = len(set(asked.getlist("import")))
    if not count:
        return undo_words.CHOOSE_SOME
    return undo_words.TOO_MANY if count > MOST else ""


def _chosen(request: Visit, asked: QueryDict) -> list[Import]:
    """Newest first. Raises Http404 for what the reader may not see, PermissionDenied for what they may not revert."""
    wanted = {text for text in asked.getlist("import") if IMPORT_ID.fullmatch(text)}
    found = list(visible_imports(request).filter(import_id__in=wanted).select_related("user").order_by("-pk")[:MOST])
    if len(found) < len(set(asked.getlist("import"))):
        raise Http404
    if not all(rules.can_revert(request.user, None, job) for job in found):
        raise PermissionDenied(words.NOT_YOURS)
    if len({job.user_id for job in found}) > 1:
        raise PermissionDenied(undo_words.ONE_PLAYER)
    return found


def _list_of(request: Visit, chosen: Sequence[Import]) -> str:
    if not chosen or chosen[0].user == request.user:
        return reverse("import-list")
    return reverse("player-imports", args=[chosen[0].user.username])


def _to(url: str, chosen: Sequence[Import]) -> HttpResponseRedirect:
    query = QueryDict(mutable=True)
    query.setlist("import", [job.import_id for job in chosen])
    return HttpResponseRedirect(f"{url}?{query.urlencode()}")


def _taken(job: Import, taken: dict[int, tuple[int, int]]) -> str:
    return words.reverted(*taken[job.pk]) if job.pk in taken else ""


def _reason(chosen: Sequence[Import]) -> str:
    """The one that they share, if they do."""
    reasons = {job.revert_reason for job in chosen}
    return reasons.pop() if len(reasons) == 1 else ""
