"""Addresses of the API. Literals match in any case and with a slash at the end: `middleware` sees to it."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from imports.api.again import Again
from imports.api.imports import Imports
from imports.api.instance import Config, Status
from imports.api.orphans import ImportOrphans, Orphans
from imports.api.polling import poll_status
from imports.api.resource import UnknownEndpoint
from imports.api.scores import Scores
from imports.api.sessions import Sessions
from imports.api.undo import RevertSeveral
from imports.api.uploads import DirectManual, ImportFile
from imports.api.users import Users

app_name = "api"

router = SimpleRouter(trailing_slash=False)
router.register("imports", Imports, basename="import")
router.register("imports", Again, basename="import-again")
router.register("users", Users, basename="user")
router.register("sessions", Sessions, basename="session")
router.register("orphans", Orphans, basename="orphan")
router.register("scores", Scores, basename="score")

v1 = [
    path("status", Status.as_view({"get": "retrieve", "post": "create"}), name="status"),
    path("config", Config.as_view({"get": "retrieve"}), name="config"),
    path("import/file", ImportFile.as_view({"post": "create"}), name="import-file"),
    path("import/orphans", ImportOrphans.as_view({"post": "create"}), name="import-orphans"),
    path("imports/<str:import_id>/poll-status", poll_status, name="import-poll-status"),
    path("imports/revert", RevertSeveral.as_view({"post": "create"}), name="imports-revert"),
    *router.urls,
]
unknown = UnknownEndpoint.as_view({"get": "http_method_not_allowed"})

urlpatterns = [
    path("api/v1/", include(v1)),
    path("ir/direct-manual/import", DirectManual.as_view({"post": "create"}), name="direct-manual"),
    re_path(r"^(?:api/v1|ir)(?:/.*)?$", unknown, name="unknown"),
]
