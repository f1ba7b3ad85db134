"""Addresses of share pictures, share dialogs and the web manifest."""

from __future__ import annotations

from django.urls import path

from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs
from imports.pages.sharing.views import import_card, session_card, share_import, share_session, web_manifest

urlpatterns = [
    path("imports/<import:import_id>/card.png", import_card, name="import-card"),
    path("imports/<import:import_id>/share/", share_import, name="share-import"),
    path("sessions/<session:session_id>/card.png", session_card, name="session-card"),
    path("sessions/<session:session_id>/share/", share_session, name="share-session"),
    path("site.webmanifest", web_manifest, name="web-manifest"),
]
