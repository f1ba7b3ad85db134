"""/import/samples/:kind/: a file to try a format with."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from imports.exports import download_response
from imports.pages.components.sources.file_kinds import file_formats, slug_of


@require_safe
def import_sample(request: HttpRequest, kind: str) -> HttpResponseBase:  # noqa: ARG001 - as all views
    sample = next((each.sample for each in file_formats() if slug_of(each) == kind), None)
    if sample is None:
        raise Http404
    return download_response([sample.content], name=sample.file_name, content_type="application/octet-stream")
