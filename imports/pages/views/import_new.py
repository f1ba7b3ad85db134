"""/import/: giving a file."""

from __future__ import annotations

import contextlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from imports import jobs
from imports.pages import words
from imports.pages.access import Visit, signed_in
from imports.pages.context import import_url
from imports.pages.forms import UploadForm

AROUND_A_FILE = 64 * 1024  # bytes of the other fields and of what stands between them
DRAINED = 4  # times the limit: a larger body is not read to its end


@csrf_exempt  # checked below: looking for the token would read the body, however large
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    if _length(request) > settings.TACHI_MAX_UPLOAD_BYTES + AROUND_A_FILE:
        _drain(request)
        return _refused(request)
    return _import_new(request)


@csrf_protect
@signed_in
def _import_new(request: Visit) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    job = jobs.submit(request.user, form.upload(request.headers.get("User-Agent", "")))
    if _wants_json(request):
        return JsonResponse({"url": import_url(job)}, status=201)
    return redirect(import_url(job))


def _page(request: HttpRequest, form: UploadForm, *, status: int = 400) -> HttpResponse:
    """The form. For upload.js what is wrong with it, in one sentence."""
    if form.errors and _wants_json(request):
        description = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return JsonResponse({"description": description}, status=status)
    context = {"form": form, "max_bytes": settings.TACHI_MAX_UPLOAD_BYTES, "section": "upload"}
    return render(request, "import-new.html", context, status=status if form.errors else 200)


@signed_in
def _refused(request: Visit) -> HttpResponse:
    """The form again, without what was sent: that was too large to be read."""
    form = UploadForm({"importType": ""})
    form.full_clean()
    form.errors.clear()
    form.add_error("scoreData", words.too_large(settings.TACHI_MAX_UPLOAD_BYTES))
    return _page(request, form, status=413)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _length(request: HttpRequest) -> int:
    """What the client says it sends, 0 where it says nothing."""
    with contextlib.suppress(ValueError):
        return int(request.META.get("CONTENT_LENGTH") or 0)
    return 0


def _drain(request: HttpRequest) -> None:
    """Reads and forgets the body: browsers only look at an answer once they have sent everything."""
    if _length(request) <= DRAINED * settings.TACHI_MAX_UPLOAD_BYTES:
        with contextlib.suppress(OSError):
            while request.read(1 << 16):
                pass
