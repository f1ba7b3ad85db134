"""Compression of pages.

The API's responses stay uncompressed, because clients rely on their ETags and lengths. Streams are served by a separate
process, and static files are compressed in advance.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class HTMLCompressionMiddleware(GZipMiddleware):
    """Django's gzip middleware, for HTML only.

    A page may contain a secret beside text of another user, so that its compressed length could reveal the secret
    (BREACH). Django adds random padding, and masks the CSRF token differently in every response.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_html = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_html and not response.streaming else response
