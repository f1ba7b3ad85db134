"""The description of the API, as JSON (/api/schema) and as a page (/api/docs/)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imports import jobs
from imports.api.core.renderers import JSON
from imports.api.openapi.generator import document

CACHE_SECONDS = 3600  # seconds


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """Returns the OpenAPI document. Pages of any origin may read it."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={CACHE_SECONDS}"}
    return HttpResponse(document(), content_type=JSON, headers=headers)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Renders a page to browse and try out the API, authenticated by the session."""
    return render(request, "api-docs.html", {"games": jobs.enabled_games()})
