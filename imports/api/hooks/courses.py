"""Courses: whoever clears one reaches the class that the seeds say it stands for."""

from __future__ import annotations

from rest_framework.response import Response

from imports.api.common.locks import PlayerBusy
from imports.api.core.exceptions import APIError
from imports.api.core.responses import Schema
from imports.api.hooks.base import Hook
from imports.models import Course
from imports.pipeline.classes import ClassChange

CLASS_RAISED = "Successfully updated class."
CLASS_KEPT = "Class not updated."


class InvalidBody(APIError):
    status = 400
    described_as = "what is wrong with the first member that does not fit"


class CoursePlayerBusy(APIError):
    status = 409
    message = PlayerBusy.message


class ReachedClass(Schema):
    """The class that a course stands for."""

    set: str
    value: str


class CourseHook(Hook):
    """An address that courses are sent to."""

    def reach_class_of(self, course: Course) -> Response:
        """Gives the player the class of a course that they cleared, where it is higher than their own."""
        change = ClassChange(course.game, course.playtype, course.class_set, course.value)
        is_higher = self.raise_class(change)
        body = ReachedClass(set=course.class_set, value=course.value)
        return self.ok(body, says=CLASS_RAISED if is_higher else CLASS_KEPT)
