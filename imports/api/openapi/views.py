"""The description of the API for programs (/api/schema) and for people (/api/docs/)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imports.api.openapi.description import document
from imports.api.rendering import JSON

KEPT = 3600  # seconds


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. Anybody's page may read it."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={KEPT}"}
    return HttpResponse(document(), content_type=JSON, headers=headers)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same to browse, and to try out as whoever is signed in."""
    return render(request, "api-docs.html")
