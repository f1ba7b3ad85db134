"""/imports/:id/input/: the file that was given, for its owner and moderators."""

from __future__ import annotations

import zlib

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from imports import rules
from imports.models import ImportInput
from imports.pages import words
from imports.pages.access import Visit, signed_in, visible_import


@require_safe
@signed_in
def import_input(request: Visit, import_id: str) -> HttpResponse:
    job = visible_import(request, import_id)
    if not rules.can_see_input(request.user, job):
        raise PermissionDenied(words.INPUT_IS_PRIVATE)
    sent = ImportInput.objects.filter(job=job).first()
    if sent is None:
        raise Http404(words.INPUT_IS_GONE)
    # Never shown in place: it is somebody else's content, and the address is ours.
    name = sent.file_name or f"{import_id}.json"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return HttpResponse(zlib.decompress(sent.content), content_type="application/octet-stream", headers=headers)
