"""/orphans/: scores of the reader's whose song or chart was unknown; trying them again, and letting one go."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs, rules
from imports.models import OrphanScore
from imports.pages import undo_words, words
from imports.pages.access import UNREAD, Visit, signed_in
from imports.pages.keyset import stretch_of
from imports.pages.naming import milliseconds
from imports.pages.orphan_rows import orphan_rows
from imports.pages.parts import Link
from imports.pipeline.orphans import delete_orphan, reprocess
from imports.pipeline.states import Busy, Gone

LAST_TRY = "orphans_tried"  # in the browser's session: what the last try did, as long as it is open


@require_safe
@signed_in
def orphan_list(request: Visit) -> HttpResponse:
    page = stretch_of(_orphans().filter(user=request.user), request.GET)
    context = {
        "page": page,
        "rows": orphan_rows(page.rows),
        "last_try": request.session.get(LAST_TRY),
        "crumb": Link(request.user.username, reverse("profile", args=[request.user.username])),
        "section": "profile",
    }
    return render(request, "orphan-list.html", context)


@require_POST
@signed_in
def orphans_retry(request: Visit) -> HttpResponse:
    """All of them at once: what became known meanwhile goes in, as if its import had just brought it."""
    try:
        rescue = reprocess(request.user, jobs.offered_games(), by=request.user)
    except Busy:
        return _busy(request)
    if not rescue.processed:
        messages.info(request, undo_words.NONE_LEFT)
        return redirect("orphan-list")
    strong, rest = undo_words.tried(rescue.processed, rescue.rescued, rescue.removed)
    request.session[LAST_TRY] = {"strong": strong, "rest": rest, "at": milliseconds(timezone.now())}
    return redirect("orphan-list")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def orphan_delete(request: Visit, orphan_id: str) -> HttpResponse:
    orphan = _orphans().filter(orphan_id=orphan_id).first()
    if orphan is None or not rules.can_touch_orphan(request.user, None, orphan):
        raise Http404
    if not rules.can_delete_orphan(request.user, None, orphan):
        raise PermissionDenied(words.NOT_YOURS)
    if request.method != "POST":
        context = {"row": orphan_rows([orphan])[0], "section": "profile"}
        return render(request, "orphan-delete.html", context)
    try:
        delete_orphan(orphan, by=request.user)
    except Busy:
        return _busy(request)
    except Gone:
        messages.info(request, undo_words.ORPHAN_GONE)
    else:
        messages.success(request, undo_words.ORPHAN_DELETED)
    return redirect("orphan-list")


def _orphans() -> QuerySet[OrphanScore]:
    """With the imports that brought them, as far as a page needs those."""
    return OrphanScore.objects.select_related("from_import__input").defer(*(f"from_import__{name}" for name in UNREAD))


def _busy(request: Visit) -> HttpResponse:
    context = {"back_url": reverse("orphan-list"), "back_text": words.TO_THE_LIST, "section": "profile"}
    return render(request, "busy.html", context, status=409)
