"""/imports/:id/input/: the uploaded file, for its owner and moderators."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from imports.access import permissions, rate_limits
from imports.exports import input_file
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required, visible_import
from imports.pages.texts import import_texts


@require_safe
@sign_in_required
def import_input(request: AuthenticatedRequest, import_id: str) -> HttpResponseBase:
    job = visible_import(request, import_id)
    if not permissions.can_see_input(request.user, job):
        raise PermissionDenied(import_texts.INPUT_IS_PRIVATE)
    rate_limits.consume(rate_limits.FILES, rate_limits.client_key(request.user, request.META))
    file = input_file(job)
    if file is None:
        raise Http404(import_texts.INPUT_IS_GONE)
    return file
