"""The description of the API, as JSON (/api/schema) and as a page (/api/docs/)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imports.api.core.renderers import JSON
from imports.api.openapi.generator import document

CACHE_SECONDS = 3600  # seconds


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. Pages of any site may read it."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={CACHE_SECONDS}"}
    return HttpResponse(document(), content_type=JSON, headers=headers)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same to browse and try out, authenticated by the session."""
    return render(request, "api-docs.html")
