"""Addresses of scores and sessions."""

from __future__ import annotations

from django.urls import path

from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs
from imports.pages.scores import views

urlpatterns = [
    path("sessions/<session:session_id>/", views.session_detail, name="session-detail"),
    path("sessions/<session:session_id>/edit/", views.session_edit, name="session-edit"),
    path("scores/<score:score_id>/", views.score_detail, name="score-detail"),
    path("scores/<score:score_id>/edit/", views.score_edit, name="score-edit"),
    path("scores/<score:score_id>/delete/", views.score_delete, name="score-delete"),
]
