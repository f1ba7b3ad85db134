"""The root URLconf."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("imports.api.urls")),
    path("", include("imports.pages.urls")),
]

handler500 = "tachi_imports.http.unavailable.server_error"
