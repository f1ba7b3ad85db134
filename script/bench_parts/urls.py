"""The product's addresses, and a trivial view: through the same middleware, a constant text, nothing looked up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from script.bench_parts.client import TRIVIAL

SAYS = b'{"success":true,"description":"Import is ongoing.","body":{"importStatus":"ongoing"}}'


def trivial(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(SAYS, content_type="application/json")


urlpatterns = [path(TRIVIAL.removeprefix("/"), trivial), path("", include("tachi_imports.urls"))]
