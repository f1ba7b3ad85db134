"""/import/: giving a file. It is checked first; import_check asks what to do with it."""

from __future__ import annotations

import contextlib
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from imports import jobs, limits, submissions
from imports.errors import ImportFailed
from imports.pages import checked, checked_uploads, import_words, words
from imports.pages.access import Visit, signed_in
from imports.pages.context import import_url
from imports.pages.forms import UploadForm
from imports.pipeline.checking import Wish
from imports.pipeline.progress import Progress, told

AROUND_A_FILE = 64 * 1024  # bytes of the other fields and of what stands between them
DRAINED = 4  # times the limit: a larger body is not read to its end
FOLLOWED = re.compile("[0-9a-f]{32}")  # what upload.js calls a check whose progress it asks for
RETRY_AFTER = 3  # seconds


@csrf_exempt  # checked below: looking for the token would read the body, however large
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponseBase:
    is_too_large = _length(request) > settings.TACHI_MAX_UPLOAD_BYTES + AROUND_A_FILE
    if is_too_large:
        _drain(request)
    response = _refused(request) if is_too_large else _import_new(request)
    is_shut = request.method == "POST" and _wants_json(request) and not isinstance(response, JsonResponse)
    return _said_to_script(request) if is_shut else response


@csrf_protect
@signed_in
def _import_new(request: Visit) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    client = request.headers.get("User-Agent", "")
    if request.POST.get("do") == "import":
        try:
            return _go_on(request, import_url(jobs.submit(request.user, form.upload(client))))
        except jobs.NoRoom as full:
            return _page(request, form.with_error(str(full)), status=413)
    return _check(request, form, form.upload(client, fields={"invalid": "skip"}))


# --- checking ---------------------------------------------------------------------------------------


def _check(request: Visit, form: UploadForm, upload: jobs.Upload) -> HttpResponse:
    """Checks the file, keeps it with what was found, and leads to the page that tells."""
    try:
        limits.spend(limits.SCORE_CHECK, limits.who_is(request.user, request.META))
        found = submissions.check(request.user, upload, wish=Wish(limit=checked.LISTED), progress=_progress(request))
        check_id = checked_uploads.keep(request.user, upload, checked.said(found, upload))
    except ImportFailed as failure:
        return _page(request, form.with_failure(failure.message))
    except submissions.TooMuchAtOnce:
        response = _page(request, form.with_error(import_words.BUSY), status=503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    except checked_uploads.NotKept:
        return _page(request, form.with_error(import_words.NOT_KEPT), status=503, unchecked=True)
    except limits.Exceeded as exceeded:
        if not _wants_json(request):
            raise
        return JsonResponse({"description": str(exceeded)}, status=429)
    return _go_on(request, reverse("import-check", args=[check_id]))


def _progress(request: Visit) -> Progress | None:
    """Where the check tells how far it is, if the page wants to know."""
    name = request.POST.get("progress", "")
    return jobs.followed(_followed(request, name)) if FOLLOWED.fullmatch(name) else None


@require_safe
@signed_in
def import_check_progress(request: Visit, name: str) -> JsonResponse:
    """How far a check of the reader's own is; nothing while it has not begun."""
    found = jobs.how_far(_followed(request, name))
    response = JsonResponse(told(found) if found else {})
    response.headers["Cache-Control"] = "no-store"
    return response


def _followed(request: Visit, name: str) -> str:
    return f"check:{request.user.pk}:{name}"


# --- answering --------------------------------------------------------------------------------------


def _go_on(request: HttpRequest, url: str) -> HttpResponse:
    return JsonResponse({"url": url}, status=201) if _wants_json(request) else redirect(url)


def _said_to_script(request: HttpRequest) -> JsonResponse:
    """Why the door is shut: upload.js could make nothing of the page for signing in, or of the one about old forms."""
    if request.user.is_authenticated:
        return JsonResponse({"description": import_words.PAGE_TOO_OLD}, status=403)
    return JsonResponse({"description": import_words.SIGNED_OUT}, status=401)


def _page(request: HttpRequest, form: UploadForm, *, status: int = 400, unchecked: bool = False) -> HttpResponse:
    """The form. For upload.js what is wrong with it, in one sentence. `unchecked`: it may be imported as it is."""
    if form.errors and _wants_json(request):
        description = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return JsonResponse({"description": description, "code": form.failure, "unchecked": unchecked}, status=status)
    context = {
        "form": form,
        "max_bytes": settings.TACHI_MAX_UPLOAD_BYTES,
        "unchecked": unchecked,
        "section": "upload",
    }
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
