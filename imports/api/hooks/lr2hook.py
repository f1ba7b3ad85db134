"""/ir/lr2hook: scores and courses of Lunatic Rave 2 (spec: import-types §9)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core import validation
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.responses import Schema
from imports.api.hooks.base import (
    IMPORTED,
    QUEUED,
    Hook,
    ImportDocument,
    ImportRefused,
    ImportWithdrawn,
    UploadQuotaExceeded,
)
from imports.api.hooks.courses import CLASS_KEPT, CLASS_RAISED, CourseHook, CoursePlayerBusy, InvalidBody, ReachedClass
from imports.formats.hooks import lr2hook
from imports.models import Course

FORM = {"application/json": {"type": "object", "description": "`md5`, `playerData` and `scoreData`, sent by LR2hook."}}
STOPPED = "Class not updated. You failed to clear this course."


class CourseNotFound(APIError):
    status = 404
    message = "Couldn't find a course with this MD5 ({md5})."


class NotesPlayed(Schema):
    """Present if the course was not played to its end."""

    notes_played: int
    notes_total: int


class ImportScore(Hook):
    """Submission of a score."""

    formats = (lr2hook.HOOK,)

    @endpoint(
        id="lr2hookImport",
        returns=ImportDocument,
        message=IMPORTED,
        queued=QUEUED,
        raises=(ImportRefused, ImportWithdrawn, UploadQuotaExceeded),
        forms=FORM,
    )
    def create(self, request: Request) -> Response:
        """Submits a score."""
        return self.import_response(self.run_import(lr2hook.HOOK))


class ImportCourse(CourseHook):
    """Submission of a played course."""

    formats = (lr2hook.HOOK,)

    @endpoint(
        id="lr2hookImportCourse",
        returns=(ReachedClass, NotesPlayed),
        message=(CLASS_RAISED, CLASS_KEPT, STOPPED),
        raises=(InvalidBody, CourseNotFound, CoursePlayerBusy),
        forms=FORM,
    )
    def create(self, request: Request) -> Response:
        """Submits a course. A course that was played to its end raises the corresponding class."""
        # Tachi treats a list as an object without members.
        check = validation.validate_known if self.body.raw.startswith(b"[") else validation.validate_strict
        sent = check(self.body, lr2hook.COURSE)
        score = sent["scoreData"]
        if score["notesPlayed"] != score["notesTotal"]:
            body = NotesPlayed(notes_played=score["notesPlayed"], notes_total=score["notesTotal"])
            return self.ok(body, message=STOPPED)
        course = Course.objects.filter(md5sums=sent["md5"]).first()
        if course is None:
            raise CourseNotFound(md5=sent["md5"])
        return self.reach_class_of(course)
