"""The language of pages: the reader's choice, else that of the browser. The API is always English."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

ENGLISH_PATH = re.compile(r"/(api(?!/docs/)|ir)(/|$)")
TRANSLATED = ("text/html", "application/manifest+json")
"""Types of translated responses. All others are the same in each language, and caches store one version."""


class LanguageMiddleware(LocaleMiddleware):
    """Must precede all middleware that renders pages: a thread still has the language of its last request."""

    def process_request(self, request: HttpRequest) -> None:
        if ENGLISH_PATH.match(request.path_info):
            translation.activate(settings.LANGUAGE_CODE)
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Adds `Vary: Accept-Language, Cookie` to pages."""
        if not response.headers.get("Content-Type", "").startswith(TRANSLATED):
            return response
        patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)
