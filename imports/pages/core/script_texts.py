"""/texts/:language/: the texts of scripts in a language other than English, as Django's JavaScript catalogue."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from django.views.i18n import JavaScriptCatalog

CACHE_SECONDS = 3_600  # a new version of the product uses another address


@method_decorator([conditional_page, cache_control(public=True, max_age=CACHE_SECONDS)], name="dispatch")
class ScriptTextsView(JavaScriptCatalog):
    """The language is part of the address, so that browsers can cache each one."""

    packages = ["imports"]  # noqa: RUF012 - as Django declares it; without, the admin's texts would come along

    def get(self, request: HttpRequest, *args: object, language: str, **kwargs: object) -> HttpResponse:
        if language not in dict(settings.LANGUAGES):
            raise Http404
        # In the language of the address and not the reader's, so that the texts match the page.
        with translation.override(language):
            return super().get(request, *args, **kwargs)
