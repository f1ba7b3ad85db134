"""/import/: uploading a file. It is checked first; the page of the check asks for confirmation."""

from __future__ import annotations

import contextlib
import re

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs, submissions
from imports.access import rate_limits
from imports.errors import ImportFailed
from imports.integers import parse_digits
from imports.pages.components.sources.file_kinds import file_kinds, kinds_of_files
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import import_url
from imports.pages.imports import pending_uploads
from imports.pages.imports.checks import check_and_keep
from imports.pages.imports.forms import UploadForm
from imports.pages.imports.listing.last_used import last_used_files
from imports.pages.texts import upload_texts
from imports.pipeline.progress import snapshot_facts

FORM_OVERHEAD_BYTES = 64 * 1024  # bytes of the other fields and of the separators
MAX_DISCARDED_FILES = 4  # times the limit: a larger body is not read to its end
PROGRESS_NAME = re.compile("[0-9a-f]{32}")  # name by which upload.js polls the progress of a check
RETRY_AFTER = 3  # seconds


@csrf_exempt  # checked below: finding the token would read the body, however large
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponseBase:
    length = 0  # as the client declares it
    with contextlib.suppress(ValueError):
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    is_too_large = length > settings.TACHI_MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES
    # Read and discarded, as browsers only read the response once they have sent everything.
    if is_too_large and length <= MAX_DISCARDED_FILES * settings.TACHI_MAX_UPLOAD_BYTES:
        with contextlib.suppress(OSError):
            while request.read(1 << 16):
                pass
    response = _too_large(request) if is_too_large else _import_new(request)
    if request.method != "POST" or not _wants_json(request) or isinstance(response, JsonResponse):
        return response
    # Refused before the form was read: upload.js cannot show a sign-in page or one about outdated forms.
    if request.user.is_authenticated:
        return JsonResponse({"description": upload_texts.PAGE_EXPIRED}, status=403)
    return JsonResponse({"description": upload_texts.SIGNED_OUT}, status=401)


@csrf_exempt  # a phone's share sheet has no token: see below
@require_POST
def import_share(request: HttpRequest) -> HttpResponseBase:
    """Receives a file that a phone shares (`share_target` of the manifest): checked, never imported automatically.

    Another site could post here as well, without effect: browsers send no session with such requests (its cookie is
    SameSite=Strict), they send the origin, and a check stores no scores.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise PermissionDenied
    if (parse_digits(request.META.get("CONTENT_LENGTH")) or 0) > settings.TACHI_MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES:
        return _too_large(request)
    if not request.user.is_authenticated:
        messages.info(request, upload_texts.SIGN_IN_TO_SHARE)
        return redirect_to_login(reverse("import-new"))
    return _shared(request)


@sign_in_required
def _shared(request: AuthenticatedRequest) -> HttpResponse:
    form = UploadForm({"importType": ""}, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    return _check(request, form, form.upload(request.headers.get("User-Agent", ""), fields={"invalid": "skip"}))


@csrf_protect
@sign_in_required
def _import_new(request: AuthenticatedRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    client = request.headers.get("User-Agent", "")
    if request.POST.get("do") == "import":
        try:
            return redirect_or_json(request, import_url(submissions.submit(request.user, form.upload(client))))
        except ImportFailed as failure:
            return _page(request, form.with_failure(failure.message))
        except jobs.QuotaExceeded as full:
            return _page(request, form.with_error(str(full)), status=413)
    return _check(request, form, form.upload(client, fields={"invalid": "skip"}))


# --- checking ---------------------------------------------------------------------------------------


def _check(request: AuthenticatedRequest, form: UploadForm, upload: jobs.Upload) -> HttpResponse:
    """Checks the file, stores it with the result, and redirects to the page of the check."""
    # The page chooses the check's name, as it polls its progress during this request.
    name = request.POST.get("progress", "")
    try:
        progress = jobs.create_progress(_progress_name(request, name)) if PROGRESS_NAME.fullmatch(name) else None
        check_id = check_and_keep(request, upload, progress=progress)
    except ImportFailed as failure:
        return _page(request, form.with_failure(failure.message))
    except submissions.CheckInProgress:
        response = _page(request, form.with_error(upload_texts.BUSY), status=503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    except pending_uploads.UploadNotKept:
        return _page(request, form.with_error(upload_texts.NOT_KEPT), status=503, unchecked=True)
    except rate_limits.RateLimitExceeded as exceeded:
        if not _wants_json(request):
            raise
        return JsonResponse({"description": str(exceeded)}, status=429)
    return redirect_or_json(request, reverse("import-check", args=[check_id]))


@require_safe
@sign_in_required
def import_check_progress(request: AuthenticatedRequest, name: str) -> JsonResponse:
    """Returns the progress of a check by the reader; empty before it starts."""
    found = jobs.get_progress(_progress_name(request, name))
    response = JsonResponse(snapshot_facts(found) if found else {})
    response.headers["Cache-Control"] = "no-store"
    return response


def _progress_name(request: AuthenticatedRequest, name: str) -> str:
    return f"check:{request.user.pk}:{name}"


# --- responses --------------------------------------------------------------------------------------


def redirect_or_json(request: HttpRequest, url: str) -> HttpResponse:
    return JsonResponse({"url": url}, status=201) if _wants_json(request) else redirect(url)


def _page(
    request: AuthenticatedRequest, form: UploadForm, *, status: int = 400, unchecked: bool = False
) -> HttpResponse:
    """Returns the form; for upload.js only its error as a sentence. `unchecked`: the file may be imported unchecked."""
    if form.errors and _wants_json(request):
        description = " ".join(str(error) for errors in form.errors.values() for error in errors)
        answer = {"description": description, "code": form.failure, "unchecked": unchecked, "asks": form.missing_field}
        return JsonResponse(answer, status=status)
    context = {
        "form": form,
        "last_used": last_used_files(request.user),
        "kinds": file_kinds(),
        "endings": kinds_of_files(),
        "max_bytes": settings.TACHI_MAX_UPLOAD_BYTES,
        "unchecked": unchecked,
        "section": "upload",
    }
    return render(request, "import-new.html", context, status=status if form.errors else 200)


@sign_in_required
def _too_large(request: AuthenticatedRequest) -> HttpResponse:
    """Returns the empty form: the submitted one was too large to be read."""
    form = UploadForm({"importType": ""})
    form.full_clean()
    form.errors.clear()
    form.add_error("scoreData", upload_texts.too_large(settings.TACHI_MAX_UPLOAD_BYTES))
    return _page(request, form, status=413)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
