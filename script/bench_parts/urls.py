"""The product's URLs and two of the benchmark's.

One is a trivial view: the same middleware, a constant text, no queries. The other is an import that waits for its end.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.responses import ok_response
from imports.api.core.waiting import wait_for_import
from imports.api.imports.upload import DirectManual
from script.bench_parts.client import TRIVIAL, WAITING

SAYS = b'{"success":true,"description":"Import is ongoing.","body":{"importStatus":"ongoing"}}'


def trivial(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(SAYS, content_type="application/json")


class WaitingImport(DirectManual):
    def create(self, request: Request) -> Response:
        job = wait_for_import(request, self.submit(self.from_body()))
        return ok_response(job.state, {"importID": job.import_id})


urlpatterns = [
    path(TRIVIAL.removeprefix("/"), trivial),
    path(WAITING.removeprefix("/"), WaitingImport.as_view({"post": "create"})),
    path("", include("tachi_imports.urls")),
]
