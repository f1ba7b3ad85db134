"""Addresses of the pages: each feature has its own `urls`."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

from imports.pages.core.script_texts import ScriptTextsView
from imports.pages.home.views import help_page, home
from imports.pages.styleguide.views import styleguide
from imports.pages.tachi_addresses import urlpatterns as tachi_addresses

urlpatterns = [
    path("", home, name="home"),
    path("help/", help_page, name="help"),
    path("", include("imports.pages.accounts.urls")),
    path("", include("imports.pages.imports.urls")),
    path("", include("imports.pages.scores.urls")),
    path("", include("imports.pages.players.urls")),
    path("", include("imports.pages.catalogue.urls")),
    path("", include("imports.pages.sharing.urls")),
    path("language/", set_language, name="set-language"),
    path("texts/<slug:language>/", ScriptTextsView.as_view(), name="script-texts"),
]
# After our own, as some of these match the same paths.
urlpatterns += tachi_addresses
if settings.TACHI_ENV == "development":
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
