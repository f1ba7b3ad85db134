"""Compresses pages.

The API's responses stay as they are: their ETags and lengths are part of what clients know. Streams are served by a
process of their own, and static files are compressed beforehand.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class HTMLCompressionMiddleware(GZipMiddleware):
    """Django's gzip for HTML alone.

    A page may hold a secret beside text that somebody else chose, so that its compressed length could tell of the
    secret (BREACH). Django pads the length by chance, and masks the CSRF token anew in every response.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_html = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_html and not response.streaming else response
