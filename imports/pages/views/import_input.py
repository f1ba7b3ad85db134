"""/imports/:id/input/: the file that was given, for its owner and moderators."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from imports import rules
from imports.downloads import input_file
from imports.pages import words
from imports.pages.access import Visit, signed_in, visible_import


@require_safe
@signed_in
def import_input(request: Visit, import_id: str) -> HttpResponseBase:
    job = visible_import(request, import_id)
    if not rules.can_see_input(request.user, job):
        raise PermissionDenied(words.INPUT_IS_PRIVATE)
    file = input_file(job)
    if file is None:
        raise Http404(words.INPUT_IS_GONE)
    return file
