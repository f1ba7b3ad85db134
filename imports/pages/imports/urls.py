"""Addresses of uploads, imports and orphans."""

from __future__ import annotations

from django.urls import path

from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs
from imports.pages.imports.views.bulk_revert import bulk_restore, bulk_revert, bulk_revert_result
from imports.pages.imports.views.check import import_check, import_check_chart, import_check_left_out
from imports.pages.imports.views.detail import import_detail
from imports.pages.imports.views.input_file import import_input
from imports.pages.imports.views.lists import import_list, player_imports
from imports.pages.imports.views.orphans import (
    orphan_delete,
    orphan_list,
    orphans_delete,
    orphans_match,
    orphans_retry,
)
from imports.pages.imports.views.other_kinds import import_upload_as
from imports.pages.imports.views.problems import import_left_out, import_mend, import_problems_csv
from imports.pages.imports.views.revert import import_revert
from imports.pages.imports.views.samples import import_sample
from imports.pages.imports.views.title_matches import import_use_matches
from imports.pages.imports.views.transitions import import_cancel, import_restore, import_retry
from imports.pages.imports.views.upload import import_check_progress, import_new, import_share

urlpatterns = [
    path("import/", import_new, name="import-new"),
    path("import/share/", import_share, name="import-share"),
    path("import/samples/<slug:kind>/", import_sample, name="import-sample"),
    path("import/checking/<check:name>/", import_check_progress, name="import-check-progress"),
    path("import/checked/<check:check_id>/", import_check, name="import-check"),
    path("import/checked/<check:check_id>/left-out/", import_check_left_out, name="import-check-left-out"),
    path("import/checked/<check:check_id>/rows/<int:row>/", import_check_chart, name="import-check-chart"),
    path("imports/", import_list, name="import-list"),
    path("imports/revert/", bulk_revert, name="import-revert-several"),
    path("imports/reverted/", bulk_revert_result, name="import-reverted"),
    path("imports/restore/", bulk_restore, name="import-restore-several"),
    path("imports/<import:import_id>/", import_detail, name="import-detail"),
    path("imports/<import:import_id>/input/", import_input, name="import-input"),
    path("imports/<import:import_id>/problems.csv", import_problems_csv, name="import-problems-csv"),
    path("imports/<import:import_id>/left-out.json", import_left_out, name="import-left-out"),
    path("imports/<import:import_id>/problems/<int:row>/", import_mend, name="import-mend"),
    path("imports/<import:import_id>/problems/use-matches/", import_use_matches, name="import-use-matches"),
    path("imports/<import:import_id>/revert/", import_revert, name="import-revert"),
    path("imports/<import:import_id>/cancel/", import_cancel, name="import-cancel"),
    path("imports/<import:import_id>/retry/", import_retry, name="import-retry"),
    path("imports/<import:import_id>/upload-as/", import_upload_as, name="import-upload-as"),
    path("imports/<import:import_id>/restore/", import_restore, name="import-restore"),
    path("users/<name:name>/imports/", player_imports, name="player-imports"),
    path("orphans/", orphan_list, name="orphan-list"),
    path("orphans/delete/", orphans_delete, name="orphans-delete"),
    path("orphans/match/", orphans_match, name="orphans-match"),
    path("orphans/retry/", orphans_retry, name="orphans-retry"),
    path("orphans/<orphan:orphan_id>/delete/", orphan_delete, name="orphan-delete"),
]
