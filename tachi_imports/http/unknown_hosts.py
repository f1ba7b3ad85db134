"""The response to requests for a host name that is not in ALLOWED_HOSTS."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from imports.api.core.middleware import API_PATH
from imports.api.core.renderers import json_response
from imports.api.core.responses import error_envelope

log = logging.getLogger(__name__)

NOT_ALLOWED = (
    "The host {host} is not allowed here. Whoever runs this server can add it to the setting TACHI_ALLOWED_HOSTS."
)
MAX_SHOWN_CHARACTERS = 100  # of the host


class HostMiddleware:
    """Refuses such requests with 400, an explanation, and one line in the log. Django itself would respond with a bare
    page and log a traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = str(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
            message = NOT_ALLOWED.format(host=ascii(host[:MAX_SHOWN_CHARACTERS]))
            if API_PATH.match(request.path_info):
                response = json_response(error_envelope(message), status=400)
            else:
                response = HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
            log_response("%s", message, response=response, request=request, logger=log)
            return response
        return self.get_response(request)
