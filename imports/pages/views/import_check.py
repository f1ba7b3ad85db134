"""/import/checked/:id/: what a file would do. GET tells; POST imports it, or lets go of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from imports import jobs, submissions
from imports.pages import checked_uploads, import_words
from imports.pages.access import Visit, signed_in
from imports.pages.checked import Check, check_of
from imports.pages.context import import_url

PER_PAGE = 50
WISHES = {"skip": {"invalid": "skip"}, "whole": {}}
"""Button -> the fields that go with the file: leave out rows that are no scores at all, or fail over the first."""


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def import_check(request: Visit, check_id: str) -> HttpResponse:
    told = checked_uploads.said_of(request.user, check_id)
    if told is None:
        messages.info(request, import_words.CHECK_IS_GONE)
        return redirect("import-new")
    if told["imported"]:
        return redirect(reverse("import-detail", args=[told["imported"]]))
    check = check_of(told)
    if request.method != "POST":
        return _page(request, check)
    return _answered(request, check_id, check)


def _page(request: Visit, check: Check, *, status: int = 200) -> HttpResponse:
    page = Paginator(check.problems, PER_PAGE).get_page(request.GET.get("page"))
    context = {"check": check, "page": page, "rows": page.object_list, "section": "upload"}
    return render(request, "import-check.html", context, status=status)


def _answered(request: Visit, check_id: str, check: Check) -> HttpResponse:
    wish = request.POST.get("do", "")
    if wish == "whole" and check.why_not:
        messages.info(request, import_words.DOES_NOT_FIT)
        return _page(request, check, status=409)
    if wish not in WISHES:
        checked_uploads.forget(request.user)
        messages.info(request, import_words.LEFT_ALONE)
        return redirect("import-new")
    return _import(request, check_id, wish)


def _import(request: Visit, check_id: str, wish: str) -> HttpResponse:
    """Once, however often the button is pressed."""
    upload = checked_uploads.upload_of(request.user, check_id, fields=WISHES[wish])
    if upload is None:
        messages.info(request, import_words.CHECK_IS_GONE)
        return redirect("import-new")
    try:
        job = submissions.submit_once(request.user, upload, key=f"checked {check_id}")
    except submissions.KeyTaken:  # both buttons were pressed; the first one counts
        return redirect("import-list")
    except jobs.NoRoom as full:
        messages.error(request, str(full))
        return redirect("import-new")
    checked_uploads.imported(request.user, check_id, job)
    return redirect(import_url(job))
